import type { Column, ColumnBatch } from '../column/column.js'
import { type CollectionSchema, dynamicFieldName, fieldNamed } from '../schema/collection-schema.js'
import type { Field } from '../schema/field.js'
import { invalidParameter } from '../schema/invalid-parameter.js'
import { type UserField, userFieldsOf } from '../schema/struct-array.js'
import { bytesColumnFromStrings } from './bytes-column.js'
import { columnFromFieldData } from './field-data.js'
import type { FieldData } from './generated/messages.js'
import { columnsFromStructData } from './struct-data.js'

/**
 * The rows of an Insert. A field that was not sent is left out, for the engine to fill or to ask for;
 * `$meta` is always there where dynamic fields are enabled.
 * @throws parameterInvalid
 */
export function batchFromFieldsData(
  fieldsData: readonly FieldData[],
  schema: CollectionSchema,
  rowCount: number,
): ColumnBatch {
  const columns = new Map<number, Column>()
  const structs = userFieldsOf(schema.fields).filter(({ struct }) => struct)
  for (const data of fieldsData) {
    const struct = structs.find(({ name }) => name === data.field_name)
    if (struct) {
      addStruct(columns, struct, data, rowCount)
      continue
    }
    const field = fieldOf(schema, data)
    if (columns.has(field.fieldId)) throw invalidParameter(`duplicated field data: ${field.name}`)
    columns.set(field.fieldId, columnFromFieldData(field, data, rowCount))
  }
  const dynamic = fieldNamed(schema, dynamicFieldName)
  if (dynamic && !columns.has(dynamic.fieldId)) {
    columns.set(dynamic.fieldId, bytesColumnFromStrings(new Array(rowCount).fill('{}')))
  }
  return { rowCount, columns }
}

function addStruct(
  columns: Map<number, Column>,
  struct: UserField,
  data: FieldData,
  rowCount: number,
): void {
  if (columns.has(struct.fields[0].fieldId)) {
    throw invalidParameter(`duplicated field data: ${struct.name}`)
  }
  for (const [fieldId, column] of columnsFromStructData(struct, data, rowCount)) {
    columns.set(fieldId, column)
  }
}

function fieldOf(schema: CollectionSchema, { field_name, is_dynamic }: FieldData): Field {
  const name = is_dynamic ? dynamicFieldName : field_name
  const field = fieldNamed(schema, name)
  if (field?.struct) {
    throw invalidParameter(
      `sub-field ${name} cannot be given by itself: expected the whole struct array field ${field.struct.name}`,
      { field: name },
    )
  }
  if (field) return field
  if (name === dynamicFieldName) throw invalidParameter('without dynamic schema enabled')
  throw invalidParameter(`fieldName ${name} not exist in collection schema`, { field: name })
}
