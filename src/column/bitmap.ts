/**
 * Bitmaps, one bit a row, least significant bit first, as Arrow has them. A validity bitmap has a set
 * bit where the row has a value.
 */
export function bitmapWithLength(bitCount: number, filled = false): Uint8Array {
  const bitmap = new Uint8Array((bitCount + 7) >> 3)
  if (filled) {
    bitmap.fill(0xff)
    clearTail(bitmap, bitCount)
  }
  return bitmap
}

export function hasBit(bitmap: Uint8Array, index: number): boolean {
  return ((bitmap[index >> 3] >> (index & 7)) & 1) === 1
}

export function setBit(bitmap: Uint8Array, index: number): void {
  bitmap[index >> 3] |= 1 << (index & 7)
}

export function clearBit(bitmap: Uint8Array, index: number): void {
  bitmap[index >> 3] &= ~(1 << (index & 7))
}

/** The number of set bits among the first `bitCount`. */
export function countBits(bitmap: Uint8Array, bitCount: number): number {
  const wholeBytes = bitCount >> 3
  const unaligned = Math.min(-bitmap.byteOffset & 3, wholeBytes)
  const wordCount = (wholeBytes - unaligned) >> 2
  let count = countInBytes(bitmap, 0, unaligned)
  if (wordCount > 0) {
    count += countInWords(new Uint32Array(bitmap.buffer, bitmap.byteOffset + unaligned, wordCount))
  }
  count += countInBytes(bitmap, unaligned + wordCount * 4, wholeBytes)
  for (let index = wholeBytes << 3; index < bitCount; index++)
    count += hasBit(bitmap, index) ? 1 : 0
  return count
}

/** The indexes of the set bits, of which there are `count`. */
export function rowsOfMask(mask: Uint8Array, count: number): Int32Array {
  const rows = new Int32Array(count)
  let found = 0
  for (let at = 0; found < count; at++) {
    for (let bits = mask[at]; bits !== 0; bits &= bits - 1) {
      rows[found++] = at * 8 + (31 - Math.clz32(bits & -bits))
    }
  }
  return rows
}

/** Clears every bit of `target` that `other` does not have. */
export function intersectInto(target: Uint8Array, other: Uint8Array): void {
  const isAligned = ((target.byteOffset | other.byteOffset) & 3) === 0
  const wordCount = isAligned ? target.length >> 2 : 0
  if (wordCount > 0) {
    const words = new Uint32Array(target.buffer, target.byteOffset, wordCount)
    const others = new Uint32Array(other.buffer, other.byteOffset, wordCount)
    for (let index = 0; index < wordCount; index++) words[index] &= others[index]
  }
  for (let index = wordCount * 4; index < target.length; index++) target[index] &= other[index]
}

/** Sets every bit of `target` that `other` has. */
export function uniteInto(target: Uint8Array, other: Uint8Array): void {
  const isAligned = ((target.byteOffset | other.byteOffset) & 3) === 0
  const wordCount = isAligned ? target.length >> 2 : 0
  if (wordCount > 0) {
    const words = new Uint32Array(target.buffer, target.byteOffset, wordCount)
    const others = new Uint32Array(other.buffer, other.byteOffset, wordCount)
    for (let index = 0; index < wordCount; index++) words[index] |= others[index]
  }
  for (let index = wordCount * 4; index < target.length; index++) target[index] |= other[index]
}

/** The rows that are not deleted; `deleted` may be shorter than `rowCount` bits. null: all of them. */
export function aliveFrom(deleted: Uint8Array | null, rowCount: number): Uint8Array | null {
  if (deleted === null) return null
  const alive = bitmapWithLength(rowCount, true)
  const shared = Math.min(alive.length, deleted.length)
  for (let index = 0; index < shared; index++) alive[index] &= ~deleted[index]
  return alive
}

/** The bits that are set in either of two bitmaps of one length. */
export function unionOf(one: Uint8Array | null, other: Uint8Array): Uint8Array {
  const union = other.slice()
  if (one !== null) uniteInto(union.subarray(0, one.length), one)
  return union
}

/** The rows that are in both of two bitmaps; null stands for all rows. */
export function bothValid(
  left: Uint8Array | null,
  right: Uint8Array | null,
  rowCount: number,
): Uint8Array | null {
  if (left === null || right === null) return left ?? right
  const both = bitmapWithLength(rowCount)
  for (let index = 0; index < both.length; index++) both[index] = left[index] & right[index]
  clearTail(both, rowCount)
  return both
}

/** Clears the bits of the last byte that lie past `bitCount`. */
export function clearTail(bitmap: Uint8Array, bitCount: number): void {
  if (bitCount & 7) bitmap[bitCount >> 3] &= (1 << (bitCount & 7)) - 1
}

function countInBytes(bytes: Uint8Array, begin: number, end: number): number {
  let count = 0
  for (let index = begin; index < end; index++) count += bitsInByte[bytes[index]]
  return count
}

/** Bits are added up side by side: of pairs, of fours, of bytes, and these by a multiplication. */
function countInWords(words: Uint32Array): number {
  let count = 0
  for (let index = 0; index < words.length; index++) {
    let word = words[index]
    word -= (word >>> 1) & 0x55555555
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333)
    count += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
  }
  return count
}

const bitsInByte = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1
  return count
})
