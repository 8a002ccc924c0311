/** schema.FieldData ↔ a field's column. */
import { type Column, layoutOf } from '../column/column.js'
import { growableColumn } from '../column/growable-column.js'
import { gatherColumn } from '../column/slice.js'
import { dynamicFieldName } from '../schema/collection-schema.js'
import { DataType, isVectorType } from '../schema/data-type.js'
import type { DefaultValue, Field } from '../schema/field.js'
import { invalidParameter } from '../schema/invalid-parameter.js'
import type { MessageInput } from './codec.js'
import type { FieldData, VectorField } from './generated/messages.js'
import { columnFromScalars, scalarsFromColumn } from './scalar-column.js'
import { spreadColumn, validDataFromColumn, validRowOffsets } from './valid-data.js'
import { listFromVectorArray, vectorArrayFromList } from './vector-array-column.js'
import { columnFromVectors, vectorsFromColumn } from './vector-column.js'

/**
 * A null becomes the field's default where it has one.
 * @throws parameterInvalid for values of another type or dimension, nulls that may not be, another number of rows
 */
export function columnFromFieldData(field: Field, data: FieldData, rowCount: number): Column {
  const column = presentColumn(field, data)
  const presentRows = rowsIn(column)
  const validData = validDataOf(field, data, column, rowCount)
  const validRows = validData === null ? rowCount : validRowOffsets(validData).length
  if (presentRows !== rowCount && presentRows !== validRows) {
    throw invalidParameter(
      `the num_rows (${presentRows}) of field (${field.name}) is not equal to passed num_rows (${rowCount})`,
      { field: field.name },
    )
  }
  if (validData === null || validRows === rowCount) return column
  return spreadColumn(field, column, presentRows !== rowCount, validData, fillerOf(field))
}

export function fieldDataFromColumn(
  field: Field,
  column: Column,
  rowCount: number,
): MessageInput<'FieldData'> {
  const validData = field.nullable ? validDataFromColumn(column, rowCount) : []
  const isVector = isVectorType(field.dataType)
  return {
    type: field.dataType,
    field_name: field.isDynamic ? dynamicFieldName : field.name,
    field_id: BigInt(field.fieldId),
    is_dynamic: field.isDynamic,
    valid_data: validData,
    scalars: isVector ? null : scalarsFromColumn(field, column, rowCount),
    vectors: isVector ? vectorsOf(field, column, validData, rowCount) : null,
  }
}

/** Of nullable vectors only those that are there. */
function vectorsOf(
  field: Field,
  column: Column,
  validData: readonly boolean[],
  rowCount: number,
): MessageInput<'VectorField'> {
  if (column.shape === 'list') return vectorArrayFromList(field, column, rowCount)
  if (!validData.includes(false)) return vectorsFromColumn(field, column, rowCount)
  const validRows = validRowOffsets(validData)
  return vectorsFromColumn(field, gatherColumn(column, validRows), validRows.length)
}

/** The values that were sent; none were where the message has none, as when all rows are null. */
function presentColumn(field: Field, data: FieldData): Column {
  const isVector = isVectorType(field.dataType)
  const values = isVector ? data.vectors : data.scalars
  const column = isVector
    ? data.vectors && vectorColumn(field, data.vectors)
    : data.scalars && columnFromScalars(field, data.scalars)
  if (column) return column
  const others = isVector ? data.scalars : data.vectors
  if (others || data.struct_arrays || (values && hasOtherValues(values))) {
    throw invalidParameter(`field '${field.name}' is illegal, array type mismatch`, {
      field: field.name,
    })
  }
  return growableColumn(layoutOf(field)).snapshot()
}

function vectorColumn(field: Field, vectors: VectorField): Column | null {
  if (field.dataType !== DataType.ArrayOfVector) return columnFromVectors(field, vectors)
  return vectors.vector_array && listFromVectorArray(field, vectors.vector_array)
}

/** A decoded message has as its own only what was sent. */
function hasOtherValues(values: object): boolean {
  return Object.keys(values).some((key) => key !== 'dim')
}

function rowsIn(column: Column): number {
  return column.shape === 'fixed' ? column.values.length / column.width : column.offsets.length - 1
}

/** null where every row has a value. */
function validDataOf(
  field: Field,
  { valid_data }: FieldData,
  column: Column,
  rowCount: number,
): readonly boolean[] | null {
  if (field.isDynamic) return dynamicValidData(column, rowCount)
  if (valid_data.length === 0) return null
  if (valid_data.length !== rowCount) {
    throw invalidParameter(
      `the length of valid_data of field(${field.name}) is wrong: expected ${rowCount}, got ${valid_data.length}`,
      { field: field.name },
    )
  }
  const row = valid_data.indexOf(false)
  if (row >= 0 && !field.nullable && field.defaultValue === null) {
    throw invalidParameter(`the field (${field.name}) is not nullable, but row ${row} is null`, {
      field: field.name,
      row,
    })
  }
  return valid_data
}

/** A row without dynamic keys may come as no bytes at all. */
function dynamicValidData(column: Column, rowCount: number): readonly boolean[] | null {
  if (column.shape !== 'bytes' || rowsIn(column) !== rowCount) return null
  const { offsets } = column
  return Array.from({ length: rowCount }, (_, row) => offsets[row + 1] > offsets[row])
}

function fillerOf(field: Field): DefaultValue | null {
  return field.isDynamic ? '{}' : field.defaultValue
}
