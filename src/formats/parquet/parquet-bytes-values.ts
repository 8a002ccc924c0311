import { checkIndices, type ValueCursor, valuesEnd } from './parquet-fixed-values.js'
import { HybridCursor } from './parquet-hybrid.js'
import type { BytesSink } from './parquet-sinks.js'

/** Values that lie in `bytes`, each with its begin and its end. */
export interface ByteRanges {
  readonly bytes: Uint8Array
  readonly begins: Int32Array
  readonly ends: Int32Array
}

/** Values with their length in four bytes before each. */
export class PlainBytesCursor implements ValueCursor<BytesSink> {
  readonly #bytes: Uint8Array
  #position: number

  constructor(bytes: Uint8Array, begin: number) {
    this.#bytes = bytes
    this.#position = begin
  }

  read(sink: BytesSink, count: number): void {
    for (let index = 0; index < count; index++) {
      const begin = this.#position + 4
      const end = begin + lengthAt(this.#bytes, this.#position)
      if (end > this.#bytes.length) throw valuesEnd()
      sink.append(this.#bytes, begin, end)
      this.#position = end
    }
  }

  fitting(count: number): number {
    return count
  }
}

/** Values that were found before: of delta encodings. */
export class RangesCursor implements ValueCursor<BytesSink> {
  readonly #ranges: ByteRanges
  #next = 0

  constructor(ranges: ByteRanges) {
    this.#ranges = ranges
  }

  read(sink: BytesSink, count: number): void {
    const { bytes, begins, ends } = this.#ranges
    if (this.#next + count > begins.length) throw valuesEnd()
    for (const end = this.#next + count; this.#next < end; this.#next++) {
      sink.append(bytes, begins[this.#next], ends[this.#next])
    }
  }

  fitting(count: number): number {
    return count
  }
}

const indicesMax = 4096

/** A few bytes of indices may stand for any number of long values. */
export class DictionaryBytesCursor implements ValueCursor<BytesSink> {
  readonly #runs: HybridCursor
  readonly #dictionary: ByteRanges
  readonly #lengthMax: number
  readonly #indices = new Int32Array(indicesMax)

  constructor(bytes: Uint8Array, begin: number, dictionary: ByteRanges, lengthMax: number) {
    this.#runs = new HybridCursor(bytes, begin + 1, bytes.length, bytes[begin])
    this.#dictionary = dictionary
    this.#lengthMax = lengthMax
  }

  read(sink: BytesSink, count: number): void {
    const { bytes, begins, ends } = this.#dictionary
    for (let done = 0; done < count; done += indicesMax) {
      const some = Math.min(indicesMax, count - done)
      this.#runs.read(this.#indices, 0, some)
      checkIndices(this.#indices, some, begins.length)
      for (let at = 0; at < some; at++) {
        const index = this.#indices[at]
        sink.append(bytes, begins[index], ends[index])
      }
    }
  }

  fitting(count: number, byteLength: number): number {
    return Math.max(1, Math.min(count, Math.floor(byteLength / this.#lengthMax)))
  }
}

/** The values of a dictionary page. */
export function plainByteRanges(bytes: Uint8Array, count: number): ByteRanges {
  if (count * 4 > bytes.length) throw valuesEnd()
  const begins = new Int32Array(count)
  const ends = new Int32Array(count)
  let position = 0
  for (let index = 0; index < count; index++) {
    begins[index] = position + 4
    position += 4 + lengthAt(bytes, position)
    if (position > bytes.length) throw valuesEnd()
    ends[index] = position
  }
  return { bytes, begins, ends }
}

export function longestOf({ begins, ends }: ByteRanges): number {
  return begins.reduce((longest, begin, index) => Math.max(longest, ends[index] - begin), 1)
}

function lengthAt(bytes: Uint8Array, position: number): number {
  if (position + 4 > bytes.length) throw valuesEnd()
  const high = bytes[position + 3] * 2 ** 24
  return high + (bytes[position] | (bytes[position + 1] << 8) | (bytes[position + 2] << 16))
}
