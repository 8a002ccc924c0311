import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'
import { float16Bits } from './float16-bits.js'
import type { Table } from './random-table.js'
import { timeText, writtenFields } from './table-text.js'

type ItemKind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'float32'
  | 'float64'
  | 'text'

export type Item = boolean | number | bigint | string

/** A field as Arrow and Parquet have it: values of one kind, or lists of them. */
export interface FileColumn {
  readonly name: string
  readonly kind: ItemKind
  readonly isList: boolean
  readonly values: readonly (Item | readonly Item[] | null)[]
}

/** Times and sparse vectors as texts, 16-bit floats as their bytes or, of bfloat16, as float32. */
export function columnsOf(table: Table): FileColumn[] {
  return writtenFields(table).map((field) => ({
    name: field.name,
    kind: kindOf(field),
    isList: isListField(field),
    values: table.rows.map((row) => fileValue(field, row[field.name])),
  }))
}

function isListField({ dataType }: Field): boolean {
  return (
    dataType === DataType.Array ||
    (dataType >= DataType.BinaryVector && dataType !== DataType.SparseFloatVector)
  )
}

function kindOf({ dataType, elementType }: Field): ItemKind {
  switch (dataType === DataType.Array ? elementType : dataType) {
    case DataType.Bool:
      return 'bool'
    case DataType.Int8:
    case DataType.Int8Vector:
      return 'int8'
    case DataType.Int16:
      return 'int16'
    case DataType.Int32:
      return 'int32'
    case DataType.Int64:
      return 'int64'
    case DataType.BinaryVector:
    case DataType.Float16Vector:
      return 'uint8'
    case DataType.Float:
    case DataType.FloatVector:
    case DataType.BFloat16Vector:
      return 'float32'
    case DataType.Double:
      return 'float64'
    default:
      return 'text'
  }
}

function fileValue(field: Field, value: unknown): FileColumn['values'][number] {
  const { dataType } = field
  if (value === null) return null
  if (dataType === DataType.Timestamptz) return timeText(String(value))
  if (dataType === DataType.SparseFloatVector) return JSON.stringify(value)
  if (dataType === DataType.Float16Vector) return (value as number[]).flatMap(bytesOfHalf)
  if (kindOf(field) !== 'int64') return value as Item | Item[]
  return Array.isArray(value) ? value.map(BigInt) : BigInt(String(value))
}

function bytesOfHalf(value: number): number[] {
  const bits = float16Bits(value)
  return [bits & 0xff, bits >> 8]
}
