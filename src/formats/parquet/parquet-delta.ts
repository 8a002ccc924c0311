import type { ByteRanges } from './parquet-bytes-values.js'
import { valuesEnd } from './parquet-fixed-values.js'

/** A few bytes may stand for any number of equal steps: so many are made of a page at most. */
const valuesMax = 16 * 1024 ** 2
const textBytesMax = 256 * 1024 ** 2

/**
 * Integers as the steps between them.
 *
 *   varint values a block ┼ varint miniblocks a block ┼ varint values ┼ zigzag first value ┼ blocks …
 *   block: zigzag least step ┼ a bit width for each miniblock ┼ miniblocks of bit-packed steps
 */
export function decodeDeltas(
  bytes: Uint8Array,
  begin: number,
): { values: BigInt64Array; end: number } {
  const cursor = new BitCursor(bytes, begin)
  const blockValues = cursor.varint()
  const miniblockCount = cursor.varint()
  const count = cursor.varint()
  const miniblockValues = blockValues / miniblockCount
  checkShape(blockValues, miniblockValues, count)
  const values = new BigInt64Array(count)
  let value = cursor.zigzag()
  if (count > 0) values[0] = value
  for (let at = 1; at < count; ) {
    const least = cursor.zigzag()
    const widths = cursor.take(miniblockCount)
    for (let miniblock = 0; miniblock < miniblockCount && at < count; miniblock++) {
      const width = widths[miniblock]
      cursor.startBits(miniblockValues, width)
      const end = Math.min(count, at + miniblockValues)
      for (; at < end; at++) {
        value = BigInt.asIntN(64, value + least + cursor.bits(width))
        values[at] = value
      }
    }
  }
  return { values, end: cursor.position }
}

/** Lengths as deltas, then all the bytes. */
export function decodeDeltaLengths(bytes: Uint8Array, begin: number): ByteRanges {
  const { values, end } = decodeDeltas(bytes, begin)
  const begins = new Int32Array(values.length)
  const ends = new Int32Array(values.length)
  let position = end
  for (let index = 0; index < values.length; index++) {
    begins[index] = position
    position += lengthOf(values[index])
    if (position > bytes.length) throw valuesEnd()
    ends[index] = position
  }
  return { bytes, begins, ends }
}

/** How much each value shares with the one before it, then what it adds to that. */
export function decodeDeltaBytes(bytes: Uint8Array, begin: number): ByteRanges {
  const prefixes = decodeDeltas(bytes, begin)
  const suffixes = decodeDeltaLengths(bytes, prefixes.end)
  const count = suffixes.begins.length
  if (prefixes.values.length !== count) throw valuesEnd()
  const begins = new Int32Array(count)
  const ends = new Int32Array(count)
  for (let index = 0; index < count; index++) {
    begins[index] = index === 0 ? 0 : ends[index - 1]
    const prefix = lengthOf(prefixes.values[index])
    const before = index === 0 ? 0 : ends[index - 1] - begins[index - 1]
    if (prefix > before)
      throw new Error(`expected a prefix of at most ${before} bytes, got ${prefix}`)
    ends[index] = begins[index] + prefix + suffixes.ends[index] - suffixes.begins[index]
    if (ends[index] > textBytesMax)
      throw new Error(`a page of more than ${textBytesMax} bytes of values`)
  }
  const joined = new Uint8Array(count === 0 ? 0 : ends[count - 1])
  for (let index = 0; index < count; index++) {
    const prefix = Number(prefixes.values[index])
    const from = index === 0 ? 0 : begins[index - 1]
    joined.copyWithin(begins[index], from, from + prefix)
    const suffix = bytes.subarray(suffixes.begins[index], suffixes.ends[index])
    joined.set(suffix, begins[index] + prefix)
  }
  return { bytes: joined, begins, ends }
}

function checkShape(blockValues: number, miniblockValues: number, count: number): void {
  const isShape = Number.isInteger(miniblockValues) && miniblockValues > 0 && blockValues <= 2 ** 20
  if (!isShape) throw new Error('a delta page whose blocks cannot be')
  if (count > valuesMax)
    throw new Error(`expected at most ${valuesMax} values in a page, got ${count}`)
}

function lengthOf(value: bigint): number {
  if (value < 0n || value > 2n ** 31n) throw new Error(`expected a length, got ${value}`)
  return Number(value)
}

class BitCursor {
  readonly #bytes: Uint8Array
  position: number
  #bit = 0

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes
    this.position = position
  }

  varint(): number {
    return Number(this.#varint64())
  }

  zigzag(): bigint {
    const value = this.#varint64()
    return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n))
  }

  take(byteCount: number): Uint8Array {
    const begin = this.position
    this.#move(byteCount)
    return this.#bytes.subarray(begin, this.position)
  }

  /** Moves past the bits of a miniblock, which `bits` then gives. The last one may be cut short. */
  startBits(valueCount: number, width: number): void {
    if (width > 64) throw new Error(`expected steps of at most 64 bits, got ${width}`)
    this.#bit = this.position * 8
    this.#move(Math.ceil((valueCount * width) / 8))
  }

  bits(width: number): bigint {
    let value = 0n
    for (let done = 0; done < width; ) {
      const offset = this.#bit & 7
      const used = Math.min(8 - offset, width - done)
      const chunk = (this.#bytes[Math.floor(this.#bit / 8)] >> offset) & ((1 << used) - 1)
      value |= BigInt(chunk) << BigInt(done)
      this.#bit += used
      done += used
    }
    return value
  }

  #varint64(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      this.#move(1)
      const byte = this.#bytes[this.position - 1]
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new Error('an integer of more than 10 bytes')
  }

  #move(byteCount: number): void {
    this.position += byteCount
    if (this.position > this.#bytes.length) throw valuesEnd()
  }
}
