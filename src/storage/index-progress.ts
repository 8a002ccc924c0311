import type { CollectionParts } from './collection-parts.js'
import { isWorthBuilding, wantedIndexes } from './wanted-indexes.js'

export interface IndexProgress {
  readonly indexedRows: number
  readonly totalRows: number
  /** Why it does not go on; empty: it does, or is done. */
  readonly failure: string
}

/** Rows of a segment that needs no index count as indexed, as in Milvus. */
export function indexProgressOf(
  { context, collectionId, sealed }: CollectionParts,
  indexId: bigint,
): IndexProgress {
  const { builder, catalog } = context
  const record = catalog.collection(collectionId)
  const wanted = record && wantedIndexes(record).find((index) => index.indexId === indexId)
  let indexedRows = 0
  let totalRows = 0
  let failure = ''
  for (const segment of sealed.all()) {
    const { rowCount } = segment
    const { segmentId } = segment.record
    totalRows += rowCount
    if (!wanted || !isWorthBuilding(wanted, rowCount) || segment.hasIndex(indexId)) {
      indexedRows += rowCount
      continue
    }
    // All of them only when the index is there.
    indexedRows += Math.min(rowCount - 1, builder.rowsDone(segmentId, indexId))
    failure ||= builder.failure(segmentId, indexId) ?? ''
  }
  return { indexedRows, totalRows, failure }
}
