import { MillraceError } from '../errors.js'
import { DatabaseTable } from './database-table.js'
import type { CollectionRecord, SegmentRecord } from './records.js'
import { type Edit, keyFromId, type Store } from './store.js'

/**
 * The databases, the collections and their sealed segments: in memory for reading, in the store for good. Memory changes
 * only after the store has.
 */
export class Catalog {
  readonly databases: DatabaseTable
  readonly #store: Store
  readonly #collections = new Map<bigint, CollectionRecord>()
  readonly #names = new Map<string, bigint>()
  readonly #aliases = new Map<string, bigint>()
  readonly #segments = new Map<bigint, SegmentRecord>()

  private constructor(store: Store) {
    this.#store = store
    this.databases = new DatabaseTable(store)
    for (const record of store.values<CollectionRecord>('collections')) this.#remember(record)
    for (const record of store.values<SegmentRecord>('segments')) {
      this.#segments.set(record.segmentId, record)
    }
  }

  static open(store: Store): Catalog {
    return new Catalog(store)
  }

  collections(dbName: string): CollectionRecord[] {
    return [...this.#collections.values()].filter((record) => record.dbName === dbName)
  }

  allCollections(): CollectionRecord[] {
    return [...this.#collections.values()]
  }

  collection(collectionId: bigint): CollectionRecord | undefined {
    return this.#collections.get(collectionId)
  }

  /** By its name or an alias. */
  findCollection(dbName: string, name: string): CollectionRecord | undefined {
    const id = this.#names.get(nameKey(dbName, name))
    return id === undefined ? this.findAliased(dbName, name) : this.#collections.get(id)
  }

  findAliased(dbName: string, alias: string): CollectionRecord | undefined {
    const id = this.#aliases.get(nameKey(dbName, alias))
    return id === undefined ? undefined : this.#collections.get(id)
  }

  /** By its name or an alias. @throws collectionNotFound */
  collectionNamed(dbName: string, name: string): CollectionRecord {
    const record = this.findCollection(dbName, name)
    if (record) return record
    throw new MillraceError(
      'collectionNotFound',
      `collection not found[database=${dbName}][collection=${name}]`,
    )
  }

  /** All of a collection's segments, hidden ones too. */
  segments(collectionId: bigint): SegmentRecord[] {
    return [...this.#segments.values()].filter((record) => record.collectionId === collectionId)
  }

  segment(segmentId: bigint): SegmentRecord | undefined {
    return this.#segments.get(segmentId)
  }

  /** Adds and replaces collections in one transaction. */
  async putCollections(records: readonly CollectionRecord[]): Promise<void> {
    await this.#store.commit(records.map(collectionEdit))
    for (const record of records) this.#forgetNames(record.collectionId)
    for (const record of records) this.#remember(record)
  }

  /**
   * Adds a collection that has segments already, with other edits, in one transaction.
   * @param onAdded called before anybody can find it
   */
  async addCollection(
    record: CollectionRecord,
    segments: readonly SegmentRecord[],
    more: readonly Edit[],
    onAdded: () => void,
  ): Promise<void> {
    await this.editSegments(segments, [], [collectionEdit(record), ...more])
    this.#remember(record)
    onAdded()
  }

  /** Drops a collection with its segments and its log. */
  async dropCollection(collectionId: bigint, logged: readonly Edit[]): Promise<void> {
    const segments = this.segments(collectionId)
    await this.#store.commit([
      { table: 'collections', key: keyFromId(collectionId), remove: true },
      ...segments.flatMap(removalEdits),
      ...logged,
    ])
    this.#forgetNames(collectionId)
    this.#collections.delete(collectionId)
    for (const { segmentId } of segments) this.#segments.delete(segmentId)
  }

  /** Replaces a collection's record by one that lacks a partition, and drops what the partition had. */
  async dropPartition(
    record: CollectionRecord,
    segments: readonly SegmentRecord[],
    logged: readonly Edit[],
  ): Promise<void> {
    await this.editSegments([], segments, [collectionEdit(record), ...logged])
    this.#remember(record)
  }

  /** Adds, replaces and removes segments, with other edits, in one transaction. */
  async editSegments(
    put: readonly SegmentRecord[],
    removed: readonly SegmentRecord[],
    more: readonly Edit[],
  ): Promise<void> {
    await this.#store.commit([...put.map(segmentEdit), ...removed.flatMap(removalEdits), ...more])
    for (const record of put) this.#segments.set(record.segmentId, record)
    for (const { segmentId } of removed) this.#segments.delete(segmentId)
  }

  #remember(record: CollectionRecord): void {
    const { collectionId, dbName, schema, aliases } = record
    this.#collections.set(collectionId, record)
    this.#names.set(nameKey(dbName, schema.name), collectionId)
    for (const alias of aliases) this.#aliases.set(nameKey(dbName, alias), collectionId)
  }

  #forgetNames(collectionId: bigint): void {
    const record = this.#collections.get(collectionId)
    if (!record) return
    this.#names.delete(nameKey(record.dbName, record.schema.name))
    for (const alias of record.aliases) this.#aliases.delete(nameKey(record.dbName, alias))
  }
}

function collectionEdit(record: CollectionRecord): Edit {
  return { table: 'collections', key: keyFromId(record.collectionId), value: record }
}

function segmentEdit(record: SegmentRecord): Edit {
  return { table: 'segments', key: keyFromId(record.segmentId), value: record }
}

function removalEdits({ segmentId }: SegmentRecord): Edit[] {
  const key = keyFromId(segmentId)
  return [
    { table: 'segments', key, remove: true },
    { table: 'deletions', key, remove: true },
  ]
}

function nameKey(dbName: string, name: string): string {
  return `${dbName}\0${name}`
}
