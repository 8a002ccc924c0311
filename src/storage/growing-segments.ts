import { type CollectionSchema, primaryKeyOf } from '../schema/collection-schema.js'
import { GrowingSegment } from './growing-segment.js'
import type { LoggedBatch } from './row-log.js'
import type { RowsContext } from './rows-context.js'
import type { KeyDeletion } from './segment-deletes.js'

/** A change of rows before it has a place in the log. */
export type NewBatch = Omit<LoggedBatch, 'key'>

/** Told of each delete when it counts: in memory order, which is the order of timestamps. */
export type DeleteListener = (deletion: KeyDeletion, partitionId: bigint | null) => void

/** The segments in memory that a collection's growing rows lie in: one a partition, and frozen ones. */
export class GrowingSegments {
  readonly #context: RowsContext
  readonly #collectionId: bigint
  #schema: CollectionSchema
  readonly #onDelete: DeleteListener
  readonly #growing = new Map<bigint, GrowingSegment>()
  readonly #frozen = new Set<GrowingSegment>()

  constructor(
    context: RowsContext,
    collectionId: bigint,
    schema: CollectionSchema,
    onDelete: DeleteListener,
  ) {
    this.#context = context
    this.#collectionId = collectionId
    this.#schema = schema
    this.#onDelete = onDelete
  }

  get schema(): CollectionSchema {
    return this.#schema
  }

  /** Growing and frozen ones. */
  all(): GrowingSegment[] {
    return [...this.#frozen, ...this.#growing.values()]
  }

  /** Fields that a change of the schema is about to bring. */
  addFields(schema: CollectionSchema): void {
    this.#schema = schema
    for (const segment of this.all()) segment.addFields(schema.fields)
  }

  /** Lets go of the fields that the schema lacks. */
  keepFields(schema: CollectionSchema): void {
    this.#schema = schema
    for (const segment of this.all()) segment.keepFields(schema.fields)
  }

  /** Makes sure that `apply` finds memory for the rows. */
  makeRoom(batches: readonly NewBatch[]): void {
    for (const { kind, partitionId, batch } of batches) {
      if (kind === 'insert') this.#growingSegment(partitionId!).reserve(batch.rowCount)
    }
  }

  apply({ kind, timestamp, partitionId, batch }: NewBatch): void {
    if (kind === 'insert') {
      this.#growingSegment(partitionId!).append(batch, timestamp)
      return
    }
    const keys = batch.columns.get(primaryKeyOf(this.#schema).fieldId)!
    const deletion = { keys, rowCount: batch.rowCount, timestamp }
    for (const segment of this.all()) {
      if (partitionId === null || segment.partitionId === partitionId) segment.delete(deletion)
    }
    this.#onDelete(deletion, partitionId)
  }

  /** Closes all segments to new rows; they stay visible until `forget`. @returns all that are closed */
  freeze(): GrowingSegment[] {
    for (const segment of this.#growing.values()) this.#frozen.add(segment)
    this.#growing.clear()
    return [...this.#frozen]
  }

  forget(frozen: readonly GrowingSegment[]): void {
    for (const segment of frozen) {
      this.#frozen.delete(segment)
      segment.drop()
    }
  }

  dropPartition(partitionId: bigint): void {
    this.#growing.get(partitionId)?.drop()
    this.#growing.delete(partitionId)
    this.forget([...this.#frozen].filter((segment) => segment.partitionId === partitionId))
  }

  drop(): void {
    for (const segment of this.all()) segment.drop()
    this.#growing.clear()
    this.#frozen.clear()
  }

  #growingSegment(partitionId: bigint): GrowingSegment {
    const found = this.#growing.get(partitionId)
    if (found) return found
    const ids = {
      segmentId: this.#context.oracle.next(),
      collectionId: this.#collectionId,
      partitionId,
    }
    const segment = new GrowingSegment(ids, this.#schema, this.#context)
    this.#growing.set(partitionId, segment)
    return segment
  }
}
