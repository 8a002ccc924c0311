import { MillraceError, millraceErrorFrom } from '../../errors.js'
import {
  type CollectionSchema,
  defaultPartitionName,
  partitionKeyOf,
} from '../../schema/collection-schema.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import type { Catalog } from '../../storage/catalog.js'
import { CollectionRows } from '../../storage/collection-rows.js'
import type { CollectionRecord, PartitionRecord, SegmentRecord } from '../../storage/records.js'
import type { RowsContext } from '../../storage/rows-context.js'
import type { Edit } from '../../storage/store.js'
import { Serial } from '../../util/serial.js'
import type { NewCollection } from '../engine.js'
import { checkDrop, checkPartitionDrop, isNewCollection, isNewPartition } from './catalog-checks.js'
import { loadStateOf } from './load-state.js'
import { partitionIdsOf } from './partitions-named.js'
import { type PendingLoad, PendingLoads } from './pending-loads.js'
import { timeToLiveMs } from './time-to-live.js'
import { withTimeZone } from './time-zone.js'

/** Of a collection with a partition key that does not say how many it wants: as in Milvus. */
const partitionKeyPartitions = 16
/** Milvus: rootCoord.maxPartitionNum. */
const partitionsMax = 1024

/** A collection: what the catalog says of it, and its rows. */
export interface OpenCollection {
  readonly record: CollectionRecord
  readonly rows: CollectionRows
}

/** All collections, their partitions, and which of them are loaded. Changes come one after the other. */
export class Collections {
  readonly #context: RowsContext
  readonly #rows = new Map<bigint, CollectionRows>()
  readonly #changes = new Serial()
  /** Collections that are loaded again after a start; gone when that is done. */
  readonly #loading = new Map<bigint, Promise<void>>()
  /** Loads that were asked for since. */
  readonly loads = new PendingLoads()
  /** Why collections that were loaded could not be loaded again. */
  readonly #faults = new Map<bigint, MillraceError>()

  constructor(context: RowsContext) {
    this.#context = context
    for (const record of context.catalog.allCollections()) this.#open(record)
  }

  get #catalog(): Catalog {
    return this.#context.catalog
  }

  /** Begins to load what was loaded before the last stop; searches wait for it. */
  reload(onError: (collectionName: string, error: unknown) => void): void {
    for (const { collectionId, loadedPartitionIds, schema } of this.#catalog.allCollections()) {
      const rows = this.#rows.get(collectionId)!
      if (rows.fault) onError(schema.name, rows.fault)
      if (rows.fault || loadedPartitionIds.length === 0) continue
      const loading = rows
        .load(loadedPartitionIds)
        .catch((error) => {
          this.#faults.set(collectionId, loadError(schema.name, error))
          onError(schema.name, error)
        })
        .finally(() => this.#loading.delete(collectionId))
      this.#loading.set(collectionId, loading)
    }
  }

  /** @throws what went wrong, until the collection is loaded anew or released */
  async reloaded(collectionId: bigint): Promise<void> {
    await this.#loading.get(collectionId)
    this.#throwFault(collectionId)
  }

  /**
   * @param askedIds partitions; null: the collection as a whole
   * @throws why what is asked about could not be loaded
   */
  loadState({ collectionId, loadedPartitionIds }: CollectionRecord, askedIds: bigint[] | null) {
    const isReloading = this.#loading.has(collectionId)
    const isThere = !isReloading && !this.#faults.has(collectionId)
    const state = loadStateOf({
      loadedIds: new Set(isThere ? loadedPartitionIds : []),
      loadingIds: isReloading ? new Set(loadedPartitionIds) : this.loads.partitionIds(collectionId),
      askedIds,
      progressOf: (ids) => this.#rows.get(collectionId)!.loadProgress(ids),
    })
    if (state.state === 'released') {
      const asked = askedIds ?? loadedPartitionIds
      if (asked.every((id) => loadedPartitionIds.includes(id))) this.#throwFault(collectionId)
      this.loads.throwFailure(collectionId)
    }
    return state
  }

  #throwFault(collectionId: bigint): void {
    const fault = this.#faults.get(collectionId)
    if (fault) throw fault
  }

  /** @throws collectionNotFound */
  named(dbName: string, name: string): OpenCollection {
    const record = this.#catalog.collectionNamed(dbName, name)
    return { record, rows: this.#rows.get(record.collectionId)! }
  }

  find(dbName: string, name: string): CollectionRecord | undefined {
    return this.#catalog.findCollection(dbName, name)
  }

  withId(collectionId: bigint): OpenCollection | undefined {
    const record = this.#catalog.collection(collectionId)
    return record && { record, rows: this.#rows.get(collectionId)! }
  }

  list(dbName: string): CollectionRecord[] {
    return this.#catalog.collections(dbName)
  }

  /** The same collection once more is no error, as in Milvus. */
  create(collection: NewCollection): Promise<void> {
    return this.inTurn(async () => {
      const { dbName, schema, properties } = collection
      this.#catalog.databases.named(dbName)
      timeToLiveMs(properties)
      if (!isNewCollection(this.find(dbName, schema.name), schema)) return
      const record = this.#newRecord(collection)
      this.#open(record)
      await this.#catalog.putCollections([record])
    })
  }

  /** Takes up a collection whose segments have their files. @throws refused where its name is taken */
  adopt(
    record: CollectionRecord,
    segments: readonly SegmentRecord[],
    edits: readonly Edit[],
  ): Promise<void> {
    return this.inTurn(async () => {
      this.#catalog.databases.named(record.dbName)
      this.checkFree(record.dbName, record.schema.name)
      await this.#catalog.addCollection(record, segments, edits, () => this.#open(record))
    })
  }

  /** @throws refused where a collection or an alias has the name */
  checkFree(dbName: string, name: string): void {
    if (!this.find(dbName, name)) return
    throw new MillraceError('refused', `duplicate collection: ${name} is there already`)
  }

  /** A collection that is not there is no error, as in Milvus. */
  drop(dbName: string, name: string): Promise<void> {
    return this.inTurn(async () => {
      const record = this.find(dbName, name)
      if (!record) return
      checkDrop(record, name)
      const rows = this.#rows.get(record.collectionId)!
      await rows.drop((logged) => this.#catalog.dropCollection(record.collectionId, logged))
      this.#rows.delete(record.collectionId)
      this.#faults.delete(record.collectionId)
      this.loads.release(record.collectionId, [])
    })
  }

  /** In a collection that is loaded as a whole, the new partition is loaded too, as in Milvus. */
  createPartition(dbName: string, name: string, partitionName: string): Promise<void> {
    return this.inTurn(async () => {
      const { record, rows } = this.named(dbName, name)
      if (!isNewPartition(record, partitionName)) return
      const partition = this.#newPartition(partitionName)
      const loaded = isWhollyLoaded(record) ? [partition.partitionId] : []
      const loading = this.loads.whole(record.collectionId)
      loading?.partitionIds.add(partition.partitionId)
      if (loading || loaded.length > 0) await rows.load([partition.partitionId])
      await this.#update({
        ...record,
        partitions: [...record.partitions, partition],
        loadedPartitionIds: [...record.loadedPartitionIds, ...loaded],
      })
    })
  }

  dropPartition(dbName: string, name: string, partitionName: string): Promise<void> {
    return this.inTurn(async () => {
      const { record, rows } = this.named(dbName, name)
      const partition = record.partitions.find((each) => each.name === partitionName)
      checkPartitionDrop(record, partitionName)
      if (!partition) return
      const { partitionId } = partition
      const isOther = (id: bigint) => id !== partitionId
      const next = {
        ...record,
        partitions: record.partitions.filter((each) => isOther(each.partitionId)),
        loadedPartitionIds: record.loadedPartitionIds.filter(isOther),
      }
      await rows.dropPartition(partitionId, (segments, logged) =>
        this.#catalog.dropPartition(next, segments, logged),
      )
    })
  }

  /**
   * Loads partitions, and remembers it for the next start. Empty `partitionNames`: all. It may take long,
   * so that other changes do not wait for it.
   */
  async load(dbName: string, name: string, partitionNames: readonly string[]): Promise<void> {
    const { working } = await this.inTurn(async () => {
      const { record, rows } = this.named(dbName, name)
      const { collectionId, loadedPartitionIds, schema } = record
      const partitionIds = partitionIdsOf(record, partitionNames)
      // After a fault, nothing of what is to be loaded is.
      const isFaulty = this.#faults.has(collectionId)
      const load: PendingLoad = {
        partitionIds: new Set(isFaulty ? [...loadedPartitionIds, ...partitionIds] : partitionIds),
        isWhole: partitionNames.length === 0,
      }
      const work = () => this.#runLoad(collectionId, rows, load)
      const failureFrom = (error: unknown) => loadError(schema.name, error)
      return { working: this.loads.run(collectionId, load, work, failureFrom) }
    })
    await working
  }

  async #runLoad(
    collectionId: bigint,
    rows: CollectionRows,
    { partitionIds }: PendingLoad,
  ): Promise<void> {
    await this.#loading.get(collectionId)
    await rows.load([...partitionIds])
    await this.inTurn(async () => {
      const record = this.#catalog.collection(collectionId)
      if (!record) return
      this.#faults.delete(collectionId)
      const isLoaded = ({ partitionId }: PartitionRecord) =>
        partitionIds.has(partitionId) || record.loadedPartitionIds.includes(partitionId)
      const loaded = record.partitions.filter(isLoaded).map(({ partitionId }) => partitionId)
      await this.#update({ ...record, loadedPartitionIds: loaded })
    })
  }

  release(dbName: string, name: string, partitionNames: readonly string[]): Promise<void> {
    return this.inTurn(async () => {
      const { record, rows } = this.named(dbName, name)
      const partitionIds = partitionIdsOf(record, partitionNames)
      const loaded = record.loadedPartitionIds.filter((id) => !partitionIds.includes(id))
      this.loads.release(record.collectionId, partitionIds)
      await this.#update({ ...record, loadedPartitionIds: loaded })
      await rows.release(partitionIds)
      if (loaded.length === 0) this.#faults.delete(record.collectionId)
    })
  }

  /** Replaces a collection's record, computed from what it is at that moment. */
  change(
    dbName: string,
    name: string,
    change: (record: CollectionRecord) => CollectionRecord,
  ): Promise<void> {
    return this.inTurn(async () => {
      const { record } = this.named(dbName, name)
      const next = change(record)
      if (next !== record) await this.#update(next)
    })
  }

  /** As `change`; indexes that come are built in the background, the files of those that go are removed. */
  async changeIndexes(
    dbName: string,
    name: string,
    change: (record: CollectionRecord) => CollectionRecord,
  ): Promise<void> {
    await this.change(dbName, name, change)
    await this.named(dbName, name).rows.refreshIndexes()
  }

  /** Replaces records of collections in one transaction; their schemas stay. */
  changeAll(change: () => readonly CollectionRecord[]): Promise<void> {
    return this.inTurn(async () => {
      const records = change()
      if (records.length > 0) await this.#catalog.putCollections(records)
    })
  }

  truncate(dbName: string, name: string): Promise<void> {
    return this.inTurn(() =>
      this.named(dbName, name).rows.truncate((segments, logged) =>
        this.#catalog.editSegments([], segments, logged),
      ),
    )
  }

  /** Runs when no other change is under way. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#changes.run(work)
  }

  async close(): Promise<void> {
    await this.loads.idle()
    await this.#changes.idle()
    await Promise.all([...this.#rows.values()].map((rows) => rows.close()))
  }

  async #update(record: CollectionRecord): Promise<void> {
    const { collectionId, schema, properties } = record
    const before = this.#catalog.collection(collectionId)!
    const isPlain = before.schema === schema && before.properties === properties
    if (isPlain) {
      await this.#catalog.putCollections([record])
      return
    }
    const updated = {
      ...record,
      ...kept(record),
      updatedTimestamp: this.#context.oracle.next(),
    }
    const rows = this.#rows.get(collectionId)!
    await rows.changeSchema(schema, () => this.#catalog.putCollections([updated]))
    rows.timeToLiveMs = timeToLiveMs(properties)
    await rows.refreshIndexes()
  }

  #open({ collectionId, schema, properties }: CollectionRecord): void {
    const rows = CollectionRows.open(this.#context, collectionId, schema)
    rows.timeToLiveMs = timeToLiveMs(properties)
    this.#context.builder.ask(rows)
    this.#rows.set(collectionId, rows)
  }

  #newRecord(collection: NewCollection): CollectionRecord {
    const { oracle } = this.#context
    const database = this.#catalog.databases.named(collection.dbName)
    const timestamp = oracle.next()
    return {
      collectionId: oracle.next(),
      dbName: collection.dbName,
      schema: collection.schema,
      lastFieldId: lastFieldIdOf(collection.schema),
      aliases: [],
      partitions: partitionNamesOf(collection).map((name) => this.#newPartition(name)),
      indexes: [],
      properties: withTimeZone(collection.properties, database.properties),
      shardsNum: collection.shardsNum,
      consistencyLevel: collection.consistencyLevel,
      createdTimestamp: timestamp,
      updatedTimestamp: timestamp,
      loadedPartitionIds: [],
    }
  }

  #newPartition(name: string): PartitionRecord {
    const { oracle } = this.#context
    return { partitionId: oracle.next(), name, createdTimestamp: oracle.next() }
  }
}

/** @throws parameterInvalid where a number is asked for that cannot be */
function partitionNamesOf({ schema, numPartitions }: NewCollection): string[] {
  if (!partitionKeyOf(schema)) {
    if (numPartitions === 0) return [defaultPartitionName]
    throw invalidParameter(
      'num_partitions should only be specified with partition key field enabled',
    )
  }
  if (numPartitions < 0) {
    throw invalidParameter(
      'the specified partitions should be greater than 0 if partition key is used',
    )
  }
  if (numPartitions > partitionsMax) {
    throw invalidParameter(
      `partition number (${numPartitions}) exceeds max configuration (${partitionsMax})`,
    )
  }
  const length = numPartitions || partitionKeyPartitions
  return Array.from({ length }, (_, index) => `${defaultPartitionName}_${index}`)
}

function loadError(collectionName: string, thrown: unknown): MillraceError {
  const { kind, message, place } = millraceErrorFrom(thrown)
  const text = `collection ${collectionName} could not be loaded: ${message}`
  return new MillraceError(kind, text, place, thrown)
}

function isWhollyLoaded({ partitions, loadedPartitionIds }: CollectionRecord): boolean {
  return partitions.every(({ partitionId }) => loadedPartitionIds.includes(partitionId))
}

/** What a change of the schema means for the rest of the record. */
function kept({ schema, indexes, lastFieldId }: CollectionRecord) {
  const ids = new Set(schema.fields.map(({ fieldId }) => fieldId))
  return {
    indexes: indexes.filter(({ fieldId }) => ids.has(fieldId)),
    lastFieldId: Math.max(lastFieldId, lastFieldIdOf(schema)),
  }
}

function lastFieldIdOf({ fields }: CollectionSchema): number {
  return Math.max(...fields.map(({ fieldId }) => fieldId))
}
