/**
 * Runs of varints, whole columns of them at a time: a BigInt made for each value would cost ten times
 * as much as the loop.
 */

/**
 * Writes every varint of `bytes[begin, end)`, low word and high word, to `words` from `index` on; gives the
 * index after the last. @throws RangeError for a varint of more than 10 bytes
 */
export function decodeVarints(
  bytes: Uint8Array,
  begin: number,
  end: number,
  words: Int32Array,
  index: number,
): number {
  let low = 0
  let high = 0
  let shift = 0
  for (let position = begin; position < end; position++) {
    const byte = bytes[position]
    const bits = byte & 0x7f
    if (shift < 28) low |= bits << shift
    else if (shift === 28) {
      low |= bits << 28
      high = bits >>> 4
    } else if (shift < 70) high |= bits << (shift - 32)
    else throw new RangeError(`varint of more than 10 bytes at byte ${position}`)
    if (byte >= 0x80) {
      shift += 7
      continue
    }
    words[index++] = low
    words[index++] = high
    low = high = shift = 0
  }
  return index
}

/** The number of varints in `bytes[begin, end)`. @throws RangeError when the last one is cut off */
export function countVarints(bytes: Uint8Array, begin: number, end: number): number {
  if (end > begin && bytes[end - 1] >= 0x80) {
    throw new RangeError(`varint cut off at byte ${end}`)
  }
  let count = 0
  for (let position = begin; position < end; position++) count += bytes[position] < 0x80 ? 1 : 0
  return count
}

/** `words` holds low and high word of every value. */
export function encodeVarints(words: Int32Array): Uint8Array {
  const encoded = Buffer.allocUnsafe(varintsByteLength(words))
  let position = 0
  for (let index = 0; index < words.length; index += 2) {
    let low = words[index] >>> 0
    let high = words[index + 1] >>> 0
    while (high > 0 || low > 0x7f) {
      encoded[position++] = (low & 0x7f) | 0x80
      low = ((low >>> 7) | (high << 25)) >>> 0
      high >>>= 7
    }
    encoded[position++] = low
  }
  return encoded
}

function varintsByteLength(words: Int32Array): number {
  let byteLength = 0
  for (let index = 0; index < words.length; index += 2) {
    const high = words[index + 1]
    const bits = high === 0 ? 32 - Math.clz32(words[index]) : 64 - Math.clz32(high)
    byteLength += Math.max(1, Math.ceil(bits / 7))
  }
  return byteLength
}
