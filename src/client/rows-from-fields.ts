import { DataType } from '../schema/data-type.js'
import type { FieldData, ScalarField, VectorField } from '../wire/generated/messages.js'
import { MilvusException } from './milvus-exception.js'

/**
 * A value as a row holds it. Int64 is bigint; a JSON field, and the `$meta` of dynamic fields, is its text,
 * so that no integer in it loses digits; vectors of halves and bits are their bytes.
 */
export type RowValue =
  | bigint
  | number
  | boolean
  | string
  | Float32Array
  | Uint8Array
  | readonly RowValue[]
  /** An element of a struct array. */
  | { readonly [name: string]: RowValue }
  | null

export type Row = Readonly<Record<string, RowValue>>

/** The rows that an answer's columns hold. */
export function rowsFromFields(fields: readonly FieldData[], rowCount: number): Row[] {
  const columns = fields.map((field) => [field.field_name, valueReader(field)] as const)
  return Array.from({ length: rowCount }, (_, rowOffset) =>
    Object.fromEntries(columns.map(([name, valueAt]) => [name, valueAt(rowOffset)])),
  )
}

/** The number of rows in columns that an answer gives without a count. */
export function rowCountOf([field]: readonly FieldData[]): number {
  if (!field) return 0
  if (field.struct_arrays) return rowCountOf(field.struct_arrays.fields)
  if (field.valid_data.length > 0) return field.valid_data.length
  return field.vectors ? vectorValues(field.vectors).length : scalarValues(field).length
}

interface Values {
  readonly length: number
  at(offset: number): RowValue
}

function valueReader(field: FieldData): (rowOffset: number) => RowValue {
  if (field.struct_arrays) return structReader(field.struct_arrays.fields)
  const values = field.vectors ? vectorValues(field.vectors) : scalarValues(field)
  const { valid_data } = field
  if (valid_data.length === 0) return (rowOffset) => values.at(rowOffset)
  // A sender may leave the nulls out of the values.
  const offsets = values.length === valid_data.length ? null : compactOffsets(valid_data)
  return (rowOffset) =>
    valid_data[rowOffset] ? values.at(offsets ? offsets[rowOffset]! : rowOffset) : null
}

/** The objects of a struct array, whose sub-fields come each as a list. */
function structReader(subFields: readonly FieldData[]): (rowOffset: number) => RowValue {
  const members = subFields.map((field) => [field.field_name, valueReader(field)] as const)
  return (rowOffset) => {
    const lists = members.map(
      ([name, valueAt]) => [name, valueAt(rowOffset) as readonly RowValue[] | null] as const,
    )
    const first = lists[0]?.[1]
    if (!first) return null
    return first.map((_, at) => Object.fromEntries(lists.map(([name, list]) => [name, list![at]!])))
  }
}

function compactOffsets(validData: readonly boolean[]): number[] {
  let offset = 0
  return validData.map((isValid) => (isValid ? offset++ : -1))
}

function scalarValues({ scalars, type, field_name }: FieldData): Values {
  const values = scalars && valuesOf(scalars, type)
  if (!values) throw new MilvusException(1, `field "${field_name}" came without values`)
  return values
}

function valuesOf(scalars: ScalarField, type: number): Values | null {
  const { int_data, long_data, float_data, double_data, string_data } = scalars
  const plain = int_data ?? long_data ?? float_data ?? double_data ?? string_data
  if (plain) return { length: plain.data.length, at: (offset) => plain.data[offset]! }
  const { bool_data, json_data, array_data } = scalars
  if (bool_data) {
    return { length: bool_data.data.length, at: (offset) => bool_data.data[offset] === 1 }
  }
  if (json_data) {
    const { data } = json_data
    return { length: data.length, at: (offset) => new TextDecoder().decode(data[offset]) }
  }
  if (array_data && type === DataType.Array) {
    const { data, element_type } = array_data
    return { length: data.length, at: (offset) => listOf(valuesOf(data[offset]!, element_type)) }
  }
  return null
}

function listOf(values: Values | null): RowValue[] {
  return values ? Array.from({ length: values.length }, (_, offset) => values.at(offset)) : []
}

function vectorValues({ dim, float_vector, ...others }: VectorField): Values {
  const width = Number(dim)
  const { vector_array } = others
  if (vector_array) {
    const { data } = vector_array
    return { length: data.length, at: (offset) => listOf(vectorValues(data[offset]!)) }
  }
  if (float_vector) return slices(float_vector.data, width)
  const { binary_vector, float16_vector, bfloat16_vector, int8_vector } = others
  if (binary_vector) return slices(binary_vector, width / 8)
  const halves = float16_vector ?? bfloat16_vector
  if (halves) return slices(halves, width * 2)
  if (int8_vector) return slices(int8_vector, width)
  const sparse = others.sparse_float_vector?.contents ?? []
  return { length: sparse.length, at: (offset) => sparse[offset]! }
}

function slices(values: Float32Array | Uint8Array, width: number): Values {
  return {
    length: width === 0 ? 0 : values.length / width,
    at: (offset) => values.slice(offset * width, (offset + 1) * width),
  }
}
