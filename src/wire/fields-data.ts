import type { Column, ColumnBatch } from '../column/column.js'
import { type CollectionSchema, dynamicFieldName, fieldNamed } from '../schema/collection-schema.js'
import type { Field } from '../schema/field.js'
import { invalidParameter } from '../schema/invalid-parameter.js'
import { bytesColumnFromStrings } from './bytes-column.js'
import { columnFromFieldData } from './field-data.js'
import type { FieldData } from './generated/messages.js'

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
  for (const data of fieldsData) {
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

function fieldOf(schema: CollectionSchema, { field_name, is_dynamic }: FieldData): Field {
  const name = is_dynamic ? dynamicFieldName : field_name
  const field = fieldNamed(schema, name)
  if (field) return field
  if (name === dynamicFieldName) throw invalidParameter('without dynamic schema enabled')
  throw invalidParameter(`fieldName ${name} not exist in collection schema`, { field: name })
}
