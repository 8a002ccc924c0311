import type { FixedColumn, FixedValues } from '../../column/column.js'
import type { PlainColumn } from '../arrow/arrow-conversion.js'
import { DictionaryBytesCursor, PlainBytesCursor, RangesCursor } from './parquet-bytes-values.js'
import { decodeDeltaBytes, decodeDeltaLengths, decodeDeltas } from './parquet-delta.js'
import {
  DictionaryFixedCursor,
  HybridBooleanCursor,
  PlainBooleanCursor,
  PlainFixedCursor,
  SplitFixedCursor,
  type ValueCursor,
} from './parquet-fixed-values.js'
import { Encoding } from './parquet-page-header.js'
import type { DataPage, Dictionary } from './parquet-pages.js'
import type { ParquetLeaf } from './parquet-schema.js'
import { BytesSink, FixedSink } from './parquet-sinks.js'

/** Where the values of a leaf are collected: by their width, or by their lengths. */
export type Sink = FixedSink | BytesSink

export function sinkOf({ width }: ParquetLeaf, countExpected: number): Sink {
  return width === null ? new BytesSink(countExpected) : new FixedSink(width, countExpected)
}

/** A cursor over a page's values, for the sinks of its leaf. */
export function cursorOf(
  leaf: ParquetLeaf,
  page: DataPage,
  dictionary: Dictionary | null,
): ValueCursor<Sink> {
  const cursor =
    leaf.width === null ? bytesCursor(page, dictionary) : fixedCursor(leaf, page, dictionary)
  if (cursor) return cursor as ValueCursor<Sink>
  throw new Error(`unsupported encoding ${page.encoding} of ${leaf.element.type} values`)
}

export function columnOf(leaf: ParquetLeaf, sink: Sink): PlainColumn {
  return sink instanceof BytesSink ? sink.finish() : fixedColumn(leaf, sink)
}

function bytesCursor({ bytes, valuesBegin, encoding }: DataPage, dictionary: Dictionary | null) {
  switch (encoding) {
    case Encoding.Plain:
      return new PlainBytesCursor(bytes, valuesBegin)
    case Encoding.PlainDictionary:
    case Encoding.RleDictionary: {
      const { ranges, lengthMax } = required(dictionary)
      return new DictionaryBytesCursor(bytes, valuesBegin, ranges!, lengthMax)
    }
    case Encoding.DeltaLengthByteArray:
      return new RangesCursor(decodeDeltaLengths(bytes, valuesBegin))
    case Encoding.DeltaByteArray:
      return new RangesCursor(decodeDeltaBytes(bytes, valuesBegin))
    default:
      return null
  }
}

function fixedCursor(
  { width, element }: ParquetLeaf,
  { bytes, valuesBegin, encoding }: DataPage,
  dictionary: Dictionary | null,
) {
  switch (encoding) {
    case Encoding.Plain:
      return element.type === 'BOOLEAN'
        ? new PlainBooleanCursor(bytes, valuesBegin)
        : new PlainFixedCursor(bytes, valuesBegin)
    case Encoding.PlainDictionary:
    case Encoding.RleDictionary:
      return new DictionaryFixedCursor(bytes, valuesBegin, required(dictionary).bytes)
    case Encoding.Rle:
      return element.type === 'BOOLEAN' ? new HybridBooleanCursor(bytes, valuesBegin) : null
    case Encoding.ByteStreamSplit:
      return new SplitFixedCursor(bytes, valuesBegin, width!)
    case Encoding.DeltaBinaryPacked:
      return deltaCursor(element.type, decodeDeltas(bytes, valuesBegin).values)
    case Encoding.DeltaByteArray:
      return new PlainFixedCursor(joined(decodeDeltaBytes(bytes, valuesBegin), width!), 0)
    default:
      return null
  }
}

function deltaCursor(type: string | undefined, values: BigInt64Array) {
  if (type === 'INT64') return new PlainFixedCursor(bytesOf(values), 0)
  if (type !== 'INT32') return null
  return new PlainFixedCursor(
    bytesOf(Int32Array.from(values, (value) => Number(BigInt.asIntN(32, value)))),
    0,
  )
}

function joined({ bytes, begins, ends }: ReturnType<typeof decodeDeltaBytes>, width: number) {
  if (begins.some((begin, index) => ends[index] - begin !== width)) {
    throw new Error(`expected values of ${width} bytes, got others`)
  }
  return bytes
}

function bytesOf({ buffer, byteOffset, byteLength }: BigInt64Array | Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function required(dictionary: Dictionary | null): Dictionary {
  if (dictionary) return dictionary
  throw new Error('a page that needs a dictionary, and there is none')
}

function fixedColumn(leaf: ParquetLeaf, { bytes, count, width, validity }: FixedSink): FixedColumn {
  const used = bytes.subarray(0, count * width)
  const values = typedValues(leaf, used)
  const perValue = values instanceof Uint8Array ? width : 1
  return { shape: 'fixed', values, width: perValue, validity: validity.finish(count) }
}

/** A sink's bytes begin where its buffer does, so that every type is aligned. */
function typedValues({ element, type }: ParquetLeaf, bytes: Uint8Array): FixedValues {
  const { buffer, byteLength } = bytes
  switch (element.type) {
    case 'INT32':
      return new Int32Array(buffer, 0, byteLength / 4)
    case 'INT64':
      return new BigInt64Array(buffer, 0, byteLength / 8)
    case 'FLOAT':
      return new Float32Array(buffer, 0, byteLength / 4)
    case 'DOUBLE':
      return new Float64Array(buffer, 0, byteLength / 8)
    case 'INT96':
      return microsFromInt96(new Int32Array(buffer, 0, byteLength / 4))
    default:
      return type.kind === 'float' ? new Uint16Array(buffer, 0, byteLength / 2) : bytes
  }
}

const julianDayOf1970 = 2_440_588n
const microsPerDay = 86_400_000_000n

/** Nanoseconds of the day in 64 bits, then the Julian day. */
function microsFromInt96(words: Int32Array): BigInt64Array {
  const micros = new BigInt64Array(words.length / 3)
  for (let index = 0; index < micros.length; index++) {
    const [low, high, day] = words.subarray(index * 3, index * 3 + 3)
    const nanos = (BigInt(high) << 32n) | BigInt(low >>> 0)
    micros[index] = (BigInt(day) - julianDayOf1970) * microsPerDay + nanos / 1000n
  }
  return micros
}
