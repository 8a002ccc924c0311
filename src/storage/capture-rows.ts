import type { CollectionParts } from './collection-parts.js'
import type { CollectionRecord, SegmentRecord } from './records.js'
import { sealGrowing } from './seal.js'
import { sealRows } from './seal-rows.js'
import type { SealedSegment } from './sealed-segment.js'

/** A segment, and which of its rows are deleted, a set bit each; null: none is. */
export interface CapturedSegment {
  readonly record: SegmentRecord
  readonly deleted: Uint8Array | null
}

/** A collection as it was at one moment. */
export interface CapturedRows {
  readonly collection: CollectionRecord
  readonly segments: readonly CapturedSegment[]
}

/**
 * Gives `keep` all rows of one moment: later deletes and inserts are out of it alike, so that an upsert is
 * in it whole or not at all. Nothing else changes segments meanwhile.
 */
export async function captureRows(
  parts: CollectionParts,
  keep: (rows: CapturedRows) => Promise<void>,
): Promise<void> {
  const { context, collectionId, schema, sealed, growing } = parts
  await sealRows(parts)
  do await sealed.resolveDeletes()
  while (!sealed.all().every((segment) => segment.deletes.resolve(Number.POSITIVE_INFINITY)))
  // The moment: until the growing rows are looked at, nothing is waited for.
  const collection = context.catalog.collection(collectionId)!
  const segments = sealed.all().map(capturedFrom)
  const written = await sealGrowing(context, schema, growing.all())
  try {
    const late = written.map(({ record }) => ({ record, deleted: null }))
    await keep({ collection, segments: [...segments, ...late] })
  } finally {
    for (const { record } of written) context.directory.removeSegment(record.segmentId)
  }
}

/** A damaged index is left out: it is built anew. */
function capturedFrom(segment: SealedSegment): CapturedSegment {
  const { record } = segment
  const indexes = record.indexes.filter(({ indexId }) => segment.hasIndex(indexId))
  return { record: { ...record, indexes }, deleted: segment.deletes.rows }
}
