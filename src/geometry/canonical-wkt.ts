import { Buffer } from 'node:buffer'
import { formatWkt } from './format-wkt.js'
import { parseWkt } from './parse-wkt.js'

/**
 * A text as Milvus gives it back.
 * @returns null: it is that already
 * @throws WktFault
 */
export function canonicalWkt(bytes: Uint8Array, begin: number, end: number): string | null {
  if (isPlainlyCanonical(bytes, begin, end)) return null
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + begin, end - begin).toString('latin1')
  const canonical = formatWkt(parseWkt(text))
  return canonical === text ? null : canonical
}

/** How deep the lists of points of a type are, and what they must be. */
interface Pattern {
  readonly head: Uint8Array
  readonly depth: number
  readonly pointsMin: number
  readonly pointsMax: number
  readonly isClosed: boolean
}

const line = { pointsMin: 2, pointsMax: Infinity, isClosed: false }
const ring = { pointsMin: 4, pointsMax: Infinity, isClosed: true }

/** Of those that are told without being parsed. */
const patterns: readonly Pattern[] = [
  { head: Buffer.from('POINT '), depth: 0, pointsMin: 1, pointsMax: 1, isClosed: false },
  { head: Buffer.from('POLYGON '), depth: 1, ...ring },
  { head: Buffer.from('LINESTRING '), depth: 0, ...line },
  { head: Buffer.from('MULTIPOLYGON '), depth: 2, ...ring },
  { head: Buffer.from('MULTILINESTRING '), depth: 1, ...line },
]

/** Most geometries come as programs write them: a look at each byte tells that there is nothing to change. */
function isPlainlyCanonical(bytes: Uint8Array, begin: number, end: number): boolean {
  const pattern = patterns.find(({ head }) => startsWith(bytes, begin, head))
  if (pattern === undefined) return false
  return endOfList(bytes, begin + pattern.head.length, end, pattern, pattern.depth) === end
}

function startsWith(bytes: Uint8Array, begin: number, head: Uint8Array): boolean {
  for (let at = 0; at < head.length; at++) if (bytes[begin + at] !== head[at]) return false
  return true
}

/** The end of a list in parentheses, or -1. */
function endOfList(
  bytes: Uint8Array,
  begin: number,
  end: number,
  pattern: Pattern,
  depth: number,
): number {
  if (bytes[begin] !== 0x28) return -1
  if (depth === 0) return endOfPoints(bytes, begin + 1, end, pattern)
  for (let at = begin + 1; ; at += 2) {
    at = endOfList(bytes, at, end, pattern, depth - 1)
    if (at < 0 || at >= end) return -1
    if (bytes[at] === 0x29) return at + 1
    if (bytes[at] !== 0x2c || bytes[at + 1] !== 0x20) return -1
  }
}

function endOfPoints(
  bytes: Uint8Array,
  begin: number,
  end: number,
  { pointsMin, pointsMax, isClosed }: Pattern,
): number {
  let count = 0
  let firstEnd = begin
  for (let at = begin; ; at += 2) {
    const pointBegin = at
    const space = endOfNumber(bytes, at, end)
    if (space < 0 || bytes[space] !== 0x20) return -1
    at = endOfNumber(bytes, space + 1, end)
    if (at < 0) return -1
    count++
    if (count === 1) firstEnd = at
    if (bytes[at] === 0x29) {
      if (count < pointsMin || count > pointsMax) return -1
      return !isClosed || isSame(bytes, begin, firstEnd, pointBegin, at) ? at + 1 : -1
    }
    if (bytes[at] !== 0x2c || bytes[at + 1] !== 0x20) return -1
  }
}

function isSame(
  bytes: Uint8Array,
  left: number,
  leftEnd: number,
  right: number,
  rightEnd: number,
): boolean {
  if (leftEnd - left !== rightEnd - right) return false
  for (let at = left; at < leftEnd; at++) if (bytes[at] !== bytes[at - left + right]) return false
  return true
}

/** So many digits are the shortest that mean their number. */
const shortDigits = 15

/** The end of a number without needless zeros, or -1; a sign follows it. */
function endOfNumber(bytes: Uint8Array, begin: number, end: number): number {
  const first = bytes[begin] === 0x2d ? begin + 1 : begin
  let at = first
  while (at < end && isDigit(bytes[at])) at++
  const digits = at - first
  if (at >= end || digits === 0 || (digits > 1 && bytes[first] === 0x30)) return -1
  if (bytes[at] !== 0x2e) return digits <= shortDigits ? at : -1
  const point = at++
  while (at < end && isDigit(bytes[at])) at++
  const decimals = at - point - 1
  if (at >= end || decimals === 0 || bytes[at - 1] === 0x30) return -1
  return digits + decimals <= shortDigits ? at : -1
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}
