/**
 * The messages that carry whole columns (schema.FloatArray, DoubleArray, LongArray, IntArray, BoolArray
 * and their kin): one field, `repeated T data = 1`. protobufjs would read them value by value into an
 * array of numbers; here they are typed arrays. A sender may pack the values, not pack them, or send
 * several packed chunks, even mixed.
 */
import type { Reader, Type, Writer } from 'protobufjs'
import { countVarints, decodeVarints, encodeVarints } from './varint.js'

type ColumnValues = Uint8Array | Int32Array | BigInt64Array | Float32Array | Float64Array

interface ColumnCodec {
  readonly empty: ColumnValues
  /** The wire type of one value. */
  readonly wireType: number
  /** `ranges` are begin and end of one packed chunk, or of one value, after another. */
  decode(bytes: Uint8Array, ranges: readonly number[]): ColumnValues
  encode(values: ColumnValues): Uint8Array
}

/** By the protobuf type of the values. Bools are bytes, 0 or 1. */
const columnCodecs: Readonly<Record<string, ColumnCodec>> = {
  float: fixedCodec(Float32Array, 5),
  double: fixedCodec(Float64Array, 1),
  int64: varintCodec((words) => new BigInt64Array(words.buffer), wordsOfInt64),
  int32: varintCodec(
    (words) => Int32Array.from({ length: words.length / 2 }, (_, index) => words[2 * index]),
    wordsOfInt32,
  ),
  bool: varintCodec(bytesOfWords, wordsOfBytes),
}

/** The codec of a message whose only field is a column, else undefined. */
export function columnCodecOf(type: Type): ColumnCodec | undefined {
  const [field, ...others] = type.fieldsArray
  if (field?.name !== 'data' || !field.repeated || others.length > 0) return undefined
  return columnCodecs[field.type]
}

/** Replaces what `type.setup()` generated. */
export function useColumnCodec(type: Type, codec: ColumnCodec): void {
  type.decode = (reader: Reader | Uint8Array, length?: number) =>
    type.create({
      data: codec.decode(
        (reader as Reader).buf,
        valueRanges(reader as Reader, length, codec.wireType),
      ),
    })
  type.encode = (message: { data?: unknown }, writer?: Writer) => {
    const values = message.data as ColumnValues | undefined
    if (!values?.length) return writer!
    return writer!.uint32(packedTag).bytes(codec.encode(values))
  }
}

const packedTag = (1 << 3) | 2

function valueRanges(reader: Reader, length: number | undefined, wireType: number): number[] {
  const end = length === undefined ? reader.len : reader.pos + length
  const ranges: number[] = []
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === packedTag) {
      const byteLength = reader.uint32()
      ranges.push(reader.pos, reader.pos + byteLength)
      reader.skip(byteLength)
    } else if (tag === ((1 << 3) | wireType)) {
      const begin = reader.pos
      reader.skipType(wireType)
      ranges.push(begin, reader.pos)
    } else reader.skipType(tag & 7)
  }
  if (reader.pos !== end) throw new RangeError(`index out of range: ${reader.pos} > ${end}`)
  return ranges
}

function fixedCodec(
  valuesType: typeof Float32Array | typeof Float64Array,
  wireType: number,
): ColumnCodec {
  return {
    empty: new valuesType(0),
    wireType,
    decode: (bytes, ranges) =>
      decodeFixed(new valuesType(fixedCount(ranges, valuesType.BYTES_PER_ELEMENT)), bytes, ranges),
    encode: (values) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  }
}

function fixedCount(ranges: readonly number[], valueBytes: number): number {
  let count = 0
  for (let index = 0; index < ranges.length; index += 2) {
    const byteLength = ranges[index + 1] - ranges[index]
    if (byteLength % valueBytes !== 0) {
      throw new RangeError(`packed values of ${valueBytes} bytes take ${byteLength} bytes`)
    }
    count += byteLength / valueBytes
  }
  return count
}

function decodeFixed(
  values: Float32Array | Float64Array,
  bytes: Uint8Array,
  ranges: readonly number[],
) {
  const target = new Uint8Array(values.buffer)
  let position = 0
  for (let index = 0; index < ranges.length; index += 2) {
    target.set(bytes.subarray(ranges[index], ranges[index + 1]), position)
    position += ranges[index + 1] - ranges[index]
  }
  return values
}

function varintCodec(
  valuesOfWords: (words: Int32Array<ArrayBuffer>) => ColumnValues,
  wordsOfValues: (values: ColumnValues) => Int32Array,
): ColumnCodec {
  return {
    empty: valuesOfWords(new Int32Array(0)),
    wireType: 0,
    decode: (bytes, ranges) => valuesOfWords(decodeWords(bytes, ranges)),
    encode: (values) => encodeVarints(wordsOfValues(values)),
  }
}

function decodeWords(bytes: Uint8Array, ranges: readonly number[]): Int32Array<ArrayBuffer> {
  let count = 0
  for (let index = 0; index < ranges.length; index += 2) {
    count += countVarints(bytes, ranges[index], ranges[index + 1])
  }
  const words = new Int32Array(2 * count)
  let filled = 0
  for (let index = 0; index < ranges.length; index += 2) {
    filled = decodeVarints(bytes, ranges[index], ranges[index + 1], words, filled)
  }
  return words
}

function wordsOfInt64(values: ColumnValues): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.byteLength / 4)
}

/** A negative int32 goes over the wire sign-extended to 64 bits. */
function wordsOfInt32(values: ColumnValues): Int32Array {
  const words = new Int32Array(2 * values.length)
  for (let index = 0; index < values.length; index++) {
    words[2 * index] = Number(values[index])
    words[2 * index + 1] = words[2 * index] >> 31
  }
  return words
}

function bytesOfWords(words: Int32Array): Uint8Array {
  const bytes = new Uint8Array(words.length / 2)
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = words[2 * index] | words[2 * index + 1] ? 1 : 0
  }
  return bytes
}

function wordsOfBytes(values: ColumnValues): Int32Array {
  const words = new Int32Array(2 * values.length)
  for (let index = 0; index < values.length; index++) words[2 * index] = values[index] ? 1 : 0
  return words
}
