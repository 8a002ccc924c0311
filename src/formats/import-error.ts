import { type ErrorPlace, MillraceError } from '../errors.js'

/** An import's error, which begins with its place: `a/id.npy: row 3, field 'id': …`. */
export function importError(place: ErrorPlace, message: string, cause?: unknown): MillraceError {
  const row = place.row === undefined ? null : `row ${place.row}`
  const field = place.field === undefined ? null : `field '${place.field}'`
  const where = [row, field].filter((part) => part !== null).join(', ')
  const text = [place.file, where, message].filter((part) => part).join(': ')
  return new MillraceError('importFailed', text, place, cause)
}
