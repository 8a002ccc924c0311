import { MillraceError, millraceErrorFrom } from '../errors.js'
import { type CollectionSchema, primaryKeyOf } from '../schema/collection-schema.js'
import { Serial } from '../util/serial.js'
import { addImported } from './add-imported.js'
import { type CapturedRows, captureRows } from './capture-rows.js'
import type { CollectionParts } from './collection-parts.js'
import { planCompaction } from './compaction-plan.js'
import { describedSegments } from './described-segments.js'
import { type DeletedKeys, GrowingRows, type PartitionBatch } from './growing-rows.js'
import type { CommitImport, ImportRules } from './import-conflicts.js'
import type { IndexWork } from './index-builder.js'
import { type IndexProgress, indexProgressOf } from './index-progress.js'
import { dropUnwantedIndexes, nextIndexWorkOf } from './index-works.js'
import type { SegmentRecord } from './records.js'
import {
  type CommitRemoval,
  dropCollectionRows,
  dropPartitionRows,
  truncateRows,
} from './remove-rows.js'
import type { RowsContext } from './rows-context.js'
import { runCompaction } from './run-compaction.js'
import { sealRows } from './seal-rows.js'
import type { SealedSegment } from './sealed-segment.js'
import { type LoadProgress, SealedSegments } from './sealed-segments.js'
import type { Snapshot } from './snapshot.js'
import type { Edit } from './store.js'
import { takeSnapshot } from './take-snapshot.js'
import { timestampFromMs } from './timestamp-oracle.js'

/** Growing rows of a collection are sealed when they are this long. */
const sealBytes = 64 * 1024 ** 2

/** The rows of one collection: sealed segments, growing rows, and the deletes on both. */
export class CollectionRows {
  readonly #context: RowsContext
  readonly #collectionId: bigint
  #schema: CollectionSchema
  readonly #sealed: SealedSegments
  readonly #growing: GrowingRows
  /** Loads, releases, seals, drops and commits of imports change the segments one after the other. */
  readonly #serial = new Serial()
  /** Rows that came earlier than so long ago are not seen; null: all are. */
  timeToLiveMs: number | null = null
  #isSealAsked = false
  #isDropped = false
  /** Why the log could not be taken up: nothing is answered from a part of the rows. */
  #fault: MillraceError | null = null

  private constructor(context: RowsContext, collectionId: bigint, schema: CollectionSchema) {
    this.#context = context
    this.#collectionId = collectionId
    this.#schema = schema
    this.#sealed = new SealedSegments(context, primaryKeyOf(schema))
    this.#growing = new GrowingRows(context, collectionId, schema, (deletion, partitionId) =>
      this.#sealed.delete(deletion, partitionId),
    )
  }

  /** Takes up what the store has: segments, their deletes, and the log. Nothing of it is loaded yet. */
  static open(
    context: RowsContext,
    collectionId: bigint,
    schema: CollectionSchema,
  ): CollectionRows {
    const rows = new CollectionRows(context, collectionId, schema)
    for (const record of context.catalog.segments(collectionId)) {
      if (record.taskId === null) rows.#sealed.addStored(record)
    }
    rows.#replay()
    return rows
  }

  /** What is wrong with the stored rows, so that they can only be dropped; null: nothing. */
  get fault(): MillraceError | null {
    return this.#fault
  }

  isLoaded(partitionId: bigint): boolean {
    return this.#sealed.isLoaded(partitionId)
  }

  /** Durable and visible when it settles. @returns the rows' timestamp */
  insert(batches: readonly PartitionBatch[]): Promise<bigint> {
    return this.#grow(() => this.#growing.insert(batches))
  }

  /** Deletes by key; durable and visible when it settles. */
  async delete(keys: DeletedKeys): Promise<bigint> {
    this.#throwFault()
    return this.#growing.delete(keys)
  }

  /** Deletes by key and inserts at one moment; durable and visible when it settles. */
  replace(keys: DeletedKeys, batches: readonly PartitionBatch[]): Promise<bigint> {
    return this.#grow(() => this.#growing.replace(keys, batches))
  }

  /** Pins all visible rows of the partitions. The caller releases the snapshot. */
  async snapshot(partitionIds: readonly bigint[]): Promise<Snapshot> {
    this.#throwFault()
    await this.#sealed.resolveDeletes()
    const timestamp = this.#context.oracle.next()
    return takeSnapshot(this.#segmentsIn(partitionIds), timestamp, this.timeToLiveMs)
  }

  /** Rows that are not deleted. */
  async rowCount(partitionIds: readonly bigint[]): Promise<number> {
    this.#throwFault()
    await this.#sealed.resolveDeletes()
    const segments = this.#segmentsIn(partitionIds)
    return segments.reduce((sum, { rowCount, deletedCount }) => sum + rowCount - deletedCount, 0)
  }

  /** How far an index is, over rows in sealed segments, deleted ones too: what it is made of. */
  indexProgress(indexId: bigint): IndexProgress {
    return indexProgressOf(this.#parts, indexId)
  }

  /** @see IndexBuilder */
  nextIndexWork(isRefused: (segmentId: bigint, indexId: bigint) => boolean): IndexWork | undefined {
    if (this.#isDropped || this.#fault) return undefined
    return nextIndexWorkOf(this.#parts, isRefused, (work) => this.#serial.run(work))
  }

  /** @see Compactor */
  async compactions(isAsked: boolean) {
    if (this.#isDropped || this.#fault) return []
    await this.#sealed.resolveDeletes()
    return planCompaction(this.#sealed.all(), isAsked).map((inputs) => ({
      sources: inputs.map(({ record }) => record.segmentId),
      run: (signal: AbortSignal) => this.#compact(inputs, signal),
    }))
  }

  /** Lets go of indexes that the collection does not have any more, and builds those that it lacks. */
  refreshIndexes(): Promise<void> {
    return this.#serial.run(async () => {
      if (this.#isDropped) return
      await dropUnwantedIndexes(this.#parts)
      this.#context.builder.ask(this)
    })
  }

  /** Makes the partitions ready for searches, with what comes to them later. */
  load(partitionIds: readonly bigint[]): Promise<void> {
    return this.#serial.run(async () => {
      this.#throwFault()
      await this.#sealed.load(partitionIds, this.#schema)
      this.#context.builder.ask(this)
    })
  }

  /** How far a load of the partitions is, over rows in sealed segments. */
  loadProgress(partitionIds: readonly bigint[]): LoadProgress {
    return this.#sealed.loadProgress(partitionIds)
  }

  release(partitionIds: readonly bigint[]): Promise<void> {
    return this.#serial.run(async () => this.#sealed.release(partitionIds))
  }

  /** Seals the rows that have come so far. @returns the new segments */
  flush(): Promise<SegmentRecord[]> {
    return this.#serial.run(async () => {
      if (this.#isDropped) return []
      this.#throwFault()
      const records = await sealRows(this.#parts)
      this.#context.builder.ask(this)
      this.#context.compactor.ask(this)
      return records
    })
  }

  /** The ids of all sealed segments. */
  segmentIds(): bigint[] {
    return this.#sealed.all().map(({ record }) => record.segmentId)
  }

  /** Sealed and growing segments with rows. */
  segments() {
    return describedSegments(this.#parts)
  }

  /**
   * Makes an import's segments visible all at once, and deletes in the same transaction what loses to them
   * by their keys. `commit` names them in the store, with the timestamp that they are given here; before
   * that they are loaded where their partition is.
   * @param records in the order of the input
   */
  addImported(
    records: readonly SegmentRecord[],
    rules: ImportRules,
    commit: CommitImport,
  ): Promise<void> {
    return this.#serial.run(async () => {
      if (this.#isDropped) {
        throw new MillraceError('collectionNotFound', `collection ${this.#schema.name} dropped`)
      }
      this.#throwFault()
      await addImported(this.#parts, records, rules, commit)
      this.#context.builder.ask(this)
      this.#context.compactor.ask(this)
    })
  }

  /** Gives `keep` all rows of one moment; no file of theirs goes while it works. */
  capture(keep: (rows: CapturedRows) => Promise<void>): Promise<void> {
    return this.#serial.run(async () => {
      if (this.#isDropped) {
        throw new MillraceError('collectionNotFound', `collection ${this.#schema.name} dropped`)
      }
      this.#throwFault()
      await captureRows(this.#parts, keep)
      this.#context.builder.ask(this)
      this.#context.compactor.ask(this)
    })
  }

  /**
   * `commit` stores the schema. Rows get the new fields before it, so that none that comes meanwhile loses
   * a value, and lose the dropped ones after it.
   */
  changeSchema(schema: CollectionSchema, commit: () => Promise<void>): Promise<void> {
    return this.#serial.run(async () => {
      const both = withFieldsOf(schema, this.#schema)
      this.#growing.addFields(both)
      try {
        await commit()
        this.#schema = schema
      } finally {
        this.#growing.keepFields(this.#schema)
      }
    })
  }

  /** Removes all rows so far. `commit` removes the segments and what the log has of them from the store. */
  truncate(commit: CommitRemoval): Promise<void> {
    return this.#serial.run(async () => {
      this.#throwFault()
      await truncateRows(this.#parts, commit)
    })
  }

  /** `commit` removes the partition, its segments and its part of the log from the store. */
  dropPartition(partitionId: bigint, commit: CommitRemoval): Promise<void> {
    return this.#serial.run(() => dropPartitionRows(this.#parts, partitionId, commit))
  }

  /** `commit` removes the collection and its log from the store. */
  drop(commit: (logged: readonly Edit[]) => Promise<void>): Promise<void> {
    return this.#serial.run(() =>
      dropCollectionRows(this.#parts, commit, () => {
        this.#isDropped = true
      }),
    )
  }

  /** Settles when no seal or load is under way. */
  close(): Promise<void> {
    return this.#serial.idle()
  }

  #compact(inputs: readonly SealedSegment[], signal: AbortSignal): Promise<bigint | null> {
    const { oracle } = this.#context
    const oldest = this.timeToLiveMs && oracle.next() - timestampFromMs(this.timeToLiveMs)
    const around = {
      parts: () => this.#parts,
      inTurn: (commit: () => Promise<void>) => this.#serial.run(commit),
      oldest: oldest || null,
    }
    return runCompaction(around, inputs, signal)
  }

  async #grow(insert: () => Promise<bigint>): Promise<bigint> {
    this.#throwFault()
    if (this.#growing.byteLength >= 2 * sealBytes) await this.#serial.idle()
    const timestamp = await insert()
    if (this.#growing.byteLength >= sealBytes) this.#sealInBackground()
    return timestamp
  }

  #replay(): void {
    try {
      this.#growing.replay()
    } catch (error) {
      const { kind, message } = millraceErrorFrom(error)
      const text = `collection ${this.#schema.name}: the inserted rows could not be read: ${message}`
      this.#fault = new MillraceError(kind, text, {}, error)
    }
  }

  #throwFault(): void {
    if (this.#fault) throw this.#fault
  }

  #sealInBackground(): void {
    if (this.#isSealAsked) return
    this.#isSealAsked = true
    this.flush()
      .catch(this.#context.onSealError)
      .finally(() => {
        this.#isSealAsked = false
      })
  }

  get #parts(): CollectionParts {
    const sealed = this.#sealed
    const context = this.#context
    const collectionId = this.#collectionId
    return { context, collectionId, schema: this.#schema, sealed, growing: this.#growing }
  }

  /** Sealed and growing ones. */
  #segmentsIn(partitionIds: readonly bigint[]) {
    return [...this.#sealed.in(partitionIds), ...this.#growing.segments(partitionIds)]
  }
}

function withFieldsOf(schema: CollectionSchema, other: CollectionSchema): CollectionSchema {
  const ids = new Set(schema.fields.map(({ fieldId }) => fieldId))
  const missing = other.fields.filter(({ fieldId }) => !ids.has(fieldId))
  return { ...schema, fields: [...schema.fields, ...missing] }
}
