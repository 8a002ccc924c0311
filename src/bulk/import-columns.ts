import { type CollectionSchema, partitionKeyOf, primaryKeyOf } from '../schema/collection-schema.js'
import type { Field } from '../schema/field.js'
import { importOrderField } from '../storage/import-order.js'
import type { Dedupe, ImportMode } from './import-options.js'

/** Which fields an import reads and writes. */
export interface ImportColumns {
  /** Those that files may give. */
  readonly fields: readonly Field[]
  /** Those that no file may give: auto ids, function outputs and rows' numbers. */
  readonly reserved: readonly Field[]
  /** Of the segments that are written. */
  readonly written: readonly Field[]
  /** Whether every row is written with its place in the input. */
  readonly hasOrder: boolean
  /** null: all rows go to one partition. */
  readonly partitionKey: Field | null
  /** null where files give the keys. */
  readonly autoId: Field | null
  /** The field of the rows' numbers; null: there is none. */
  readonly rowNumber: Field | null
}

/**
 * A delete reads the keys alone, which nobody gives but the files.
 * @param rowNumberAs the field of the rows' numbers
 */
export function importColumns(
  schema: CollectionSchema,
  { mode, dedupe }: { readonly mode: ImportMode; readonly dedupe: Dedupe },
  rowNumberAs: string | null = null,
): ImportColumns {
  const pk = primaryKeyOf(schema)
  if (mode === 'delete') {
    const keys = [{ ...pk, autoId: false }]
    const none = { hasOrder: false, partitionKey: null, autoId: null, rowNumber: null }
    return { fields: keys, reserved: [], written: keys, ...none }
  }
  const rowNumber = schema.fields.find(({ name }) => name === rowNumberAs) ?? null
  const isGiven = (field: Field) => !field.autoId && !field.isFunctionOutput && field !== rowNumber
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
    rowNumber,
  }
}
