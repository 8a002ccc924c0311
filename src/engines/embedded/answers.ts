import { type CollectionSchema, primaryKeyOf } from '../../schema/collection-schema.js'
import type { Field } from '../../schema/field.js'
import type { RowRef } from '../../search/row-ref.js'
import { cutDynamicKeys } from '../../search/rows/dynamic-keys.js'
import { gatherField, gatherKeys } from '../../search/rows/gather.js'
import type { OutputFields } from '../../search/rows/output-fields.js'
import type { OutputField } from '../../search/search-request.js'
import type { SegmentView } from '../../search/segment-view.js'

export async function answerOf(
  schema: CollectionSchema,
  views: readonly SegmentView[],
  rows: readonly RowRef[],
  output: OutputFields,
) {
  const primaryKey = primaryKeyOf(schema)
  const fields = await gatherFields(views, rows, output)
  const keys = fields.find(({ field }) => field === primaryKey)?.column
  return {
    collectionName: schema.name,
    primaryFieldName: primaryKey.name,
    ids: keys ?? (await gatherKeys(views, rows, schema)),
    fields,
    outputFieldNames: output.names,
  }
}

export function gatherFields(
  views: readonly SegmentView[],
  rows: readonly RowRef[],
  { fields, dynamicKeys }: OutputFields,
): Promise<OutputField[]> {
  const gathered = fields.map(async (field): Promise<OutputField> => {
    const answer = await outputField(views, rows, field)
    const { column } = answer
    if (!field.isDynamic || dynamicKeys === null || column.shape !== 'bytes') return answer
    return { ...answer, column: cutDynamicKeys(column, rows.length, dynamicKeys) }
  })
  return Promise.all(gathered)
}

async function outputField(
  views: readonly SegmentView[],
  rows: readonly RowRef[],
  field: Field,
): Promise<OutputField> {
  return { field, column: await gatherField(views, rows, field), rowCount: rows.length }
}
