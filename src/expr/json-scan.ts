import { Buffer } from 'node:buffer'

/**
 * A walk over the UTF-8 of valid JSON that reads nothing but what it is asked for: positions go in,
 * positions come out, and -1 means that there is nothing.
 */

/** A step of a path. As in a JSON pointer, a step of digits is an index in an array. */
export interface JsonStep {
  readonly key: string
  readonly keyBytes: Uint8Array
  /** -1: not an index. */
  readonly index: number
}

export function jsonStepFrom(step: string | number): JsonStep {
  const key = String(step)
  const index = /^(0|[1-9]\d{0,8})$/.test(key) ? Number(key) : -1
  return { key, keyBytes: Buffer.from(key, 'utf8'), index }
}

/** Where the value at `path` begins in the document `[begin, end)`. */
export function jsonLocate(
  bytes: Buffer,
  begin: number,
  end: number,
  path: readonly JsonStep[],
): number {
  let position = skipSpace(bytes, begin, end)
  for (let depth = 0; depth < path.length && position >= 0; depth++) {
    if (position >= end) return -1
    const first = bytes[position]
    if (first === openBrace) position = memberAt(bytes, position + 1, end, path[depth])
    else if (first === openBracket)
      position = elementAt(bytes, position + 1, end, path[depth].index)
    else return -1
  }
  return position < end ? position : -1
}

/** The first element of the array, or member of the object, that begins at `position`, or -1 of an empty one. */
export function jsonFirstElement(bytes: Buffer, position: number, end: number): number {
  const first = skipSpace(bytes, position + 1, end)
  return bytes[first] === closeBracket || bytes[first] === closeBrace ? -1 : first
}

/** The element, or member, after the one whose value is at `position`, or -1 after the last. */
export function jsonNextElement(bytes: Buffer, position: number, end: number): number {
  const after = skipSpace(bytes, jsonSkip(bytes, position, end), end)
  return bytes[after] === comma ? skipSpace(bytes, after + 1, end) : -1
}

/** The key of the member that begins at `position`. */
export function jsonKeyAt(bytes: Buffer, position: number, end: number): string {
  const after = skipString(bytes, position, end)
  for (let at = position; at < after; at++) {
    if (bytes[at] === backslash) return JSON.parse(bytes.toString('utf8', position, after))
  }
  return bytes.toString('utf8', position + 1, after - 1)
}

/** Where the value of the member begins that begins at `position`. */
export function jsonMemberValue(bytes: Buffer, position: number, end: number): number {
  return skipSpace(bytes, skipSpace(bytes, skipString(bytes, position, end), end) + 1, end)
}

/** The position after the value that begins at `position`. */
export function jsonSkip(bytes: Buffer, position: number, end: number): number {
  const first = bytes[position]
  if (first === quote) return skipString(bytes, position, end)
  if (first === openBrace || first === openBracket) return skipContainer(bytes, position, end)
  let after = position
  while (after < end && !isDelimiter(bytes[after])) after++
  return after
}

type JsonKind = 'object' | 'array' | 'text' | 'flag' | 'null' | 'number'

export function jsonKindAt(bytes: Buffer, position: number): JsonKind {
  switch (bytes[position]) {
    case openBrace:
      return 'object'
    case openBracket:
      return 'array'
    case quote:
      return 'text'
    case 0x74:
    case 0x66:
      return 'flag'
    case 0x6e:
      return 'null'
    default:
      return 'number'
  }
}

/** Milvus: null and containers with nothing but such inside do not exist (`Json::exist`). */
export function jsonIsVoid(bytes: Buffer, position: number, end: number): boolean {
  const after = jsonSkip(bytes, position, end)
  for (let at = position; at < after; at++) {
    if (bytes[at] === quote) {
      at = skipString(bytes, at, end) - 1
      if (at + 1 >= after || bytes[skipSpace(bytes, at + 1, after)] !== colon) return false
    } else if (!isVoidByte(bytes[at])) return false
  }
  return true
}

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

function memberAt(bytes: Buffer, begin: number, end: number, step: JsonStep): number {
  let position = skipSpace(bytes, begin, end)
  while (position < end && bytes[position] === quote) {
    const keyEnd = skipString(bytes, position, end)
    const value = jsonMemberValue(bytes, position, end)
    if (isKey(bytes, position + 1, keyEnd - 1, step)) return value
    position = skipSpace(bytes, jsonSkip(bytes, value, end), end)
    if (bytes[position] !== comma) return -1
    position = skipSpace(bytes, position + 1, end)
  }
  return -1
}

/** A key as it lies, which has no escape, or one that is read to be compared. */
function isKey(bytes: Buffer, begin: number, end: number, { key, keyBytes }: JsonStep): boolean {
  const length = end - begin
  let at = 0
  while (at < length && at < keyBytes.length && bytes[begin + at] === keyBytes[at]) {
    if (bytes[begin + at] === backslash) break
    at++
  }
  if (at === length && at === keyBytes.length) return true
  while (at < length && bytes[begin + at] !== backslash) at++
  return at < length && JSON.parse(bytes.toString('utf8', begin - 1, end + 1)) === key
}

function elementAt(bytes: Buffer, begin: number, end: number, index: number): number {
  if (index < 0) return -1
  let position = jsonFirstElement(bytes, begin - 1, end)
  for (let passed = 0; passed < index && position >= 0; passed++) {
    position = jsonNextElement(bytes, position, end)
  }
  return position
}

function skipSpace(bytes: Buffer, begin: number, end: number): number {
  let position = begin
  while (position < end && isSpace(bytes[position])) position++
  return position
}

function skipString(bytes: Buffer, begin: number, end: number): number {
  let position = begin + 1
  while (position < end && bytes[position] !== quote) {
    position += bytes[position] === backslash ? 2 : 1
  }
  return position + 1
}

function skipContainer(bytes: Buffer, begin: number, end: number): number {
  let depth = 0
  for (let position = begin; position < end; position++) {
    const byte = bytes[position]
    if (byte === quote) position = skipString(bytes, position, end) - 1
    else if (byte === openBrace || byte === openBracket) depth++
    else if ((byte === closeBrace || byte === closeBracket) && --depth === 0) return position + 1
  }
  return end
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function isDelimiter(byte: number): boolean {
  return byte === comma || byte === closeBrace || byte === closeBracket || isSpace(byte)
}

/** Punctuation, space and the letters of `null`. */
function isVoidByte(byte: number): boolean {
  switch (byte) {
    case openBrace:
    case closeBrace:
    case openBracket:
    case closeBracket:
    case comma:
    case colon:
    case 0x6e:
    case 0x75:
    case 0x6c:
      return true
    default:
      return isSpace(byte)
  }
}
