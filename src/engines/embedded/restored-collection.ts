import type { CapturedSegment } from '../../storage/capture-rows.js'
import type { CollectionRecord, SegmentRecord } from '../../storage/records.js'
import type { RestoredSegment } from '../../storage/snapshot-files.js'
import type { TimestampOracle } from '../../storage/timestamp-oracle.js'

interface RestoredCollection {
  readonly collection: CollectionRecord
  readonly segments: readonly (RestoredSegment & Pick<CapturedSegment, 'deleted'>)[]
}

/** A collection under another name, with ids of its own all through. Rows keep the time when they came. */
export function restoredCollection(
  before: CollectionRecord,
  segments: readonly CapturedSegment[],
  { dbName, collectionName }: { readonly dbName: string; readonly collectionName: string },
  oracle: TimestampOracle,
): RestoredCollection {
  const createdTimestamp = oracle.next()
  const collectionId = oracle.next()
  const partitionIds = new Map(before.partitions.map((each) => [each.partitionId, oracle.next()]))
  const indexIds = new Map(before.indexes.map(({ indexId }) => [indexId, oracle.next()]))
  const collection: CollectionRecord = {
    ...before,
    collectionId,
    dbName,
    schema: { ...before.schema, name: collectionName },
    aliases: [],
    partitions: before.partitions.map((partition) => ({
      ...partition,
      partitionId: partitionIds.get(partition.partitionId)!,
      createdTimestamp,
    })),
    indexes: before.indexes.map((index) => ({
      ...index,
      indexId: indexIds.get(index.indexId)!,
      createdTimestamp,
    })),
    createdTimestamp,
    updatedTimestamp: createdTimestamp,
    loadedPartitionIds: [],
  }
  const restored = segments.map(({ record, deleted }) => {
    const from = withIndexesOf(record, indexIds)
    const indexes = from.indexes.map((index) => ({
      ...index,
      indexId: indexIds.get(index.indexId)!,
    }))
    const partitionId = partitionIds.get(record.partitionId)!
    const next = { ...record, segmentId: oracle.next(), collectionId, partitionId, indexes }
    return { from, record: next, deleted }
  })
  return { collection, segments: restored }
}

/** A segment may still have had an index that the collection had no more. */
function withIndexesOf(
  record: SegmentRecord,
  indexIds: ReadonlyMap<bigint, bigint>,
): SegmentRecord {
  return { ...record, indexes: record.indexes.filter(({ indexId }) => indexIds.has(indexId)) }
}
