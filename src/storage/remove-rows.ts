import type { CollectionParts } from './collection-parts.js'
import type { SegmentRecord } from './records.js'
import type { Edit } from './store.js'

/** Removes segments, and what the log has of them, from the store. */
export type CommitRemoval = (
  segments: readonly SegmentRecord[],
  logged: readonly Edit[],
) => Promise<void>

/** Removes all rows so far; see CollectionRows. Nothing else changes segments meanwhile. */
export async function truncateRows(
  { context, sealed, growing }: CollectionParts,
  commit: CommitRemoval,
): Promise<void> {
  const frozen = growing.freeze()
  const segments = sealed.all()
  await commit(
    segments.map(({ record }) => record),
    growing.forgetEdits(frozen),
  )
  growing.forget(frozen)
  for (const segment of segments) sealed.drop(segment)
  await context.directory.removed()
}

/** As `truncateRows`, of a partition that is dropped. */
export async function dropPartitionRows(
  { context, sealed, growing }: CollectionParts,
  partitionId: bigint,
  commit: CommitRemoval,
): Promise<void> {
  const segments = sealed.in([partitionId])
  const records = segments.map(({ record }) => record)
  try {
    await commit(records, growing.dropPartitionEdits(partitionId))
  } catch (error) {
    growing.undoDrop(partitionId)
    throw error
  }
  growing.dropPartition(partitionId)
  sealed.forgetLoaded([partitionId])
  for (const segment of segments) sealed.drop(segment)
  await context.directory.removed()
}

/**
 * As `truncateRows`, of a collection that is dropped, with the segments of its imports that have not
 * completed.
 * @param onCommitted called as soon as the rows do not count any more
 */
export async function dropCollectionRows(
  parts: CollectionParts,
  commit: (logged: readonly Edit[]) => Promise<void>,
  onCommitted: () => void,
): Promise<void> {
  const { context, sealed, growing } = parts
  const hidden = hiddenIds(parts)
  try {
    await commit(growing.dropEdits())
  } catch (error) {
    growing.undoDrop(null)
    throw error
  }
  onCommitted()
  for (const segment of sealed.all()) sealed.drop(segment)
  for (const segmentId of hidden) context.directory.removeSegment(segmentId)
  growing.drop()
  await context.directory.removed()
}

/** Segments of imports that have not completed. */
function hiddenIds({ context, collectionId }: CollectionParts): bigint[] {
  return context.catalog
    .segments(collectionId)
    .filter(({ taskId }) => taskId !== null)
    .map(({ segmentId }) => segmentId)
}
