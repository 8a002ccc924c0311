import type { Field } from './field.js'

export const dynamicFieldName = '$meta'
export const defaultPartitionName = '_default'
/** User fields start here, as in Milvus, which keeps 0 (row id) and 1 (timestamp) for itself. */
export const firstFieldId = 100

/** A collection's schema, checked. `fields` ends with `$meta` where dynamic fields are enabled. */
export interface CollectionSchema {
  readonly name: string
  readonly description: string
  readonly fields: readonly Field[]
  readonly enableDynamicField: boolean
  /** Rises with every change of the fields. */
  readonly version: number
}

export function primaryKeyOf(schema: CollectionSchema): Field {
  return schema.fields.find((field) => field.isPrimaryKey)!
}

export function partitionKeyOf(schema: CollectionSchema): Field | undefined {
  return schema.fields.find((field) => field.isPartitionKey)
}

export function fieldNamed(schema: CollectionSchema, name: string): Field | undefined {
  return schema.fields.find((field) => field.name === name)
}
