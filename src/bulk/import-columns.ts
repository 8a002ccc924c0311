import { type CollectionSchema, partitionKeyOf, primaryKeyOf } from '../schema/collection-schema.js'
import type { Field } from '../schema/field.js'
import { importOrderField } from '../storage/import-order.js'
import type { Dedupe, ImportMode } from './import-options.js'

/** Which fields an import reads and writes. */
export interface ImportColumns {
  /** Those that files may give. */
  readonly fields: readonly Field[]
  /** Those that no file may give: auto ids and function outputs. */
  readonly reserved: readonly Field[]
  /** Of the segments that are written. */
  readonly written: readonly Field[]
  /** Whether every row is written with its place in the input. */
  readonly hasOrder: boolean
  /** null: all rows go to one partition. */
  readonly partitionKey: Field | null
  /** null where files give the keys. */
  readonly autoId: Field | null
}

/** A delete reads the keys alone, which nobody gives but the files. */
export function importColumns(
  schema: CollectionSchema,
  { mode, dedupe }: { readonly mode: ImportMode; readonly dedupe: Dedupe },
): ImportColumns {
  const pk = primaryKeyOf(schema)
  if (mode === 'delete') {
    const keys = [{ ...pk, autoId: false }]
    const none = { reserved: [], hasOrder: false, partitionKey: null, autoId: null }
    return { fields: keys, written: keys, ...none }
  }
  const isGiven = (field: Field) => !field.autoId && !field.isFunctionOutput
  const partitionKey = partitionKeyOf(schema) ?? null
  // Rows with one key may lie in several partitions, which are filled side by side.
  const hasOrder = partitionKey !== null && dedupe !== 'none'
  return {
    fields: schema.fields.filter(isGiven),
    reserved: schema.fields.filter((field) => !isGiven(field)),
    written: hasOrder ? [...schema.fields, importOrderField] : schema.fields,
    hasOrder,
    partitionKey,
    autoId: pk.autoId ? pk : null,
  }
}
