import type { Column, ColumnBatch } from '../column/column.js'
import type { FilterValues } from '../expr/filter-values.js'
import type { CollectionSchema } from '../schema/collection-schema.js'
import type {
  HybridSearchRequest,
  QueryRequest,
  QueryResult,
  SearchRequest,
  SearchResult,
} from '../search/search-request.js'
import type { WorkerPool } from '../workers/worker-job.js'
import type { AccessCatalog } from './access.js'
import type { AliasCatalog, CollectionChanges, DatabaseCatalog, KeyValues } from './catalog.js'
import type { ImportJobs } from './import-jobs.js'
import type { ResourceGroupCatalog } from './resource-groups.js'
import type { SnapshotCatalog } from './snapshots.js'

export type { ImportProgress } from '../bulk/import-progress.js'
export type { KeyValues } from './catalog.js'

export interface NewCollection {
  readonly dbName: string
  readonly schema: CollectionSchema
  readonly shardsNum: number
  readonly consistencyLevel: number
  readonly properties: KeyValues
  /** Of a collection with a partition key; 0: the default, 16 as in Milvus. */
  readonly numPartitions: number
}

export interface PartitionDescription {
  readonly partitionId: bigint
  readonly name: string
  readonly createdTimestamp: bigint
  /** Per cent, 100 once searches find it, else 0. */
  readonly loadedPercent: number
}

export interface CollectionDescription {
  readonly collectionId: bigint
  readonly dbName: string
  readonly schema: CollectionSchema
  readonly aliases: readonly string[]
  readonly partitions: readonly PartitionDescription[]
  readonly shardsNum: number
  readonly consistencyLevel: number
  readonly properties: KeyValues
  readonly createdTimestamp: bigint
  readonly updatedTimestamp: bigint
  readonly isLoaded: boolean
}

export interface NewIndex {
  readonly dbName: string
  readonly collectionName: string
  readonly fieldName: string
  /** Empty: the field's name. */
  readonly indexName: string
  readonly params: KeyValues
}

export interface IndexDescription {
  readonly indexId: bigint
  readonly name: string
  readonly fieldName: string
  readonly params: KeyValues
  readonly indexedRows: number
  readonly totalRows: number
  readonly pendingRows: number
  /** Why the pending rows stay so; empty: they do not. */
  readonly failure: string
}

/** What a partial update does with the elements that it gives for an Array field: none said, they replace it. */
export type FieldOperation = 'append' | 'remove'
export type FieldOperations = ReadonlyMap<string, FieldOperation>

/** `loading` when a partition asked about is on its way, `loaded` when all are there. */
export type LoadState = 'missing' | 'released' | 'loading' | 'loaded'

export interface Mutation {
  readonly ids: Column
  readonly rowCount: number
  readonly timestamp: bigint
}

export interface FlushResult {
  readonly collectionName: string
  /** Growing segments that the flush sealed. */
  readonly segmentIds: readonly bigint[]
  /** All sealed segments. */
  readonly flushedSegmentIds: readonly bigint[]
  readonly timestamp: bigint
}

export interface StartedCompaction {
  readonly compactionId: bigint
  /** Groups of segments, each of which becomes one. */
  readonly planCount: number
}

export interface CompactionState {
  readonly executing: number
  readonly completed: number
  readonly failed: number
  readonly merged: readonly {
    readonly sources: readonly bigint[]
    /** null: no row was left. */
    readonly target: bigint | null
  }[]
}

export interface SegmentDescription {
  readonly segmentId: bigint
  readonly partitionId: bigint
  readonly isSealed: boolean
  /** Deleted ones too. */
  readonly rowCount: number
  /** Indexes that are still to be built for it. */
  readonly pendingIndexIds: readonly bigint[]
}

/**
 * What a server asks of whatever holds the data. Every method throws MillraceError with the kind that
 * Milvus answers; none knows of protobuf or HTTP.
 */
export interface Engine {
  readonly databases: DatabaseCatalog
  readonly aliases: AliasCatalog
  readonly changes: CollectionChanges
  readonly imports: ImportJobs
  readonly access: AccessCatalog
  readonly resourceGroups: ResourceGroupCatalog
  readonly snapshots: SnapshotCatalog
  /** Threads, also for whoever asks an engine: what takes long is none of the main thread's. */
  readonly pool: WorkerPool

  allocTimestamp(): bigint

  createCollection(collection: NewCollection): Promise<void>
  /** By name or alias, or by id where `collectionName` is empty. @throws collectionNotFound */
  describeCollection(
    dbName: string,
    collectionName: string,
    collectionId?: bigint,
  ): CollectionDescription
  hasCollection(dbName: string, collectionName: string): boolean
  listCollections(dbName: string): CollectionDescription[]
  dropCollection(dbName: string, collectionName: string): Promise<void>
  /** Rows that are visible and not deleted. Empty `partitionName`: of the collection. */
  rowCount(dbName: string, collectionName: string, partitionName: string): Promise<number>

  createPartition(dbName: string, collectionName: string, partitionName: string): Promise<void>
  dropPartition(dbName: string, collectionName: string, partitionName: string): Promise<void>
  hasPartition(dbName: string, collectionName: string, partitionName: string): boolean

  createIndex(index: NewIndex): Promise<void>
  /** Both names may be empty. @throws indexNotFound */
  describeIndex(
    dbName: string,
    collectionName: string,
    fieldName: string,
    indexName: string,
  ): Promise<IndexDescription[]>
  dropIndex(
    dbName: string,
    collectionName: string,
    fieldName: string,
    indexName: string,
  ): Promise<void>

  /** Empty `partitionNames`: all. Ready for searches when it settles. */
  load(dbName: string, collectionName: string, partitionNames: readonly string[]): Promise<void>
  release(dbName: string, collectionName: string, partitionNames: readonly string[]): Promise<void>
  /** How far it is, in per cent of rows. @throws why what was asked to be loaded could not be */
  loadState(
    dbName: string,
    collectionName: string,
    partitionNames: readonly string[],
  ): { readonly state: LoadState; readonly percent: number }

  /** `batch` lacks the auto ids; a field left out of it is null or its default. */
  insert(
    dbName: string,
    collectionName: string,
    partitionName: string,
    batch: ColumnBatch,
  ): Promise<Mutation>
  /**
   * Puts rows in the place of those with their keys, in one step. `batch` has the keys.
   * @param partial what the rows leave out stays as it is, and arrays are changed as it says; null: rows are whole
   */
  upsert(
    dbName: string,
    collectionName: string,
    partitionName: string,
    batch: ColumnBatch,
    partial?: FieldOperations | null,
  ): Promise<Mutation>
  delete(
    dbName: string,
    collectionName: string,
    partitionName: string,
    filter: string,
    filterValues?: FilterValues,
  ): Promise<Mutation>
  flush(dbName: string, collectionName: string): Promise<FlushResult>
  /**
   * Begins to merge small segments and to write those anew that lost many rows, which also happens by
   * itself where it is worth it.
   */
  compact(dbName: string, collectionName: string): Promise<StartedCompaction>
  /** How far a compaction is that somebody began; one that is not known any more has nothing to do. */
  compactionState(compactionId: bigint): CompactionState
  /** Sealed and growing ones with rows. */
  segments(dbName: string, collectionName: string): SegmentDescription[]
  search(request: SearchRequest): Promise<SearchResult>
  hybridSearch(request: HybridSearchRequest): Promise<SearchResult>
  query(request: QueryRequest): Promise<QueryResult>

  close(): Promise<void>
}
