import {
  Field as ArrowField,
  type DataType as ArrowType,
  Binary,
  Bool,
  FixedSizeBinary,
  FixedSizeList,
  Float16,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  List,
  Schema,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow'
import { DataType, dataTypeName } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'

/** The Arrow schema of a segment of these fields; each remembers its Milvus type and field id. */
export function arrowSchema(fields: readonly Field[]): Schema {
  return new Schema(
    fields.map((field) => {
      const metadata = new Map([
        ['millrace.field_id', String(field.fieldId)],
        ['millrace.data_type', dataTypeName(field.dataType)],
      ])
      return new ArrowField(field.name, arrowType(field), field.nullable, metadata)
    }),
  )
}

function arrowType(field: Field): ArrowType {
  if (field.dataType !== DataType.Array && field.dataType !== DataType.ArrayOfVector) {
    return valueType(field.dataType, field.dim)
  }
  return new List(new ArrowField('item', valueType(field.elementType, field.dim), false))
}

function valueType(dataType: DataType, dim: number): ArrowType {
  switch (dataType) {
    case DataType.FloatVector:
      return listOf(new Float32(), dim)
    case DataType.Float16Vector:
      return listOf(new Float16(), dim)
    case DataType.Int8Vector:
      return listOf(new Int8(), dim)
    case DataType.BFloat16Vector:
      return new FixedSizeBinary(dim * 2) // Arrow has no bfloat16.
    case DataType.BinaryVector:
      return new FixedSizeBinary(dim / 8)
    case DataType.SparseFloatVector:
      return new Binary()
    default:
      return scalarType(dataType)
  }
}

function listOf(type: ArrowType, length: number): ArrowType {
  return new FixedSizeList(length, new ArrowField('item', type, false))
}

function scalarType(dataType: DataType): ArrowType {
  switch (dataType) {
    case DataType.Bool:
      return new Bool()
    case DataType.Int8:
      return new Int8()
    case DataType.Int16:
      return new Int16()
    case DataType.Int32:
      return new Int32()
    case DataType.Int64:
      return new Int64()
    case DataType.Float:
      return new Float32()
    case DataType.Double:
      return new Float64()
    case DataType.Timestamptz:
      return new TimestampMicrosecond('UTC')
    case DataType.VarChar:
    case DataType.String:
    case DataType.Text:
    case DataType.JSON:
    case DataType.Geometry:
      return new Utf8()
    default:
      throw new TypeError(`no Arrow type for ${dataTypeName(dataType)}`)
  }
}
