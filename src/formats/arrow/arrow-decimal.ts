import type { BytesColumn, FixedColumn } from '../../column/column.js'
import { DataType } from '../../schema/data-type.js'
import type { PlainColumn, PlainConversion, ReportFault } from './arrow-conversion.js'
import type { ArrowType } from './arrow-type.js'

type Decimal = Extract<ArrowType, { kind: 'decimal' }>

/** Unscaled integers up to here are doubles, and so are 10^0 … 10^22: their quotient is rounded once. */
const exactMax = 2n ** 53n
const exactScaleMax = 22
/** Of Arrow's widest decimal. */
const digitsMax = 76

const integerBits: { readonly [Type in DataType]?: number } = {
  [DataType.Int8]: 8,
  [DataType.Int16]: 16,
  [DataType.Int32]: 32,
  [DataType.Int64]: 64,
}

/** To an integer where the decimal is one, or to the nearest float where no digit is lost. */
export function decimalConversion(dataType: DataType, type: Decimal): PlainConversion | null {
  if (Math.abs(type.scale) > digitsMax) return null
  if (dataType === DataType.Float || dataType === DataType.Double) {
    if (type.scale < 0 || type.scale > exactScaleMax) return null
    return (column, count, report) => toFloats(dataType, type, column, count, report)
  }
  const bits = integerBits[dataType]
  if (bits === undefined) return null
  return (column, count, report) => toIntegers(bits, type, column, count, report)
}

function toFloats(
  dataType: DataType,
  type: Decimal,
  column: PlainColumn,
  count: number,
  report: ReportFault,
): FixedColumn {
  const values = dataType === DataType.Float ? new Float32Array(count) : new Float64Array(count)
  const divisor = 10 ** type.scale
  for (let index = 0; index < count; index++) {
    const unscaled = unscaledAt(column, index, type)
    values[index] = Number(unscaled) / divisor
    if (unscaled > exactMax || unscaled < -exactMax) {
      report(index, `expected a decimal of at most 15 digits, got ${decimalText(unscaled, type)}`)
    }
  }
  return { shape: 'fixed', values, width: 1, validity: column.validity }
}

function toIntegers(
  bits: number,
  type: Decimal,
  column: PlainColumn,
  count: number,
  report: ReportFault,
): FixedColumn {
  const values = integersOf(bits, count)
  const factor = 10n ** BigInt(Math.abs(type.scale))
  for (let index = 0; index < count; index++) {
    const unscaled = unscaledAt(column, index, type)
    const value = type.scale < 0 ? unscaled * factor : unscaled / factor
    if (BigInt.asIntN(bits, value) !== value || (type.scale > 0 && unscaled % factor !== 0n)) {
      report(index, `expected an integer of ${bits} bits, got ${decimalText(unscaled, type)}`)
    }
    if (values instanceof BigInt64Array) values[index] = value
    else values[index] = Number(BigInt.asIntN(bits, value))
  }
  return { shape: 'fixed', values, width: 1, validity: column.validity }
}

function integersOf(bits: number, count: number) {
  if (bits === 64) return new BigInt64Array(count)
  if (bits === 32) return new Int32Array(count)
  return bits === 16 ? new Int16Array(count) : new Int8Array(count)
}

function unscaledAt(column: PlainColumn, index: number, { isBigEndian }: Decimal): bigint {
  if (column.shape === 'fixed' && !(column.values instanceof Uint8Array)) {
    return BigInt(column.values[index])
  }
  return integerFromBytes(bytesAt(column, index), isBigEndian)
}

function bytesAt(column: FixedColumn | BytesColumn, index: number): Uint8Array {
  if (column.shape === 'bytes') {
    return column.bytes.subarray(column.offsets[index], column.offsets[index + 1])
  }
  const values = column.values as Uint8Array
  return values.subarray(index * column.width, (index + 1) * column.width)
}

function integerFromBytes(bytes: Uint8Array, isBigEndian: boolean): bigint {
  if (bytes.length === 0) return 0n
  const ordered = isBigEndian ? bytes : bytes.toReversed()
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(ordered).toString('hex')}`))
}

function decimalText(unscaled: bigint, { scale }: Decimal): string {
  if (scale <= 0) return `${unscaled}${'0'.repeat(-scale)}`
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
