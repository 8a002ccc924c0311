import type { Column, ColumnBatch } from '../column/column.js'
import { MillraceError } from '../errors.js'
import { type CollectionSchema, primaryKeyOf } from '../schema/collection-schema.js'
import { pkAt } from '../segment/pk-order.js'
import type { PrimaryKey } from '../segment/segment-file.js'
import { checkGrowingBatch, type GrowingSegment } from './growing-segment.js'
import { type DeleteListener, GrowingSegments, type NewBatch } from './growing-segments.js'
import { encodedChunks, encodedInTurns, forgetEdits, logEdits, loggedBatches } from './row-log.js'
import type { RowsContext } from './rows-context.js'
import { type Edit, type Key, keyFromId } from './store.js'

/** Rows for one partition. */
export interface PartitionBatch {
  readonly partitionId: bigint
  readonly batch: ColumnBatch
}

/** Primary keys whose rows go. */
export interface DeletedKeys {
  readonly keys: Column
  readonly rowCount: number
  /** null: in all partitions. */
  readonly partitionId: bigint | null
}

/** Growing segments that take no more rows, and the part of the log that made them. */
export interface FrozenRows {
  readonly segments: readonly GrowingSegment[]
  readonly logged: readonly LoggedEntry[]
}

interface LoggedEntry {
  readonly keys: readonly Key[]
  /** null: a delete in all partitions. */
  readonly partitionId: bigint | null
}

/**
 * The rows of a collection that came by Insert and are not sealed, and the log of them and of deletes.
 *
 * A change takes its timestamp and hands its edits to the store in one step without waiting between the
 * two; the store commits in the order it was asked, and a change is applied to memory when its commit
 * settles. So memory changes in the order of timestamps, as a replay of the log does.
 */
export class GrowingRows {
  readonly #context: RowsContext
  readonly #collectionId: bigint
  readonly #segments: GrowingSegments
  readonly #droppedPartitions = new Set<bigint>()
  #isDropped = false
  /** Handed to the store and not settled. */
  readonly #underway = new Map<LoggedEntry, NewBatch>()
  /** Applied to memory. */
  #logged: LoggedEntry[] = []

  constructor(
    context: RowsContext,
    collectionId: bigint,
    schema: CollectionSchema,
    onDelete: DeleteListener,
  ) {
    this.#context = context
    this.#collectionId = collectionId
    this.#segments = new GrowingSegments(context, collectionId, schema, onDelete)
  }

  /** Takes up the log as the store has it. */
  replay(): void {
    for (const logged of loggedBatches(this.#context.directory.store, this.#collectionId)) {
      this.#logged.push({ keys: [logged.key], partitionId: rowsPartition(logged) })
      this.#segments.makeRoom([logged])
      this.#segments.apply(logged)
    }
  }

  /** Growing and frozen ones. */
  all(): GrowingSegment[] {
    return this.#segments.all()
  }

  segments(partitionIds: readonly bigint[]): GrowingSegment[] {
    return this.all().filter(({ partitionId }) => partitionIds.includes(partitionId))
  }

  get byteLength(): number {
    return this.all().reduce((sum, segment) => sum + segment.byteLength, 0)
  }

  /** Durable and visible when it settles. @returns the rows' timestamp */
  async insert(batches: readonly PartitionBatch[]): Promise<bigint> {
    const chunks = await encodedInTurns(batches.map(({ batch }) => batch))
    this.#checkBatches(batches)
    const timestamp = this.#context.oracle.next()
    const inserted = batches.map((each) => insertedBatch(each, timestamp))
    await this.#commit(inserted, chunks)
    return timestamp
  }

  /** Durable and visible when it settles. @returns its timestamp */
  async delete(keys: DeletedKeys): Promise<bigint> {
    const chunks = await encodedInTurns([this.#keyBatch(keys)])
    const timestamp = this.#context.oracle.next()
    await this.#commit([this.#loggedDelete(keys, timestamp)], chunks)
    return timestamp
  }

  /**
   * A delete and an insert of one timestamp in one commit. The delete comes first, here and in the log's
   * order, so it touches earlier rows only.
   */
  async replace(keys: DeletedKeys, batches: readonly PartitionBatch[]): Promise<bigint> {
    const chunks = await encodedInTurns([
      this.#keyBatch(keys),
      ...batches.map(({ batch }) => batch),
    ])
    this.#checkBatches(batches)
    const timestamp = this.#context.oracle.next()
    const inserted = batches.map((each) => insertedBatch(each, timestamp))
    await this.#commit([this.#loggedDelete(keys, timestamp), ...inserted], chunks)
    return timestamp
  }

  /** Fields that a change of the schema is about to bring. */
  addFields(schema: CollectionSchema): void {
    this.#segments.addFields(schema)
  }

  /** Lets go of the fields that the schema lacks. */
  keepFields(schema: CollectionSchema): void {
    this.#segments.keepFields(schema)
  }

  /**
   * Deletes as a part of a larger transaction.
   * @param commit makes the transaction, with these edits among others
   * @param onApplied called as soon as memory has changed, before anybody else can look
   */
  async deleteWithin(
    keys: DeletedKeys,
    within: {
      readonly timestamp: bigint
      readonly commit: (edits: readonly Edit[]) => Promise<void>
      readonly onApplied: () => void
    },
  ): Promise<void> {
    const { timestamp, commit, onApplied } = within
    const chunks = encodedChunks(this.#keyBatch(keys))
    await this.#commit([this.#loggedDelete(keys, timestamp)], [chunks], commit)
    onApplied()
  }

  /** The keys of rows that are not deleted, of those too that the store is about to take. */
  *keys(partitionId: bigint | null): IterableIterator<PrimaryKey> {
    const isAsked = (id: bigint | null) => partitionId === null || id === partitionId
    for (const segment of this.all()) if (isAsked(segment.partitionId)) yield* segment.keys()
    const { fieldId } = primaryKeyOf(this.#segments.schema)
    for (const { kind, partitionId: id, batch } of this.#underway.values()) {
      if (kind !== 'insert' || !isAsked(id)) continue
      const column = batch.columns.get(fieldId)!
      for (let row = 0; row < batch.rowCount; row++) yield pkAt(column, row)
    }
  }

  /** Closes the growing segments to new rows; they stay visible until `forget`. */
  freeze(): FrozenRows {
    return { segments: this.#segments.freeze(), logged: [...this.#logged] }
  }

  /** The edits that take frozen rows out of the log. */
  forgetEdits({ logged }: FrozenRows): Edit[] {
    return forgetEdits(logged.flatMap(({ keys }) => keys))
  }

  /** Lets go of rows that a transaction has made part of sealed segments. */
  forget({ segments, logged }: FrozenRows): void {
    this.#segments.forget(segments)
    const forgotten = new Set(logged)
    this.#logged = this.#logged.filter((entry) => !forgotten.has(entry))
  }

  /** Refuses rows for the partition from now on. @returns the edits that forget those it had */
  dropPartitionEdits(partitionId: bigint): Edit[] {
    this.#droppedPartitions.add(partitionId)
    const entries = [...this.#logged, ...this.#underway.keys()]
    const ofPartition = entries.filter((entry) => entry.partitionId === partitionId)
    return forgetEdits(ofPartition.flatMap(({ keys }) => keys))
  }

  /** The store would not take a drop: the rows stay, and more may come. */
  undoDrop(partitionId: bigint | null): void {
    this.#isDropped = false
    if (partitionId !== null) this.#droppedPartitions.delete(partitionId)
  }

  dropPartition(partitionId: bigint): void {
    this.#logged = this.#logged.filter((entry) => entry.partitionId !== partitionId)
    this.#segments.dropPartition(partitionId)
  }

  /** Refuses rows and deletes from now on. @returns the edits that forget all there were */
  dropEdits(): Edit[] {
    this.#isDropped = true
    const stored = this.#context.directory.store.keysUnder('rows', [keyFromId(this.#collectionId)])
    const underway = [...this.#underway.keys()].flatMap(({ keys }) => keys)
    return forgetEdits([...stored, ...underway])
  }

  drop(): void {
    this.#segments.drop()
  }

  #loggedDelete(keys: DeletedKeys, timestamp: bigint): NewBatch {
    const { partitionId } = keys
    return { kind: 'delete', timestamp, partitionId, batch: this.#keyBatch(keys) }
  }

  #keyBatch({ keys, rowCount }: DeletedKeys): ColumnBatch {
    return { rowCount, columns: new Map([[primaryKeyOf(this.#segments.schema).fieldId, keys]]) }
  }

  /** @param chunks of each batch, as the log keeps it: a large one was encoded before it had its timestamp */
  async #commit(
    batches: readonly NewBatch[],
    chunks: readonly (readonly Uint8Array[])[],
    commit = (edits: readonly Edit[]) => this.#context.directory.store.commit(edits),
  ): Promise<void> {
    if (this.#isDropped) {
      throw new MillraceError(
        'collectionNotFound',
        `collection ${this.#segments.schema.name} was dropped`,
      )
    }
    const logged = batches.map((batch, index) => ({
      batch,
      ...logEdits(this.#collectionId, batch, chunks[index]),
    }))
    const entries = logged.map(({ batch, keys }) => ({ keys, partitionId: rowsPartition(batch) }))
    for (const [index, entry] of entries.entries()) this.#underway.set(entry, batches[index])
    try {
      await commit(logged.flatMap(({ edits }) => edits))
    } finally {
      for (const entry of entries) this.#underway.delete(entry)
    }
    try {
      this.#segments.makeRoom(batches)
    } catch (error) {
      await this.#forgetStored(entries)
      throw error
    }
    this.#logged.push(...entries)
    for (const batch of batches) this.#segments.apply(batch)
  }

  /** Rows that are stored but find no room leave the store again, so that a refusal is one. */
  async #forgetStored(entries: readonly LoggedEntry[]): Promise<void> {
    await this.#context.directory.store.commit(forgetEdits(entries.flatMap(({ keys }) => keys)))
  }

  #checkBatches(batches: readonly PartitionBatch[]): void {
    for (const { partitionId, batch } of batches) {
      this.#checkPartition(partitionId)
      checkGrowingBatch(this.#segments.schema, batch)
    }
  }

  #checkPartition(partitionId: bigint): void {
    if (this.#droppedPartitions.has(partitionId)) {
      throw new MillraceError('partitionNotFound', 'partition not found: it was dropped')
    }
  }
}

function insertedBatch({ partitionId, batch }: PartitionBatch, timestamp: bigint): NewBatch {
  return { kind: 'insert', timestamp, partitionId, batch }
}

/** The partition whose rows an entry holds; a delete holds none. */
function rowsPartition({ kind, partitionId }: NewBatch): bigint | null {
  return kind === 'insert' ? partitionId : null
}
