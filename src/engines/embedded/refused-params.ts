import { storedSpecOf } from '../../indexes/index-spec.js'
import { isDenseVectorType } from '../../schema/data-type.js'
import type { Catalog } from '../../storage/catalog.js'
import type { CollectionRecord, IndexRecord } from '../../storage/records.js'
import type { EngineLog } from './engine-options.js'

/** Says in the log which indexes an older release created with parameters that are refused by now. */
export function tellRefusedParams(catalog: Catalog, log: EngineLog): void {
  for (const record of catalog.allCollections()) {
    for (const index of record.indexes) tellRefused(record, index, log)
  }
}

function tellRefused(
  { dbName, schema }: CollectionRecord,
  index: IndexRecord,
  log: EngineLog,
): void {
  const field = schema.fields.find(({ fieldId }) => fieldId === index.fieldId)
  if (!field || !isDenseVectorType(field.dataType)) return
  const named = { database: dbName, collection: schema.name, index: index.name }
  try {
    storedSpecOf(field, index.params, ({ message }) =>
      log.info('a parameter of an index is refused by now, and counts as left out', {
        ...named,
        refused: message,
      }),
    )
  } catch (error) {
    log.error('an index is refused by now, and its collection cannot be searched', {
      ...named,
      error,
    })
  }
}
