import { MillraceError } from '../errors.js'

/** Below the upload root: what has not come in whole yet, which no path of a user leads to. */
export const unfinishedFolder = '.unfinished'

const pathBytesMax = 1024
const segmentBytesMax = 200
const depthMax = 16
/** Control characters, and what some system or a pattern reads otherwise. */
const refusedCharacters = /[\p{Cc}\\:*?"<>|/]/u

/**
 * The folders and the name of an upload. Only plain names are taken, that mean one file on every system.
 * @throws parameterInvalid naming the part that is refused
 */
export function uploadSegments(path: string): string[] {
  const segments = path.split('/')
  if (Buffer.byteLength(path) > pathBytesMax || segments.length > depthMax) {
    throw refused(path, `at most ${depthMax} names and ${pathBytesMax} bytes`)
  }
  const wrong = segments.find((segment) => !isPlainName(segment))
  if (wrong === undefined) return segments
  throw refused(
    path,
    `names without \\ : * ? " < > | and control characters, that do not begin with a dot, nor end with a dot or a space, got ${JSON.stringify(wrong)}`,
  )
}

function isPlainName(segment: string): boolean {
  if (segment === '' || segment.startsWith('.') || /[. ]$/.test(segment)) return false
  return !refusedCharacters.test(segment) && Buffer.byteLength(segment) <= segmentBytesMax
}

function refused(path: string, expected: string): MillraceError {
  const shown = JSON.stringify(path.slice(0, 200))
  return new MillraceError('parameterInvalid', `the upload ${shown}: expected ${expected}`)
}
