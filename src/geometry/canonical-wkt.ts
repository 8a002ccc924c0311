import { Buffer } from 'node:buffer'
import { formatWkt } from './format-wkt.js'
import { parseWkt } from './parse-wkt.js'

/**
 * A text as Milvus gives it back.
 * @returns null: it is that already
 * @throws WktFault
 */
export function canonicalWkt(bytes: Uint8Array, begin: number, end: number): string | null {
  if (isCanonicalPoint(bytes, begin, end)) return null
  const text = textOf(bytes, begin, end)
  const canonical = formatWkt(parseWkt(text))
  return canonical === text ? null : canonical
}

/** Most geometries are points, as programs write them: these are told without being parsed. */
function isCanonicalPoint(bytes: Uint8Array, begin: number, end: number): boolean {
  if (end - begin < head.length || bytes[end - 1] !== 0x29) return false
  for (let at = 0; at < head.length; at++) if (bytes[begin + at] !== head[at]) return false
  const space = endOfNumber(bytes, begin + head.length)
  if (space < 0 || bytes[space] !== 0x20) return false
  return endOfNumber(bytes, space + 1) === end - 1
}

const head = Buffer.from('POINT (')

/** So many digits are the shortest that mean their number. */
const shortDigits = 15

/** The end of a number without needless zeros, or -1. A byte that is no digit follows in the text. */
function endOfNumber(bytes: Uint8Array, begin: number): number {
  const first = bytes[begin] === 0x2d ? begin + 1 : begin
  let at = first
  while (isDigit(bytes[at])) at++
  const digits = at - first
  if (digits === 0 || (digits > 1 && bytes[first] === 0x30)) return -1
  if (bytes[at] !== 0x2e) return digits <= shortDigits ? at : -1
  const point = at++
  while (isDigit(bytes[at])) at++
  const decimals = at - point - 1
  if (decimals === 0 || bytes[at - 1] === 0x30 || digits + decimals > shortDigits) return -1
  return at
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function textOf(bytes: Uint8Array, begin: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + begin, end - begin).toString('latin1')
}
