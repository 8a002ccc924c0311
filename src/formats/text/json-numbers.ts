import type { FixedBuilder } from '../../column/column-builder.js'
import { DataType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import type { ByteCursor } from './byte-cursor.js'
import { Decimal, integerOf, latin1Text, putFloat32, putFloat64, scanDecimal } from './decimal.js'
import { skipWord } from './json-scan.js'
import { ValueFault, wrongKind } from './value-fault.js'

/** Reads a JSON value of one kind as one row of a builder. @throws ValueFault, SyntaxFault */
export type JsonReader = (cursor: ByteCursor) => void

/** The number that is being read: one at a time, so one for all. */
const decimal = new Decimal()

export function boolReader(field: Field, builder: FixedBuilder): JsonReader {
  return (cursor) => {
    const byte = cursor.bytes[cursor.position]
    if (byte !== 0x74 && byte !== 0x66) throw wrongKind(field, cursor, 'true or false')
    skipWord(cursor, byte === 0x74 ? 'true' : 'false')
    const index = builder.openRow()
    builder.values[index] = byte === 0x74 ? 1 : 0
    builder.closeRow()
  }
}

/** For Int8, Int16 and Int32. */
export function intReader(field: Field, dataType: DataType, builder: FixedBuilder): JsonReader {
  const max = intMaxOf(dataType)
  return (cursor) => {
    const value = scanInteger(field, dataType, cursor, max)
    const index = builder.openRow()
    builder.values[index] = value
    builder.closeRow()
  }
}

function intMaxOf(dataType: DataType): number {
  if (dataType === DataType.Int8) return 0x7f
  return dataType === DataType.Int16 ? 0x7fff : 0x7fffffff
}

/** Scans an integer from `min` to `max`. */
export function scanInteger(
  field: Field,
  dataType: DataType,
  cursor: ByteCursor,
  max: number,
  min = -max - 1,
): number {
  if (!isNumberAt(cursor)) throw wrongKind(field, cursor, expectedIntegers[dataType]!)
  scanDecimal(cursor, decimal)
  if (!decimal.isInteger) throw badInteger(field, dataType, cursor.bytes, 'invalid syntax')
  const value = integerOf(decimal)
  if (value > max || value < min) throw badInteger(field, dataType, cursor.bytes, outOfRange)
  return value
}

const outOfRange = 'value out of range'

/** The number that was scanned last is no integer that fits. */
function badInteger(
  field: Field,
  dataType: DataType,
  bytes: Uint8Array,
  reason: string,
): ValueFault {
  const text = latin1Text(bytes, decimal.begin, decimal.end)
  const parsing = `error: strconv.ParseInt: parsing "${text}": ${reason}`
  return new ValueFault(
    field.name,
    `expected ${expectedIntegers[dataType]}, got ${text}: failed to parse value '${text}' for ${intWords[dataType]} field '${field.name}', ${parsing}`,
  )
}

const expectedIntegers: { readonly [Type in DataType]?: string } = {
  [DataType.Int8]: 'an integer from -128 to 127',
  [DataType.Int8Vector]: 'integers from -128 to 127',
  [DataType.BinaryVector]: 'integers from 0 to 255',
  [DataType.Int16]: 'an integer from -32768 to 32767',
  [DataType.Int32]: 'an integer from -2147483648 to 2147483647',
  [DataType.Int64]: 'an integer from -9223372036854775808 to 9223372036854775807',
}

const intWords: { readonly [Type in DataType]?: string } = {
  [DataType.Int8]: 'int8',
  [DataType.Int8Vector]: 'int8 vector',
  [DataType.BinaryVector]: 'binary vector',
  [DataType.Int16]: 'int16',
  [DataType.Int32]: 'int32',
  [DataType.Int64]: 'int64',
}

export function int64Reader(field: Field, builder: FixedBuilder): JsonReader {
  return (cursor) => {
    if (!isNumberAt(cursor)) throw wrongKind(field, cursor, 'an integer')
    scanDecimal(cursor, decimal)
    if (!decimal.isInteger) throw badInteger(field, DataType.Int64, cursor.bytes, 'invalid syntax')
    const index = builder.openRow()
    if (decimal.digitCount <= 15) writeInt64(builder.words, index, integerOf(decimal))
    else builder.values[index] = bigInt64(field, cursor.bytes) as never
    builder.closeRow()
  }
}

/** A double holds it: its two words are written, no bigint is made. */
export function writeInt64(words: Int32Array, index: number, value: number): void {
  const high = Math.floor(value / 2 ** 32)
  words[2 * index] = (value - high * 2 ** 32) | 0
  words[2 * index + 1] = high
}

function bigInt64(field: Field, bytes: Uint8Array): bigint {
  const isLong = decimal.digitCount > 19
  const value = isLong ? null : BigInt(latin1Text(bytes, decimal.begin, decimal.end))
  if (value !== null && BigInt.asIntN(64, value) === value) return value
  throw badInteger(field, DataType.Int64, bytes, outOfRange)
}

export function floatReader(field: Field, builder: FixedBuilder): JsonReader {
  return (cursor) => {
    const index = builder.openRow()
    readFloat(field, cursor, builder.values as Float32Array, index)
    builder.closeRow()
  }
}

/** Reads a number as a finite float32 into an array. */
export function readFloat(
  field: Field,
  cursor: ByteCursor,
  values: Float32Array,
  index: number,
  expected = 'a number',
): void {
  if (!isNumberAt(cursor)) throw wrongKind(field, cursor, expected)
  scanDecimal(cursor, decimal)
  if (!putFloat32(decimal, cursor.bytes, values, index)) throw floatOutOfRange(field, cursor.bytes)
}

export function doubleReader(field: Field, builder: FixedBuilder): JsonReader {
  return (cursor) => {
    const index = builder.openRow()
    readDouble(field, cursor, builder.values as Float64Array, index)
    builder.closeRow()
  }
}

/** Reads a number as a finite double into an array. */
export function readDouble(
  field: Field,
  cursor: ByteCursor,
  values: Float64Array,
  index: number,
  expected = 'a number',
): void {
  if (!isNumberAt(cursor)) throw wrongKind(field, cursor, expected)
  scanDecimal(cursor, decimal)
  if (!putFloat64(decimal, cursor.bytes, values, index)) throw floatOutOfRange(field, cursor.bytes)
}

function floatOutOfRange(field: Field, bytes: Uint8Array): ValueFault {
  const text = latin1Text(bytes, decimal.begin, decimal.end)
  return new ValueFault(
    field.name,
    `expected a number in the range of the type, got ${text}: failed to parse value '${text}' for field '${field.name}', error: strconv.ParseFloat: parsing "${text}": ${outOfRange}`,
  )
}

/** Whether a digit comes, or a minus and a digit. */
function isNumberAt({ bytes, position }: ByteCursor): boolean {
  const byte = bytes[position]
  if (byte >= 0x30 && byte <= 0x39) return true
  const next = bytes[position + 1]
  return byte === 0x2d && next >= 0x30 && next <= 0x39
}
