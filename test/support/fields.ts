import type { CollectionSchema } from '../../dist/schema/collection-schema.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'

/** A field with everything that `more` does not say left out. */
export function field(
  fieldId: number,
  name: string,
  dataType: DataType,
  more: Partial<Field> = {},
): Field {
  return {
    fieldId,
    name,
    description: '',
    dataType,
    elementType: DataType.None,
    isPrimaryKey: false,
    autoId: false,
    isPartitionKey: false,
    isClusteringKey: false,
    isDynamic: false,
    isFunctionOutput: false,
    nullable: false,
    defaultValue: null,
    dim: 0,
    maxLength: 0,
    maxCapacity: 0,
    typeParams: {},
    ...more,
  }
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
