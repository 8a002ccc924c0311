import type { BytesColumn, FixedColumn } from '../../column/column.js'
import { microsecondsOf } from '../../schema/timestamptz.js'
import type { PlainConversion, ReportFault } from './arrow-conversion.js'
import type { ArrowType } from './arrow-type.js'

const microsPerSecond = 1_000_000n
const microsPerDay = 86_400n * microsPerSecond

/**
 * To microseconds since 1970, from timestamps, dates and ISO 8601 texts. Finer ones are rounded down.
 * @param timeZone of texts without an offset; undefined: UTC
 */
export function timeConversion(type: ArrowType, timeZone?: string): PlainConversion | null {
  switch (type.kind) {
    case 'text':
      return (column, count, report) => parsed(column as BytesColumn, count, report, timeZone)
    case 'timestamp':
      return scaled(microsPerSecond, type.unitsPerSecond)
    case 'date':
      return scaled(microsPerDay, type.unitsPerDay)
    default:
      return null
  }
}

function scaled(micros: bigint, units: bigint): PlainConversion {
  return (column, count, report) => {
    const { values, validity } = column as FixedColumn
    if (micros === units) return { shape: 'fixed', values, width: 1, validity }
    const converted = new BigInt64Array(count)
    for (let index = 0; index < count; index++) {
      const value = floorDivided(BigInt(values[index]) * micros, units)
      converted[index] = value
      if (converted[index] !== value) {
        report(index, `expected a time of 64 bits of microseconds, got ${value}`)
      }
    }
    return { shape: 'fixed', values: converted, width: 1, validity }
  }
}

export function floorDivided(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  return value % divisor < 0n ? quotient - 1n : quotient
}

function parsed(
  { bytes, offsets, validity }: BytesColumn,
  count: number,
  report: ReportFault,
  timeZone: string | undefined,
): FixedColumn {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const values = new BigInt64Array(count)
  for (let row = 0; row < count; row++) {
    const found = text.toString('utf8', offsets[row], offsets[row + 1])
    const micros = microsecondsOf(found, timeZone)
    if (micros === null) report(row, `expected an RFC 3339 time, got '${found.slice(0, 80)}'`)
    else values[row] = micros
  }
  return { shape: 'fixed', values, width: 1, validity }
}
