/**
 * Writes what a scanned string means, as UTF-8, to `target` from `at` on, and returns its end there. It is
 * never longer than the string itself. Half of a surrogate pair becomes U+FFFD, as in Milvus.
 */
export function unescapeString(
  bytes: Uint8Array,
  begin: number,
  end: number,
  target: Uint8Array,
  at: number,
): number {
  let position = begin
  let to = at
  while (position < end) {
    const byte = bytes[position++]
    if (byte !== 0x5c) {
      target[to++] = byte
      continue
    }
    const escaped = bytes[position++]
    if (escaped !== 0x75) {
      target[to++] = meanings[escaped]
      continue
    }
    const unit = unitAt(bytes, position)
    position += 4
    const low = isHighSurrogate(unit) ? lowSurrogateAt(bytes, position, end) : -1
    if (low >= 0) position += 6
    to = encodeCodePoint(codePointOf(unit, low), target, to)
  }
  return to
}

const meanings = new Uint8Array(256)
for (const [letter, meaning] of Object.entries({
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
})) {
  meanings[letter.charCodeAt(0)] = meaning.charCodeAt(0)
}

function unitAt(bytes: Uint8Array, position: number): number {
  let unit = 0
  for (let index = position; index < position + 4; index++) {
    const byte = bytes[index]
    unit = (unit << 4) | (byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57)
  }
  return unit
}

function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800
}

function lowSurrogateAt(bytes: Uint8Array, position: number, end: number): number {
  if (position + 6 > end || bytes[position] !== 0x5c || bytes[position + 1] !== 0x75) return -1
  const unit = unitAt(bytes, position + 2)
  return (unit & 0xfc00) === 0xdc00 ? unit : -1
}

function codePointOf(unit: number, low: number): number {
  if (low >= 0) return 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff)
  return (unit & 0xf800) === 0xd800 ? 0xfffd : unit
}

function encodeCodePoint(codePoint: number, target: Uint8Array, at: number): number {
  let to = at
  if (codePoint < 0x80) {
    target[to++] = codePoint
    return to
  }
  if (codePoint < 0x800) {
    target[to++] = 0xc0 | (codePoint >> 6)
  } else {
    if (codePoint < 0x10000) {
      target[to++] = 0xe0 | (codePoint >> 12)
    } else {
      target[to++] = 0xf0 | (codePoint >> 18)
      target[to++] = 0x80 | ((codePoint >> 12) & 0x3f)
    }
    target[to++] = 0x80 | ((codePoint >> 6) & 0x3f)
  }
  target[to++] = 0x80 | (codePoint & 0x3f)
  return to
}
