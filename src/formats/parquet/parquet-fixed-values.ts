import { HybridCursor } from './parquet-hybrid.js'
import type { FixedSink } from './parquet-sinks.js'

/** Gives the values of a page in their order. */
export interface ValueCursor<Sink> {
  read(sink: Sink, count: number): void
  /** Of the next `count` values, how many take at most about `byteLength` bytes; 1 or more. */
  fitting(count: number, byteLength: number): number
}

/** A cursor that gives all that is asked for: its values take no more than the page. */
abstract class FixedCursor implements ValueCursor<FixedSink> {
  abstract read(sink: FixedSink, count: number): void

  fitting(count: number): number {
    return count
  }
}

export class PlainFixedCursor extends FixedCursor {
  readonly #bytes: Uint8Array
  #position: number

  constructor(bytes: Uint8Array, begin: number) {
    super()
    this.#bytes = bytes
    this.#position = begin
  }

  read(sink: FixedSink, count: number): void {
    const end = this.#position + count * sink.width
    if (end > this.#bytes.length) throw valuesEnd()
    const begin = sink.grow(count)
    sink.bytes.set(this.#bytes.subarray(this.#position, end), begin)
    this.#position = end
  }
}

/** Booleans, eight a byte, as a byte each. */
export class PlainBooleanCursor extends FixedCursor {
  readonly #bytes: Uint8Array
  #bit: number

  constructor(bytes: Uint8Array, begin: number) {
    super()
    this.#bytes = bytes
    this.#bit = begin * 8
  }

  read(sink: FixedSink, count: number): void {
    if (this.#bit + count > this.#bytes.length * 8) throw valuesEnd()
    const begin = sink.grow(count)
    for (let index = 0; index < count; index++, this.#bit++) {
      sink.bytes[begin + index] = (this.#bytes[this.#bit >> 3] >> (this.#bit & 7)) & 1
    }
  }
}

/** Booleans as runs, which their length in four bytes precedes. */
export class HybridBooleanCursor extends FixedCursor {
  readonly #runs: HybridCursor

  constructor(bytes: Uint8Array, begin: number) {
    super()
    this.#runs = new HybridCursor(bytes, begin + 4, bytes.length, 1)
  }

  read(sink: FixedSink, count: number): void {
    const begin = sink.grow(count)
    this.#runs.read(sink.bytes, begin, count)
  }
}

/** All first bytes of the values, then all second ones, … */
export class SplitFixedCursor extends FixedCursor {
  readonly #bytes: Uint8Array
  readonly #begin: number
  readonly #valueCount: number
  #valuesRead = 0

  constructor(bytes: Uint8Array, begin: number, width: number) {
    super()
    this.#bytes = bytes
    this.#begin = begin
    this.#valueCount = Math.floor((bytes.length - begin) / width)
  }

  read(sink: FixedSink, count: number): void {
    if (this.#valuesRead + count > this.#valueCount) throw valuesEnd()
    const begin = sink.grow(count)
    for (let byte = 0; byte < sink.width; byte++) {
      const from = this.#begin + byte * this.#valueCount + this.#valuesRead
      for (let index = 0; index < count; index++) {
        sink.bytes[begin + index * sink.width + byte] = this.#bytes[from + index]
      }
    }
    this.#valuesRead += count
  }
}

const indicesMax = 8192

export class DictionaryFixedCursor extends FixedCursor {
  readonly #runs: HybridCursor
  readonly #dictionary: Uint8Array
  readonly #indices = new Int32Array(indicesMax)

  /** The first byte of the values is the width of an index in bits. */
  constructor(bytes: Uint8Array, begin: number, dictionary: Uint8Array) {
    super()
    this.#runs = new HybridCursor(bytes, begin + 1, bytes.length, bytes[begin])
    this.#dictionary = dictionary
  }

  read(sink: FixedSink, count: number): void {
    for (let done = 0; done < count; done += indicesMax) {
      const some = Math.min(indicesMax, count - done)
      this.#runs.read(this.#indices, 0, some)
      this.#append(sink, some)
    }
  }

  #append(sink: FixedSink, count: number): void {
    const { width } = sink
    checkIndices(this.#indices, count, this.#dictionary.length / width)
    const begin = sink.grow(count)
    if (width % 4 === 0)
      gatherWords(this.#dictionary, this.#indices, count, sink.bytes, begin, width / 4)
    else gatherBytes(this.#dictionary, this.#indices, count, sink.bytes, begin, width)
  }
}

export function checkIndices(indices: Int32Array, count: number, entryCount: number): void {
  for (let at = 0; at < count; at++) {
    if (indices[at] >>> 0 < entryCount) continue
    throw new Error(`expected one of ${entryCount} dictionary entries, got ${indices[at] >>> 0}`)
  }
}

/** Values whose width is a multiple of four bytes lie at such a place, in the dictionary and the sink. */
function gatherWords(
  from: Uint8Array,
  indices: Int32Array,
  count: number,
  to: Uint8Array,
  begin: number,
  wordsPerValue: number,
): void {
  const source = new Int32Array(from.buffer, from.byteOffset, from.length >> 2)
  const target = new Int32Array(to.buffer, to.byteOffset + begin, count * wordsPerValue)
  if (wordsPerValue === 1) {
    for (let at = 0; at < count; at++) target[at] = source[indices[at]]
    return
  }
  for (let at = 0; at < count; at++) {
    const first = indices[at] * wordsPerValue
    for (let word = 0; word < wordsPerValue; word++) {
      target[at * wordsPerValue + word] = source[first + word]
    }
  }
}

function gatherBytes(
  from: Uint8Array,
  indices: Int32Array,
  count: number,
  to: Uint8Array,
  begin: number,
  width: number,
): void {
  for (let at = 0; at < count; at++) {
    const first = indices[at] * width
    for (let byte = 0; byte < width; byte++) to[begin + at * width + byte] = from[first + byte]
  }
}

export function valuesEnd(): Error {
  return new Error('the page ends before its values do')
}
