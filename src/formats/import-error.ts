import { type ErrorPlace, MillraceError } from '../errors.js'

/** An import's error, which begins with its place: `a/id.npy: row 3, field 'id': …`. */
export function importError(place: ErrorPlace, message: string, cause?: unknown): MillraceError {
  const row = place.row === undefined ? null : `row ${place.row}`
  const field = place.field === undefined ? null : `field '${place.field}'`
  const where = [row, field].filter((part) => part !== null).join(', ')
  const text = [place.file, where, message].filter((part) => part).join(': ')
  return new MillraceError('importFailed', text, place, cause)
}

/**
 * Why bytes could not be decoded, for a message. Where a broken file leads a decoder past the end of its
 * bytes or of what it takes for granted, the language's own words would say nothing to a user.
 */
export function decodingReason(thrown: unknown): string {
  if (thrown instanceof RangeError) return 'a length or an offset in it leads beyond its bytes'
  if (thrown instanceof TypeError) return 'something that it must have is missing'
  return thrown instanceof Error ? thrown.message : String(thrown)
}
