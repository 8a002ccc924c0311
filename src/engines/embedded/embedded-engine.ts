import type { ColumnBatch } from '../../column/column.js'
import { MillraceError } from '../../errors.js'
import type { FilterValues } from '../../expr/filter-values.js'
import { createFiniteChecks } from '../../kernels/finite-checks.js'
import type {
  HybridSearchRequest,
  QueryRequest,
  QueryResult,
  SearchRequest,
  SearchResult,
} from '../../search/search-request.js'
import { AccessRecords } from '../../storage/access-records.js'
import { DataDirectory } from '../../storage/data-directory.js'
import type { RowsContext } from '../../storage/rows-context.js'
import { Serial } from '../../util/serial.js'
import type { WorkerPool } from '../../workers/worker-job.js'
import type {
  CollectionDescription,
  CompactionState,
  Engine,
  FieldOperations,
  FlushResult,
  IndexDescription,
  LoadState,
  Mutation,
  NewCollection,
  NewIndex,
  SegmentDescription,
  StartedCompaction,
} from '../engine.js'
import { Access } from './access/access.js'
import { Aliases } from './aliases.js'
import { Alterations } from './alterations.js'
import { checkDrop, checkLoadedPartitions, checkPartitionDrop } from './catalog-checks.js'
import { Collections } from './collections.js'
import { Databases } from './databases.js'
import { deleteRows } from './deletes.js'
import { describeCollection } from './describe-collection.js'
import type { EmbeddedEngineOptions } from './engine-options.js'
import { Imports } from './imports.js'
import { checkLoadable, describeIndex, indexesNamed, withIndex, withoutIndex } from './indexes.js'
import { insertRows, type MutationContext, upsertRows } from './mutations.js'
import { openContext } from './open-context.js'
import { partitionIdsOf } from './partitions-named.js'
import { Reads } from './reads.js'
import { ResourceGroups } from './resource-groups.js'
import { Snapshots } from './snapshots.js'

/** The database in one process over one data directory. */
export class EmbeddedEngine implements Engine {
  readonly databases: Databases
  readonly aliases: Aliases
  readonly changes: Alterations
  readonly imports: Imports
  readonly access: Access
  readonly resourceGroups: ResourceGroups
  readonly snapshots: Snapshots
  readonly #context: RowsContext
  readonly #collections: Collections
  readonly #reads: Reads
  readonly #mutations: MutationContext
  /** One after the other, so that none takes up values that another is about to change. */
  readonly #partialUpdates = new Serial()

  private constructor(
    context: RowsContext,
    collections: Collections,
    imports: Imports,
    snapshots: Snapshots,
  ) {
    this.databases = new Databases(context, collections)
    this.aliases = new Aliases(context.catalog, collections)
    this.changes = new Alterations(context.catalog, collections)
    this.imports = imports
    const records = new AccessRecords(context.directory.store)
    this.access = new Access(records)
    this.resourceGroups = new ResourceGroups(records)
    this.snapshots = snapshots
    this.#context = context
    this.#collections = collections
    this.#reads = new Reads(context, collections)
    this.#mutations = { oracle: context.oracle, checks: createFiniteChecks() }
  }

  /** @throws serviceUnavailable when another server owns the data directory */
  static async open(options: EmbeddedEngineOptions): Promise<EmbeddedEngine> {
    const directory = await DataDirectory.open(options.dataPath)
    try {
      return EmbeddedEngine.#over(directory, options)
    } catch (error) {
      await directory.close()
      throw error
    }
  }

  static #over(directory: DataDirectory, options: EmbeddedEngineOptions): EmbeddedEngine {
    const { log } = options
    const context = openContext(directory, options)
    const collections = new Collections(context)
    collections.loads.reload((collection, error) =>
      log.error('a collection could not be loaded again', { collection, error }),
    )
    const snapshots = new Snapshots(context, collections)
    const swept = snapshots.sweep()
    if (swept.length > 0) log.info('removed files that nothing names', { files: swept })
    snapshots
      .dropOrphans()
      .catch((error) => log.error('snapshots of a dropped collection are still there', { error }))
    const imports = Imports.open(context, collections, options)
    return new EmbeddedEngine(context, collections, imports, snapshots)
  }

  get pool(): WorkerPool {
    return this.#context.pool
  }

  allocTimestamp(): bigint {
    return this.#context.oracle.next()
  }

  async createCollection(collection: NewCollection): Promise<void> {
    await this.#collections.create(collection)
  }

  describeCollection(
    dbName: string,
    collectionName: string,
    collectionId?: bigint,
  ): CollectionDescription {
    if (collectionName !== '' || collectionId === undefined) {
      return describeCollection(this.#collections.named(dbName, collectionName).record)
    }
    const open = this.#collections.withId(collectionId)
    if (open) return describeCollection(open.record)
    throw new MillraceError(
      'collectionNotFound',
      `collection not found[collection=${collectionId}]`,
    )
  }

  hasCollection(dbName: string, collectionName: string): boolean {
    return this.#collections.find(dbName, collectionName) !== undefined
  }

  listCollections(dbName: string): CollectionDescription[] {
    return this.#collections.list(dbName).map(describeCollection)
  }

  async dropCollection(dbName: string, collectionName: string): Promise<void> {
    const record = this.#collections.find(dbName, collectionName)
    if (!record) return // Milvus: dropping a collection that is not there is no error.
    checkDrop(record, collectionName)
    await this.imports.abandon(record.collectionId, null, `collection ${collectionName} dropped`)
    await this.#collections.drop(dbName, collectionName)
    await this.snapshots.dropOf(record.collectionId)
  }

  async rowCount(dbName: string, collectionName: string, partitionName: string): Promise<number> {
    const { record, rows } = this.#collections.named(dbName, collectionName)
    return rows.rowCount(partitionIdsOf(record, partitionName ? [partitionName] : []))
  }

  async createPartition(
    dbName: string,
    collectionName: string,
    partitionName: string,
  ): Promise<void> {
    await this.#collections.createPartition(dbName, collectionName, partitionName)
  }

  async dropPartition(
    dbName: string,
    collectionName: string,
    partitionName: string,
  ): Promise<void> {
    const { record } = this.#collections.named(dbName, collectionName)
    checkPartitionDrop(record, partitionName)
    const partition = record.partitions.find(({ name }) => name === partitionName)
    if (!partition) return // Milvus: as with collections.
    const reason = `partition ${partitionName} dropped`
    await this.imports.abandon(record.collectionId, partition.partitionId, reason)
    await this.#collections.dropPartition(dbName, collectionName, partitionName)
  }

  hasPartition(dbName: string, collectionName: string, partitionName: string): boolean {
    const { record } = this.#collections.named(dbName, collectionName)
    return record.partitions.some(({ name }) => name === partitionName)
  }

  async createIndex(index: NewIndex): Promise<void> {
    await this.#collections.changeIndexes(index.dbName, index.collectionName, (record) =>
      withIndex(record, index, this.#context.oracle),
    )
  }

  async describeIndex(
    dbName: string,
    collectionName: string,
    fieldName: string,
    indexName: string,
  ): Promise<IndexDescription[]> {
    const { record, rows } = this.#collections.named(dbName, collectionName)
    const indexes = indexesNamed(record, fieldName, indexName)
    if (indexes.length === 0) {
      throw new MillraceError(
        'indexNotFound',
        `index not found[collection=${collectionName}][index=${indexName}]`,
      )
    }
    const rowCount = await rows.rowCount(partitionIdsOf(record, []))
    return indexes.map((index) =>
      describeIndex(record, index, rowCount, rows.indexProgress(index.indexId)),
    )
  }

  async dropIndex(
    dbName: string,
    collectionName: string,
    fieldName: string,
    indexName: string,
  ): Promise<void> {
    await this.#collections.changeIndexes(dbName, collectionName, (record) =>
      withoutIndex(record, fieldName, indexName),
    )
  }

  async load(
    dbName: string,
    collectionName: string,
    partitionNames: readonly string[],
  ): Promise<void> {
    const { record } = this.#collections.named(dbName, collectionName)
    checkLoadedPartitions(record, 'load', partitionNames)
    checkLoadable(record)
    await this.#collections.loads.load(dbName, collectionName, partitionNames)
  }

  async release(
    dbName: string,
    collectionName: string,
    partitionNames: readonly string[],
  ): Promise<void> {
    const { record } = this.#collections.named(dbName, collectionName)
    checkLoadedPartitions(record, 'release', partitionNames)
    await this.#collections.loads.release(dbName, collectionName, partitionNames)
  }

  loadState(
    dbName: string,
    collectionName: string,
    partitionNames: readonly string[],
  ): { readonly state: LoadState; readonly percent: number } {
    const record = this.#collections.find(dbName, collectionName)
    if (!record) return { state: 'missing', percent: 0 }
    const asked = partitionNames.length > 0 ? partitionIdsOf(record, partitionNames) : null
    return this.#collections.loads.stateOf(record, asked)
  }

  async insert(
    dbName: string,
    collectionName: string,
    partitionName: string,
    batch: ColumnBatch,
  ): Promise<Mutation> {
    const open = this.#collections.named(dbName, collectionName)
    return insertRows(this.#mutations, open, partitionName, batch)
  }

  async upsert(
    dbName: string,
    collectionName: string,
    partitionName: string,
    batch: ColumnBatch,
    partial: FieldOperations | null = null,
  ): Promise<Mutation> {
    const open = this.#collections.named(dbName, collectionName)
    const upsert = () => upsertRows(this.#mutations, open, partitionName, batch, partial)
    return partial ? this.#partialUpdates.run(upsert) : upsert()
  }

  async delete(
    dbName: string,
    collectionName: string,
    partitionName: string,
    filter: string,
    filterValues?: FilterValues,
  ): Promise<Mutation> {
    const open = this.#collections.named(dbName, collectionName)
    return deleteRows(open, partitionName, filter, filterValues)
  }

  async flush(dbName: string, collectionName: string): Promise<FlushResult> {
    const { rows } = this.#collections.named(dbName, collectionName)
    const sealed = await rows.flush()
    return {
      collectionName,
      segmentIds: sealed.map(({ segmentId }) => segmentId),
      flushedSegmentIds: rows.segmentIds(),
      timestamp: this.#context.oracle.next(),
    }
  }

  segments(dbName: string, collectionName: string): SegmentDescription[] {
    return this.#collections.named(dbName, collectionName).rows.segments()
  }

  async compact(dbName: string, collectionName: string): Promise<StartedCompaction> {
    const { rows } = this.#collections.named(dbName, collectionName)
    const compactionId = this.#context.oracle.next()
    const { executing } = await this.#context.compactor.start(compactionId, rows)
    return { compactionId, planCount: executing }
  }

  compactionState(compactionId: bigint): CompactionState {
    const none = { executing: 0, completed: 0, failed: 0, merged: [] }
    return this.#context.compactor.state(compactionId) ?? none
  }

  search(request: SearchRequest): Promise<SearchResult> {
    return this.#reads.search(request)
  }

  hybridSearch(request: HybridSearchRequest): Promise<SearchResult> {
    return this.#reads.hybridSearch(request)
  }

  query(request: QueryRequest): Promise<QueryResult> {
    return this.#reads.query(request)
  }

  async close(): Promise<void> {
    await this.imports.close()
    await this.snapshots.close()
    await this.#context.builder.close()
    await this.#context.compactor.close()
    await this.#collections.close()
    await this.#context.pool.close()
    await this.#context.oracle.close()
    await this.#context.directory.close()
  }
}
