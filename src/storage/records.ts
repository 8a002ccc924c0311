import type { CollectionSchema } from '../schema/collection-schema.js'
import type { SegmentFile } from '../segment/segment-file.js'

/** Ids and timestamps come from the one oracle. */
export interface PartitionRecord {
  readonly partitionId: bigint
  readonly name: string
  readonly createdTimestamp: bigint
}

export interface IndexRecord {
  readonly indexId: bigint
  readonly name: string
  readonly fieldId: number
  /** As given: index_type, metric_type, params, … */
  readonly params: readonly (readonly [key: string, value: string])[]
  readonly createdTimestamp: bigint
}

export interface CollectionRecord {
  readonly collectionId: bigint
  readonly dbName: string
  readonly schema: CollectionSchema
  readonly partitions: readonly PartitionRecord[]
  readonly indexes: readonly IndexRecord[]
  readonly properties: readonly (readonly [key: string, value: string])[]
  readonly shardsNum: number
  readonly consistencyLevel: number
  readonly createdTimestamp: bigint
  readonly updatedTimestamp: bigint
  /** Partitions that searches may use; loaded again at start. */
  readonly loadedPartitionIds: readonly bigint[]
}

/** One sealed segment. While `taskId` is set it belongs to an import that has not completed: hidden. */
export interface SegmentRecord {
  readonly segmentId: bigint
  readonly collectionId: bigint
  readonly partitionId: bigint
  /** Deletes with a later timestamp touch its rows, earlier ones do not. */
  readonly timestamp: bigint
  readonly taskId: bigint | null
  readonly schemaVersion: number
  readonly file: SegmentFile
}
