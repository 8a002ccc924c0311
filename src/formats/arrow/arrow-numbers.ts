import type { FixedColumn, FixedValues } from '../../column/column.js'
import { DataType } from '../../schema/data-type.js'
import { decodeFloat16 } from '../float16.js'
import type { PlainConversion, ReportFault } from './arrow-conversion.js'
import { decimalConversion } from './arrow-decimal.js'
import type { ArrowType } from './arrow-type.js'

interface IntegerRange {
  readonly bits: number
  readonly min: number
  readonly max: number
  readonly valuesType: new (length: number) => Int8Array | Uint8Array | Int16Array | Int32Array
}

const ranges: { readonly [Type in DataType]?: IntegerRange } = {
  [DataType.Int8]: { bits: 8, min: -128, max: 127, valuesType: Int8Array },
  [DataType.Int16]: { bits: 16, min: -32768, max: 32767, valuesType: Int16Array },
  [DataType.Int32]: { bits: 32, min: -(2 ** 31), max: 2 ** 31 - 1, valuesType: Int32Array },
  [DataType.BinaryVector]: { bits: 8, min: 0, max: 255, valuesType: Uint8Array },
  [DataType.Int8Vector]: { bits: 8, min: -128, max: 127, valuesType: Int8Array },
}

/**
 * To an integer field, or the bytes of a vector. Scalars are only widened; unsigned ones are checked.
 * @param isNarrowed whether wider ones are taken too, and checked: writers have the elements of lists as
 * whatever their language makes of a list of numbers
 */
export function integerConversion(
  dataType: DataType,
  type: ArrowType,
  isNarrowed = false,
): PlainConversion | null {
  if (type.kind === 'decimal') return decimalConversion(dataType, type)
  if (type.kind !== 'int') return null
  if (dataType === DataType.Int64) {
    return (column, count, report) => toInt64(column as FixedColumn, count, type.isSigned, report)
  }
  const range = ranges[dataType]
  if (!range || (type.bits > range.bits && !isNarrowed)) return null
  return (column, count, report) => narrowed(column as FixedColumn, count, type, range, report)
}

/** To a Float or Double field, or the components of a float vector. */
export function floatConversion(
  dataType: typeof DataType.Float | typeof DataType.Double,
  type: ArrowType,
): PlainConversion | null {
  if (type.kind === 'decimal') return decimalConversion(dataType, type)
  if (type.kind !== 'int' && type.kind !== 'float') return null
  const valuesType = dataType === DataType.Float ? Float32Array : Float64Array
  const isUnsigned = type.kind === 'int' && !type.isSigned
  return (column, count, report) => {
    const { values, width, validity } = column as FixedColumn
    const used = values.subarray(0, count)
    if (used instanceof valuesType) return { shape: 'fixed', values: used, width, validity }
    const converted = new valuesType(count)
    fillFloats(used, isUnsigned, converted)
    if (used instanceof Float64Array) reportOverflow(used, converted, report)
    return { shape: 'fixed', values: converted, width, validity }
  }
}

function toInt64(
  { values, width, validity }: FixedColumn,
  count: number,
  isSigned: boolean,
  report: ReportFault,
): FixedColumn {
  const used = values.subarray(0, count)
  if (used instanceof BigInt64Array) {
    if (!isSigned) reportNegative(used, report)
    return { shape: 'fixed', values: used, width, validity }
  }
  const words = new Int32Array(2 * count)
  for (let index = 0; index < count; index++) {
    const value = used[index] as number
    words[2 * index] = value
    words[2 * index + 1] = isSigned ? value >> 31 : 0
  }
  return { shape: 'fixed', values: new BigInt64Array(words.buffer), width, validity }
}

/** An unsigned integer that is negative as a signed one is too great. */
function reportNegative(values: BigInt64Array, report: ReportFault): void {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2)
  for (let index = 0; index < values.length; index++) {
    if (words[2 * index + 1] >= 0) continue
    const value = BigInt.asUintN(64, values[index])
    report(index, `expected at most 9223372036854775807, got ${value}`)
  }
}

function narrowed(
  { values, width, validity }: FixedColumn,
  count: number,
  { isSigned, bits }: Extract<ArrowType, { kind: 'int' }>,
  { min, max, valuesType }: IntegerRange,
  report: ReportFault,
): FixedColumn {
  const used = values.subarray(0, count)
  if (used instanceof valuesType && isSigned === min < 0) {
    return { shape: 'fixed', values: used, width, validity }
  }
  const converted = new valuesType(count)
  for (let index = 0; index < count; index++) {
    const value = isSigned ? Number(used[index]) : unsignedOf(used[index], bits)
    converted[index] = value
    if (value < min || value > max) report(index, `expected ${min} to ${max}, got ${value}`)
  }
  return { shape: 'fixed', values: converted, width, validity }
}

function unsignedOf(value: number | bigint, bits: number): number {
  if (typeof value === 'bigint') return Number(BigInt.asUintN(64, value))
  return bits === 32 ? value >>> 0 : value
}

function fillFloats(from: FixedValues, isUnsigned: boolean, to: Float32Array | Float64Array): void {
  if (from instanceof Uint16Array && !isUnsigned) decodeFloat16(from, to)
  else if (from instanceof BigInt64Array) fillFromInt64(from, isUnsigned, to)
  else if (from instanceof Int32Array && isUnsigned) to.set(new Uint32Array(from))
  else to.set(from)
}

function fillFromInt64(
  from: BigInt64Array,
  isUnsigned: boolean,
  to: Float32Array | Float64Array,
): void {
  for (let index = 0; index < from.length; index++) {
    to[index] = Number(isUnsigned ? BigInt.asUintN(64, from[index]) : from[index])
  }
}

function reportOverflow(
  from: Float64Array,
  to: Float32Array | Float64Array,
  report: ReportFault,
): void {
  for (let index = 0; index < from.length; index++) {
    if (Number.isFinite(to[index]) || !Number.isFinite(from[index])) continue
    report(index, `expected a number in the range of float32, got ${from[index]}`)
  }
}
