import type { CollectionSchema } from '../../dist/schema/collection-schema.js'
import type { DataType } from '../../dist/schema/data-type.js'
import { type Field, plainField } from '../../dist/schema/field.js'

/** A field with everything that `more` does not say left out. */
export function field(
  fieldId: number,
  name: string,
  dataType: DataType,
  more: Partial<Field> = {},
): Field {
  return { ...plainField(fieldId, name, dataType), ...more }
}

export function schemaOf(name: string, fields: readonly Field[]): CollectionSchema {
  return {
    name,
    description: '',
    fields,
    enableDynamicField: fields.some(({ isDynamic }) => isDynamic),
    version: 1,
  }
}
