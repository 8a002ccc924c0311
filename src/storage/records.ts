import type { CollectionSchema } from '../schema/collection-schema.js'
import type { SegmentFile } from '../segment/segment-file.js'
import type { InsertRun } from './insert-times.js'

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

export interface DatabaseRecord {
  readonly databaseId: bigint
  readonly name: string
  readonly properties: readonly (readonly [key: string, value: string])[]
  readonly createdTimestamp: bigint
}

export interface CollectionRecord {
  readonly collectionId: bigint
  readonly dbName: string
  readonly schema: CollectionSchema
  /** The highest id that a field has had: none is given twice. */
  readonly lastFieldId: number
  readonly aliases: readonly string[]
  readonly partitions: readonly PartitionRecord[]
  readonly indexes: readonly IndexRecord[]
  readonly properties: readonly (readonly [key: string, value: string])[]
  readonly shardsNum: number
  readonly consistencyLevel: number
  readonly createdTimestamp: bigint
  /** When the schema, the name or the properties changed last: what SDKs hold their copies to. */
  readonly updatedTimestamp: bigint
  /** Partitions that searches may use; loaded again at start. */
  readonly loadedPartitionIds: readonly bigint[]
}

/** An index of one segment: a file of its own. */
export interface BuiltIndex {
  readonly indexId: bigint
  readonly fieldId: number
  readonly byteLength: number
  /** CRC-32 of the file. */
  readonly checksum: number
}

/** One sealed segment. While `taskId` is set it belongs to an import that has not completed: hidden. */
export interface SegmentRecord {
  readonly segmentId: bigint
  readonly collectionId: bigint
  readonly partitionId: bigint
  /** Deletes with a later timestamp touch its rows, earlier ones do not. */
  readonly timestamp: bigint
  /** When its rows came; null: all at `timestamp`. */
  readonly insertRuns: readonly InsertRun[] | null
  readonly taskId: bigint | null
  readonly schemaVersion: number
  readonly file: SegmentFile
  /** Indexes that are built; those too small to need one have none. */
  readonly indexes: readonly BuiltIndex[]
}
