/** The FieldData of a struct array ↔ the columns of its sub-fields. */
import type { Column, ListColumn } from '../column/column.js'
import { unevenRows } from '../column/uneven-rows.js'
import { DataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { invalidParameter } from '../schema/invalid-parameter.js'
import { shortNameOf, type UserField } from '../schema/struct-array.js'
import type { MessageInput } from './codec.js'
import { columnFromFieldData, fieldDataFromColumn } from './field-data.js'
import type { FieldData } from './generated/messages.js'

/**
 * The columns by field id.
 * @throws parameterInvalid where a sub-field is missing, unknown, or has another number of elements
 */
export function columnsFromStructData(
  struct: UserField,
  { struct_arrays }: FieldData,
  rowCount: number,
): Map<number, Column> {
  if (!struct_arrays) {
    throw invalidParameter(`field '${struct.name}' is illegal, array type mismatch`, {
      field: struct.name,
    })
  }
  const columns = new Map<number, Column>()
  for (const data of struct_arrays.fields) {
    const field = subFieldOf(struct, data)
    if (columns.has(field.fieldId)) {
      throw invalidParameter(`duplicated field data: ${field.name}`, { field: field.name })
    }
    columns.set(field.fieldId, columnFromFieldData(field, data, rowCount))
  }
  const missing = struct.fields.find(({ fieldId }) => !columns.has(fieldId))
  if (missing) {
    throw invalidParameter(
      `length of fields of struct field mismatch length of the fields in schema, fieldName: ${struct.name}, no data of sub-field ${shortNameOf(missing)}`,
      { field: missing.name },
    )
  }
  checkLengths(struct, columns, rowCount)
  return columns
}

/** @param answers of sub-fields of one struct array */
export function structDataFromColumns(
  answers: readonly { readonly field: Field; readonly column: Column }[],
  rowCount: number,
): MessageInput<'FieldData'> {
  const { fieldId, name } = answers[0].field.struct!
  return {
    type: DataType.ArrayOfStruct,
    field_name: name,
    field_id: BigInt(fieldId),
    struct_arrays: {
      fields: answers.map(({ field, column }) => ({
        ...fieldDataFromColumn(field, column, rowCount),
        field_name: shortNameOf(field),
      })),
    },
  }
}

/** Some clients send the name that a sub-field has outside of its struct. */
function subFieldOf(struct: UserField, { field_name }: FieldData): Field {
  const field = struct.fields.find(
    (each) => shortNameOf(each) === field_name || each.name === field_name,
  )
  if (field) return field
  throw invalidParameter(
    `fieldName ${field_name} not exist in struct array field ${struct.name} of the collection schema`,
    { field: field_name },
  )
}

function checkLengths(
  { fields, name }: UserField,
  columns: ReadonlyMap<number, Column>,
  rowCount: number,
): void {
  const [first, ...others] = fields.map((field) => columns.get(field.fieldId) as ListColumn)
  for (const [index, other] of others.entries()) {
    const [row] = unevenRows(first, other, rowCount)
    if (row === undefined) continue
    const lengths = [first, other].map(({ offsets }) => offsets[row + 1] - offsets[row])
    throw invalidParameter(
      `struct array field ${name}, row ${row}: expected as many elements in each sub-field, got ${lengths[0]} in ${shortNameOf(fields[0])} and ${lengths[1]} in ${shortNameOf(fields[index + 1])}: inconsistent array length`,
      { field: name, row },
    )
  }
}
