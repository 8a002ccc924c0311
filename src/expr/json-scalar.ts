import type { JsonScalar } from './bound-expr.js'
import { jsonKindAt, jsonSkip } from './json-scan.js'

/** The scalar that begins at `position`, or undefined of null, an object or an array. */
export function jsonScalarAt(bytes: Buffer, position: number, end: number): JsonScalar | undefined {
  switch (jsonKindAt(bytes, position)) {
    case 'number':
      return jsonNumberAt(bytes, position, end)
    case 'text':
      return jsonTextAt(bytes, position, jsonSkip(bytes, position, end))
    case 'flag':
      return jsonFlagAt(bytes, position)
    default:
      return undefined
  }
}

export function jsonFlagAt(bytes: Buffer, position: number): boolean {
  return bytes[position] === 0x74
}

/** The string between the quotes at `position` and before `end`. */
function jsonTextAt(bytes: Buffer, position: number, end: number): string {
  return JSON.parse(bytes.toString('utf8', position, end))
}

export function jsonNumberAt(bytes: Buffer, position: number, end: number): number | bigint {
  const token = bytes.toString('latin1', position, jsonSkip(bytes, position, end))
  return token.length <= 15 || /[.eE]/.test(token)
    ? exactNumber(Number(token))
    : exactNumber(BigInt(token))
}

/** One form for each number: a bigint where it is an integer that a double cannot count to. */
export function exactNumber(value: number | bigint): number | bigint {
  if (typeof value === 'number') {
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value) : value
  }
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
