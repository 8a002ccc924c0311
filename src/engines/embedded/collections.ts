import { MillraceError } from '../../errors.js'
import type { Catalog } from '../../storage/catalog.js'
import { CollectionRows } from '../../storage/collection-rows.js'
import type { CollectionRecord, SegmentRecord } from '../../storage/records.js'
import type { RowsContext } from '../../storage/rows-context.js'
import type { Edit } from '../../storage/store.js'
import { Serial } from '../../util/serial.js'
import type { NewCollection } from '../engine.js'
import { checkDrop, checkPartitionDrop, isNewCollection, isNewPartition } from './catalog-checks.js'
import { CollectionLoads } from './collection-loads.js'
import { lastFieldIdOf, newCollectionRecord, newPartitionRecord } from './new-collection.js'
import { timeToLiveMs } from './time-to-live.js'

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
  readonly loads: CollectionLoads

  constructor(context: RowsContext) {
    this.#context = context
    this.loads = new CollectionLoads(context.catalog, this)
    for (const record of context.catalog.allCollections()) this.#open(record)
  }

  get #catalog(): Catalog {
    return this.#context.catalog
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
      const database = this.#catalog.databases.named(dbName)
      timeToLiveMs(properties)
      if (!isNewCollection(this.find(dbName, schema.name), schema)) return
      const record = newCollectionRecord(collection, database.properties, this.#context.oracle)
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
      this.loads.forget(record.collectionId)
    })
  }

  /** In a collection that is loaded as a whole, the new partition is loaded too, as in Milvus. */
  createPartition(dbName: string, name: string, partitionName: string): Promise<void> {
    return this.inTurn(async () => {
      const { record, rows } = this.named(dbName, name)
      if (!isNewPartition(record, partitionName)) return
      const partition = newPartitionRecord(partitionName, this.#context.oracle)
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
