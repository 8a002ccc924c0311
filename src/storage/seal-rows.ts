import type { CollectionParts } from './collection-parts.js'
import type { FrozenRows } from './growing-rows.js'
import type { SegmentRecord } from './records.js'
import type { ResidentVectors } from './resident-vectors.js'
import { deletedSince, sealGrowing } from './seal.js'
import { deletionEdit, releasingOnError } from './sealed-segments.js'

/**
 * Growing rows become segments, and the log lets go of them and of the deletes so far, in one
 * transaction. Rows that are deleted while the files are written stay in the log and are marked after.
 * @returns the new segments
 */
export async function sealRows(parts: CollectionParts): Promise<SegmentRecord[]> {
  const { context, schema, sealed, growing } = parts
  const frozen = growing.freeze()
  const written = await sealGrowing(context, schema, frozen.segments)
  const records = written.map(({ record }) => record)
  const vectors = await commitSeal(parts, records, frozen)
  for (const { record, growing: segment, rowOffsets } of written) {
    const start = {
      vectors: vectors.get(record.segmentId) ?? null,
      deleted: deletedSince(segment, rowOffsets),
      areDeletesStored: false,
    }
    sealed.add(sealed.segmentOf(record, start))
  }
  growing.forget(frozen)
  return records
}

/** Until they are stored, the files are nobody's and go when something fails. @returns what is loaded */
async function commitSeal(
  parts: CollectionParts,
  records: readonly SegmentRecord[],
  frozen: FrozenRows,
): Promise<Map<bigint, ResidentVectors>> {
  const { context, schema, sealed } = parts
  try {
    const vectors = await sealed.loadAhead(records, schema)
    await releasingOnError(vectors, () => storeSeal(parts, records, frozen))
    return vectors
  } catch (error) {
    for (const { segmentId } of records) context.directory.removeSegment(segmentId)
    throw error
  }
}

/** Stores the sealed segments and all deletes that the log lets go of. */
async function storeSeal(
  { context, sealed, growing }: CollectionParts,
  records: readonly SegmentRecord[],
  frozen: FrozenRows,
): Promise<void> {
  await sealed.resolveDeletes()
  const dirty = sealed.all().filter(({ deletes }) => deletes.unstored)
  const stored = dirty.map((segment) => ({ segment, deleted: segment.deletes.unstored! }))
  const deletions = stored.map(({ segment, deleted }) =>
    deletionEdit(segment.record.segmentId, deleted),
  )
  const edits = [...growing.forgetEdits(frozen), ...deletions]
  await context.catalog.editSegments(records, [], edits)
  for (const { segment, deleted } of stored) segment.deletes.noteStored(deleted)
}
