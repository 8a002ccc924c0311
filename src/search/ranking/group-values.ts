import { hasBit } from '../../column/bitmap.js'
import type { BytesColumn, Column, FixedColumn } from '../../column/column.js'
import { DataType, dataTypeName, isIntegerType, isStringType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'

/** What rows are grouped by: rows with the same one are of one group, those without a value too. */
export type GroupValue = bigint | number | string | null

/** @throws parameterInvalid for a type whose values do not make groups */
export function checkGroupField({ name, dataType }: Field): void {
  if (isIntegerType(dataType) || isStringType(dataType)) return
  if (dataType === DataType.Bool || dataType === DataType.Timestamptz) return
  throw invalidParameter(
    `unsupported data type ${dataTypeName(dataType)} for group by operator: field ${name}`,
  )
}

/** The value of one column, or one that stands for those of several. */
export function groupValueOf(columns: readonly Column[], row: number): GroupValue {
  if (columns.length === 1) return groupValueAt(columns[0], row)
  const values = columns.map((column) => groupValueAt(column, row))
  return JSON.stringify(values.map((value) => (value === null ? null : String(value))))
}

function groupValueAt(column: Column, row: number): GroupValue {
  if (column.validity !== null && !hasBit(column.validity, row)) return null
  if (column.shape === 'fixed') return (column as FixedColumn).values[row]
  const { bytes, offsets } = column as BytesColumn
  const { buffer, byteOffset, byteLength } = bytes
  return Buffer.from(buffer, byteOffset, byteLength).toString(
    'utf8',
    offsets[row],
    offsets[row + 1],
  )
}
