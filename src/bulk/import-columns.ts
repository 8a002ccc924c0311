import { type CollectionSchema, partitionKeyOf, primaryKeyOf } from '../schema/collection-schema.js'
import type { Field } from '../schema/field.js'
import type { ImportMode } from './import-options.js'

/** Which fields an import reads and writes. */
export interface ImportColumns {
  /** Those that files may give. */
  readonly fields: readonly Field[]
  /** Those that no file may give: auto ids and function outputs. */
  readonly reserved: readonly Field[]
  /** Of the segments that are written. */
  readonly written: readonly Field[]
  /** null: all rows go to one partition. */
  readonly partitionKey: Field | null
  /** null where files give the keys. */
  readonly autoId: Field | null
}

/** A delete reads the keys alone, which nobody gives but the files. */
export function importColumns(schema: CollectionSchema, mode: ImportMode): ImportColumns {
  const pk = primaryKeyOf(schema)
  if (mode === 'delete') {
    const keys = [{ ...pk, autoId: false }]
    return { fields: keys, reserved: [], written: keys, partitionKey: null, autoId: null }
  }
  const isGiven = (field: Field) => !field.autoId && !field.isFunctionOutput
  return {
    fields: schema.fields.filter(isGiven),
    reserved: schema.fields.filter((field) => !isGiven(field)),
    written: schema.fields,
    partitionKey: partitionKeyOf(schema) ?? null,
    autoId: pk.autoId ? pk : null,
  }
}
