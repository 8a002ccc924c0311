import type { JsonScalar } from './bound-expr.js'
import { jsonFirstElement, jsonKindAt, jsonNextElement, jsonSkip } from './json-scan.js'

/** The scalar or array that begins at `position`, or undefined of null or an object. */
export function jsonScalarAt(bytes: Buffer, position: number, end: number): JsonScalar | undefined {
  switch (jsonKindAt(bytes, position)) {
    case 'number':
      return jsonNumberAt(bytes, position, end)
    case 'text':
      return jsonTextAt(bytes, position, jsonSkip(bytes, position, end))
    case 'flag':
      return jsonFlagAt(bytes, position)
    case 'array':
      return jsonListAt(bytes, position, end)
    default:
      return undefined
  }
}

/** A list as a text that is the same for equal lists, and begins as no string of JSON is likely to. */
export function listScalar(items: readonly (JsonScalar | undefined)[]): JsonScalar {
  const texts = items.map((item) => (typeof item === 'string' ? JSON.stringify(item) : `${item}`))
  return `\0[${texts.join()}]`
}

function jsonListAt(bytes: Buffer, position: number, end: number): JsonScalar {
  const items: (JsonScalar | undefined)[] = []
  let element = jsonFirstElement(bytes, position, end)
  for (; element >= 0; element = jsonNextElement(bytes, element, end)) {
    items.push(jsonScalarAt(bytes, element, end))
  }
  return listScalar(items)
}

export function jsonFlagAt(bytes: Buffer, position: number): boolean {
  return bytes[position] === 0x74
}

/** The string between the quotes at `position` and before `end`. */
function jsonTextAt(bytes: Buffer, position: number, end: number): string {
  return JSON.parse(bytes.toString('utf8', position, end))
}

/**
 * The number at `position`, or undefined of anything else.
 * @param readsTexts whether a text that holds a number is that number
 */
export function jsonNumberFrom(
  bytes: Buffer,
  position: number,
  end: number,
  readsTexts: boolean,
): number | bigint | undefined {
  const kind = jsonKindAt(bytes, position)
  if (kind === 'number') return jsonNumberAt(bytes, position, end)
  if (!readsTexts || kind !== 'text') return undefined
  const text = jsonTextAt(bytes, position, jsonSkip(bytes, position, end)).trim()
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? exactNumber(Number(text)) : undefined
}

export function jsonNumberAt(bytes: Buffer, position: number, end: number): number | bigint {
  const after = jsonSkip(bytes, position, end)
  return smallIntegerAt(bytes, position, after) ?? exactNumber(parseNumber(bytes, position, after))
}

/** Most numbers are integers of few digits, which need no string on the way. */
function smallIntegerAt(bytes: Buffer, position: number, after: number): number | null {
  const isNegative = bytes[position] === 0x2d
  const begin = isNegative ? position + 1 : position
  if (after - begin > 15) return null
  let value = 0
  for (let at = begin; at < after; at++) {
    const digit = bytes[at] - 0x30
    if (digit < 0 || digit > 9) return null
    value = value * 10 + digit
  }
  return isNegative ? -value : value
}

function parseNumber(bytes: Buffer, position: number, after: number): number | bigint {
  const token = bytes.toString('latin1', position, after)
  return /[.eE]/.test(token) ? Number(token) : BigInt(token)
}

/** One form for each number: a bigint where it is an integer that a double cannot count to. */
export function exactNumber(value: number | bigint): number | bigint {
  if (typeof value === 'number') {
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value) : value
  }
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
