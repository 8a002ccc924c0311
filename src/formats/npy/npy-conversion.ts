import { DataType } from '../../schema/data-type.js'
import { floorDivided } from '../arrow/arrow-times.js'
import { decodeFloat16, encodeBFloat16, encodeFloat16 } from '../float16.js'
import type { NpyCode } from './npy-dtype.js'
import { badCodePointText, encodeCodePoints, packBytes } from './npy-text.js'

/** How a file's items become a column's values. */
export type NpyConversion = SameConversion | ValuesConversion | TextConversion

/** The file's bytes are the column's values. */
export interface SameConversion {
  readonly kind: 'same'
  /** Returns the first value that the column cannot take, or -1. */
  readonly check: ((bytes: Uint8Array) => number) | null
  readonly expected: string
}

export interface ValuesConversion {
  readonly kind: 'values'
  readonly itemType: new (buffer: ArrayBuffer, byteOffset: number, length: number) => NumberArray
  /** Fills all of `to`, which may be any array of the column's type; returns as `check` does. */
  readonly convert: (from: never, to: never) => number
  readonly expected: string
}

export interface TextConversion {
  readonly kind: 'text'
  /** Bytes of one of the units that an item is made of. */
  readonly unitBytes: 1 | 4
  readonly encode: (
    items: never,
    itemUnits: number,
    offsets: Int32Array,
    bytes: Uint8Array,
  ) => number
  /** The reason why an item could not be encoded. */
  readonly fault: (items: never) => string
}

type NumberArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | Float32Array
  | Float64Array

/** undefined where a file of this dtype cannot be read into such a field without losing something. */
export function npyConversionOf(dataType: DataType, code: NpyCode): NpyConversion | undefined {
  return conversions[dataType]?.[code]
}

/** What a file may have for such a field: the first is what it should be. Empty: nothing. */
export function npyCodesOf(dataType: DataType): readonly NpyCode[] {
  return Object.keys(conversions[dataType] ?? {}) as NpyCode[]
}

const same: SameConversion = { kind: 'same', check: null, expected: '' }
const booleans: SameConversion = { kind: 'same', check: firstNotBoolean, expected: '0 or 1' }
const smallUint64: SameConversion = {
  kind: 'same',
  check: firstOverInt64,
  expected: 'at most 9223372036854775807',
}
const halves = values(Uint16Array, convertFloat16)
const narrowed = values(Float64Array, narrowFloat64, 'a number in the range of float32')
const codePoints: TextConversion = {
  kind: 'text',
  unitBytes: 4,
  encode: encodeCodePoints,
  fault: (item: Uint32Array) => `expected Unicode code points, got ${badCodePointText(item)}`,
}
const utf8: TextConversion = {
  kind: 'text',
  unitBytes: 1,
  encode: packBytes,
  fault: (item: Uint8Array) => `expected UTF-8, got the bytes ${hexText(item)}`,
}
const texts = { U: codePoints, S: utf8 }
const float16Expected = 'a number in the range of float16'
const bfloat16Expected = 'a number in the range of bfloat16'

/**
 * What a field of each type, or an array's element, takes. Numbers are only ever widened, but for vectors:
 * Milvus narrows theirs too.
 */
const conversions: {
  readonly [Type in DataType]?: { readonly [Code in NpyCode]?: NpyConversion }
} = {
  [DataType.Bool]: { b1: booleans },
  [DataType.Int8]: { i1: same },
  [DataType.Int16]: { i2: same, i1: widened(Int8Array), u1: widened(Uint8Array) },
  [DataType.Int32]: {
    i4: same,
    i2: widened(Int16Array),
    i1: widened(Int8Array),
    u2: widened(Uint16Array),
    u1: widened(Uint8Array),
  },
  [DataType.Int64]: {
    i8: same,
    i4: values(Int32Array, widenSigned),
    i2: values(Int16Array, widenSigned),
    i1: values(Int8Array, widenSigned),
    u8: smallUint64,
    u4: values(Uint32Array, widenUnsigned),
    u2: values(Uint16Array, widenUnsigned),
    u1: values(Uint8Array, widenUnsigned),
  },
  [DataType.Float]: { f4: same, f2: halves },
  [DataType.Double]: { f8: same, f4: widened(Float32Array), f2: halves },
  [DataType.VarChar]: texts,
  [DataType.String]: texts,
  [DataType.Text]: texts,
  [DataType.JSON]: texts,
  [DataType.Geometry]: texts,
  [DataType.Timestamptz]: {
    'M8[us]': times((value) => value),
    'M8[ns]': times((value) => floorDivided(value, 1000n)),
    'M8[ms]': times((value) => value * 1000n),
    'M8[s]': times((value) => value * 1_000_000n),
    'M8[m]': times((value) => value * 60_000_000n),
    'M8[h]': times((value) => value * 3_600_000_000n),
    'M8[D]': times((value) => value * 86_400_000_000n),
    ...texts,
  },
  [DataType.SparseFloatVector]: texts,
  [DataType.BinaryVector]: { u1: same },
  [DataType.FloatVector]: {
    f4: same,
    f8: narrowed,
    f2: halves,
    i1: widened(Int8Array),
    u1: widened(Uint8Array),
    i2: widened(Int16Array),
    u2: widened(Uint16Array),
  },
  [DataType.Float16Vector]: {
    u1: same,
    f2: same,
    f4: values(Float32Array, encodeFloat16, float16Expected),
    f8: values(Float64Array, encodeFloat16, float16Expected),
  },
  [DataType.BFloat16Vector]: {
    u1: same,
    f4: values(Float32Array, encodeBFloat16, bfloat16Expected),
    f8: values(Float64Array, encodeBFloat16, bfloat16Expected),
  },
  [DataType.Int8Vector]: { i1: same },
}

function values(
  itemType: ValuesConversion['itemType'],
  convert: ValuesConversion['convert'],
  expected = '',
): ValuesConversion {
  return { kind: 'values', itemType, convert, expected }
}

function widened(itemType: ValuesConversion['itemType']): ValuesConversion {
  return values(itemType, widen)
}

function widen(from: NumberArray, to: NumberArray): number {
  to.set(from as never)
  return -1
}

function convertFloat16(from: Uint16Array, to: Float32Array | Float64Array): number {
  decodeFloat16(from, to)
  return -1
}

/** To microseconds. numpy's NaT is the least int64. */
function times(microsOf: (value: bigint) => bigint): ValuesConversion {
  const convert = (from: BigInt64Array, to: BigInt64Array): number => {
    for (let index = 0; index < from.length; index++) {
      const micros = microsOf(from[index])
      to[index] = micros
      if (from[index] === notATime || to[index] !== micros) return index
    }
    return -1
  }
  return values(BigInt64Array, convert, 'a time of 64 bits of microseconds')
}

const notATime = -(2n ** 63n)

/** Words instead of bigints: no bigint is made. */
function widenSigned(from: Int32Array, to: BigInt64Array): number {
  const words = wordsOf(to)
  for (let index = 0; index < from.length; index++) {
    words[2 * index] = from[index]
    words[2 * index + 1] = from[index] >> 31
  }
  return -1
}

function widenUnsigned(from: Uint32Array, to: BigInt64Array): number {
  const words = wordsOf(to)
  for (let index = 0; index < from.length; index++) {
    words[2 * index] = from[index]
    words[2 * index + 1] = 0
  }
  return -1
}

function narrowFloat64(from: Float64Array, to: Float32Array): number {
  for (let index = 0; index < from.length; index++) {
    to[index] = from[index]
    if (!Number.isFinite(to[index]) && Number.isFinite(from[index])) return index
  }
  return -1
}

function firstNotBoolean(bytes: Uint8Array): number {
  for (let index = 0; index < bytes.length; index++) if (bytes[index] > 1) return index
  return -1
}

function firstOverInt64(bytes: Uint8Array): number {
  const words = wordsOf(bytes)
  for (let index = 1; index < words.length; index += 2) if (words[index] < 0) return index >> 1
  return -1
}

function wordsOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Int32Array {
  return new Int32Array(buffer, byteOffset, byteLength / 4)
}

function hexText(item: Uint8Array): string {
  const shown = Buffer.from(item.subarray(0, 32)).toString('hex')
  return item.byteLength > 32 ? `${shown}…` : shown
}
