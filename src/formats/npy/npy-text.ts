import { isAscii, isUtf8 } from 'node:buffer'

/**
 * Turns items of `itemUnits` code points each, padded with NULs, into UTF-8. Writes the end of each into
 * `offsets` from index 1 on. Returns the first item that has what is no character, or -1.
 */
export function encodeCodePoints(
  codePoints: Uint32Array,
  itemUnits: number,
  offsets: Int32Array,
  bytes: Uint8Array,
): number {
  const itemCount = codePoints.length / itemUnits
  let position = 0
  for (let item = 0; item < itemCount; item++) {
    const begin = item * itemUnits
    let end = begin + itemUnits
    while (end > begin && codePoints[end - 1] === 0) end--
    for (let index = begin; index < end; index++) {
      const codePoint = codePoints[index]
      if (codePoint < 0x80) {
        bytes[position++] = codePoint
      } else if (isCharacter(codePoint)) {
        position = encodeCodePoint(codePoint, bytes, position)
      } else {
        return item
      }
    }
    offsets[item + 1] = position
  }
  return -1
}

/**
 * Packs items of `itemUnits` bytes each, padded with NULs. Writes the end of each into `offsets` from index
 * 1 on. Returns the first item that is not UTF-8, or -1.
 */
export function packBytes(
  items: Uint8Array,
  itemUnits: number,
  offsets: Int32Array,
  bytes: Uint8Array,
): number {
  const itemCount = items.length / itemUnits
  const isPlain = isAscii(items)
  let position = 0
  for (let item = 0; item < itemCount; item++) {
    const begin = item * itemUnits
    let end = begin + itemUnits
    while (end > begin && items[end - 1] === 0) end--
    if (!isPlain && !isUtf8(items.subarray(begin, end))) return item
    for (let index = begin; index < end; index++) bytes[position++] = items[index]
    offsets[item + 1] = position
  }
  return -1
}

/** The code point of an item that is no character, as text: `U+D800`. */
export function badCodePointText(item: Uint32Array): string {
  const found = item.find((codePoint) => !isCharacter(codePoint))!
  return `U+${found.toString(16).toUpperCase().padStart(4, '0')}`
}

function isCharacter(codePoint: number): boolean {
  return codePoint <= 0x10ffff && (codePoint & 0xfffff800) !== 0xd800
}

function encodeCodePoint(codePoint: number, bytes: Uint8Array, start: number): number {
  let position = start
  if (codePoint < 0x800) {
    bytes[position++] = 0xc0 | (codePoint >> 6)
  } else {
    if (codePoint < 0x10000) {
      bytes[position++] = 0xe0 | (codePoint >> 12)
    } else {
      bytes[position++] = 0xf0 | (codePoint >> 18)
      bytes[position++] = 0x80 | ((codePoint >> 12) & 0x3f)
    }
    bytes[position++] = 0x80 | ((codePoint >> 6) & 0x3f)
  }
  bytes[position++] = 0x80 | (codePoint & 0x3f)
  return position
}
