import { clearBit } from '../../column/bitmap.js'
import type { BytesColumn } from '../../column/column.js'

/** What the rows of one batch may take in one column. */
const sinkBytesMax = 512 * 1024 ** 2

/** Collects values of equal width as their bytes. */
export class FixedSink {
  readonly width: number
  bytes: Uint8Array
  count = 0
  readonly validity = new ValiditySink()

  constructor(width: number, countExpected: number) {
    this.width = width
    this.bytes = new Uint8Array(width * countExpected)
  }

  get byteLength(): number {
    return this.count * this.width
  }

  /** Makes room for `count` values more and returns where their bytes begin. */
  grow(count: number): number {
    const begin = this.byteLength
    this.bytes = withCapacity(this.bytes, begin + count * this.width)
    this.count += count
    return begin
  }

  appendNulls(count: number): void {
    this.validity.appendNulls(this.count, count)
    this.grow(count)
  }
}

/** Collects values that have a length each. */
export class BytesSink {
  #offsets: Int32Array
  #bytes: Uint8Array
  count = 0
  readonly validity = new ValiditySink()

  constructor(countExpected: number) {
    this.#offsets = new Int32Array(countExpected + 1)
    this.#bytes = new Uint8Array(countExpected * 16)
  }

  get byteLength(): number {
    return this.#offsets[this.count]
  }

  append(source: Uint8Array, begin: number, end: number): void {
    const used = this.byteLength
    const length = end - begin
    this.#reserveOffsets(1)
    if (used + length > this.#bytes.length) this.#bytes = withCapacity(this.#bytes, used + length)
    if (length > 32) {
      this.#bytes.set(source.subarray(begin, end), used)
    } else {
      const bytes = this.#bytes
      for (let at = 0; at < length; at++) bytes[used + at] = source[begin + at]
    }
    this.#offsets[++this.count] = used + length
  }

  appendNulls(count: number): void {
    this.validity.appendNulls(this.count, count)
    this.#reserveOffsets(count)
    this.#offsets.fill(this.byteLength, this.count + 1, this.count + count + 1)
    this.count += count
  }

  #reserveOffsets(count: number): void {
    const needed = this.count + count + 1
    if (needed <= this.#offsets.length) return
    const grown = new Int32Array(Math.max(needed, this.#offsets.length * 2))
    grown.set(this.#offsets)
    this.#offsets = grown
  }

  finish(): BytesColumn {
    return {
      shape: 'bytes',
      offsets: this.#offsets.subarray(0, this.count + 1),
      bytes: this.#bytes.subarray(0, this.byteLength),
      validity: this.validity.finish(this.count),
    }
  }
}

/** A bitmap of which there is none until a null comes. */
export class ValiditySink {
  #bitmap: Uint8Array | null = null

  /** @param begin the values before them; those not told of are present */
  appendNulls(begin: number, count: number): void {
    const bitmap = this.#withBits(begin + count)
    for (let index = begin; index < begin + count; index++) clearBit(bitmap, index)
  }

  finish(count: number): Uint8Array | null {
    return this.#bitmap && this.#withBits(count).subarray(0, (count + 7) >> 3)
  }

  #withBits(bitCount: number): Uint8Array {
    const byteCount = (bitCount + 7) >> 3
    const bitmap = this.#bitmap ?? new Uint8Array(0)
    if (bitmap.length >= byteCount) return bitmap
    const grown = new Uint8Array(Math.max(byteCount, bitmap.length * 2, 64)).fill(0xff)
    grown.set(bitmap)
    this.#bitmap = grown
    return grown
  }
}

function withCapacity(bytes: Uint8Array, byteLength: number): Uint8Array {
  if (bytes.length >= byteLength) return bytes
  if (byteLength > sinkBytesMax) {
    throw new Error(`expected rows of at most ${sinkBytesMax} bytes together, got more`)
  }
  const grown = new Uint8Array(Math.min(Math.max(byteLength, bytes.length * 2, 256), sinkBytesMax))
  grown.set(bytes)
  return grown
}
