import { keyColumn } from '../column/key-column.js'
import { MillraceError, millraceErrorFrom } from '../errors.js'
import { type CollectionSchema, primaryKeyOf } from '../schema/collection-schema.js'
import { isDenseVectorType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { SegmentReader } from '../segment/segment-reader.js'
import { Serial } from '../util/serial.js'
import {
  type DeletedKeys,
  type FrozenRows,
  GrowingRows,
  type PartitionBatch,
} from './growing-rows.js'
import type { GrowingSegment } from './growing-segment.js'
import {
  type CommitImport,
  findImportConflicts,
  type ImportConflicts,
  type ImportRules,
} from './import-conflicts.js'
import { aliveFromRow, rowsBefore } from './insert-times.js'
import type { SegmentRecord } from './records.js'
import { ResidentVectors } from './resident-vectors.js'
import type { RowsContext } from './rows-context.js'
import { deletedSince, sealGrowing } from './seal.js'
import { type KeyDeletion, SealedSegment, type SealedStart } from './sealed-segment.js'
import type { PinnedView, Snapshot } from './snapshot.js'
import { type Edit, keyFromId } from './store.js'
import { timestampFromMs } from './timestamp-oracle.js'

/** Growing rows of a collection are sealed when they are this long. */
const sealBytes = 64 * 1024 ** 2

/** The rows of one collection: sealed segments, growing rows, and the deletes on both. */
export class CollectionRows {
  readonly #context: RowsContext
  readonly #collectionId: bigint
  #schema: CollectionSchema
  readonly #sealed = new Map<bigint, SealedSegment>()
  /** Segments whose commit is under way: a delete that settles before they are seen must reach them. */
  #arriving: readonly SealedSegment[] = []
  readonly #growing: GrowingRows
  readonly #loadedPartitions = new Set<bigint>()
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
    this.#growing = new GrowingRows(context, collectionId, schema, (deletion, partitionId) =>
      this.#deleteSealed(deletion, partitionId),
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
      if (record.taskId === null) rows.#addSealed(record, rows.#storedStart(record))
    }
    rows.#replay()
    return rows
  }

  /** What is wrong with the stored rows, so that they can only be dropped; null: nothing. */
  get fault(): MillraceError | null {
    return this.#fault
  }

  isLoaded(partitionId: bigint): boolean {
    return this.#loadedPartitions.has(partitionId)
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
    await this.#resolveDeletes()
    const timestamp = this.#context.oracle.next()
    const growing = this.#growing.segments(partitionIds)
    const views = [...this.#sealedIn(partitionIds), ...growing].flatMap((segment) =>
      this.#livingView(segment, timestamp),
    )
    return {
      views,
      timestamp,
      release: () => {
        for (const view of views) view.release()
      },
    }
  }

  /** Rows that are not deleted. */
  async rowCount(partitionIds: readonly bigint[]): Promise<number> {
    this.#throwFault()
    await this.#resolveDeletes()
    const segments = [...this.#sealedIn(partitionIds), ...this.#growing.segments(partitionIds)]
    return segments.reduce((sum, { rowCount, deletedCount }) => sum + rowCount - deletedCount, 0)
  }

  /** Rows in sealed segments, deleted ones too: what an index is made of. */
  get sealedRowCount(): number {
    return [...this.#sealed.values()].reduce((sum, { rowCount }) => sum + rowCount, 0)
  }

  /** Makes the partitions ready for searches, with what comes to them later. */
  load(partitionIds: readonly bigint[]): Promise<void> {
    return this.#serial.run(async () => {
      this.#throwFault()
      try {
        for (const segment of this.#sealedIn(partitionIds)) {
          await segment.load(this.#context.memory, this.#vectorFields())
        }
      } catch (error) {
        this.#unloadUnused(partitionIds)
        throw error
      }
      for (const partitionId of partitionIds) this.#loadedPartitions.add(partitionId)
    })
  }

  release(partitionIds: readonly bigint[]): Promise<void> {
    return this.#serial.run(async () => {
      for (const partitionId of partitionIds) this.#loadedPartitions.delete(partitionId)
      for (const segment of this.#sealedIn(partitionIds)) segment.unload()
    })
  }

  /** Seals the rows that have come so far. @returns the new segments */
  flush(): Promise<SegmentRecord[]> {
    return this.#serial.run(() => this.#seal())
  }

  /** The ids of all sealed segments. */
  segmentIds(): bigint[] {
    return [...this.#sealed.keys()]
  }

  /** Sealed and growing segments with rows. */
  segments() {
    const sealed = [...this.#sealed.values()].map(({ record, rowCount }) => ({
      segmentId: record.segmentId,
      partitionId: record.partitionId,
      isSealed: true,
      rowCount,
    }))
    const growing = this.#growing.all().map(({ segmentId, partitionId, rowCount }) => ({
      segmentId,
      partitionId,
      isSealed: false,
      rowCount,
    }))
    return [...sealed, ...growing].filter(({ rowCount }) => rowCount > 0)
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
      const conflicts = await this.#conflictsOf(records, rules)
      const shown = rules.areOnlyKeys ? [] : conflicts.shown()
      const vectors = await this.#loadAhead(shown)
      await releasingOnError(vectors, async () => {
        while (!conflicts.isReady) await conflicts.prepare()
        await this.#commitImported(conflicts, rules, shown, vectors, commit)
      })
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
  truncate(
    commit: (segments: readonly SegmentRecord[], logged: readonly Edit[]) => Promise<void>,
  ): Promise<void> {
    return this.#serial.run(async () => {
      this.#throwFault()
      const frozen = this.#growing.freeze()
      const segments = [...this.#sealed.values()]
      await commit(
        segments.map(({ record }) => record),
        this.#growing.forgetEdits(frozen),
      )
      this.#growing.forget(frozen)
      for (const segment of segments) this.#dropSegment(segment)
    })
  }

  /** Finds who loses to whom. Growing rows are sealed before, so that nearly all keys lie in files. */
  async #conflictsOf(
    records: readonly SegmentRecord[],
    rules: ImportRules,
  ): Promise<ImportConflicts> {
    if (rules.loser !== 'none' && records.length > 0) await this.#seal()
    await this.#resolveDeletes()
    const { partitionId } = rules
    const existing = [...this.#sealed.values()].filter(
      ({ record }) => partitionId === null || record.partitionId === partitionId,
    )
    const growingKeys = () => this.#growing.keys(partitionId)
    const pk = primaryKeyOf(this.#schema)
    return findImportConflicts(this.#context, pk, { records, existing, rules, growingKeys })
  }

  /** From the timestamp to the commit nothing is waited for: nobody comes between. */
  async #commitImported(
    conflicts: ImportConflicts,
    { partitionId }: ImportRules,
    shown: readonly SegmentRecord[],
    vectors: ReadonlyMap<bigint, ResidentVectors>,
    commit: CommitImport,
  ): Promise<void> {
    const lateKeys = conflicts.lateKeys()
    const timestamp = this.#context.oracle.next()
    const visible = shown.map((record) => ({ ...record, taskId: null, timestamp }))
    const removed = conflicts.records.filter((record) => !shown.includes(record))
    const deletions = [...conflicts.deletionsOf(visible), ...conflicts.deletionsOfExisting()]
    const edits = deletions.map(([segmentId, deleted]) => deletionEdit(segmentId, deleted))
    const counts = conflicts.counts(lateKeys.length)
    const commitAll = (logged: readonly Edit[]) =>
      commit({ visible, removed, edits: [...edits, ...logged], ...counts })
    const arriving = visible.map((record) =>
      this.#sealedSegment(record, {
        vectors: vectors.get(record.segmentId) ?? null,
        deleted: conflicts.lostOf(record.segmentId),
        areDeletesStored: true,
      }),
    )
    this.#arriving = arriving
    const show = () => {
      for (const { segment, lost } of conflicts.losingExisting) segment.deleteRows(lost)
      for (const segment of arriving) this.#sealed.set(segment.record.segmentId, segment)
      this.#arriving = []
    }
    try {
      if (lateKeys.length === 0) {
        await commitAll([])
        show()
      } else {
        const keys = keyColumn(primaryKeyOf(this.#schema), lateKeys)
        const late = { keys, rowCount: lateKeys.length, partitionId }
        await this.#growing.deleteWithin(late, { timestamp, commit: commitAll, onApplied: show })
      }
    } finally {
      this.#arriving = []
    }
    for (const { segmentId } of removed) this.#context.directory.removeSegment(segmentId)
  }

  /** `commit` removes the partition, its segments and its part of the log from the store. */
  dropPartition(
    partitionId: bigint,
    commit: (segments: readonly SegmentRecord[], logged: readonly Edit[]) => Promise<void>,
  ): Promise<void> {
    return this.#serial.run(async () => {
      const segments = this.#sealedIn([partitionId])
      const records = segments.map(({ record }) => record)
      try {
        await commit(records, this.#growing.dropPartitionEdits(partitionId))
      } catch (error) {
        this.#growing.undoDrop(partitionId)
        throw error
      }
      this.#growing.dropPartition(partitionId)
      this.#loadedPartitions.delete(partitionId)
      for (const segment of segments) this.#dropSegment(segment)
    })
  }

  /** `commit` removes the collection and its log from the store. */
  drop(commit: (logged: readonly Edit[]) => Promise<void>): Promise<void> {
    return this.#serial.run(async () => {
      const hidden = this.#hiddenIds()
      try {
        await commit(this.#growing.dropEdits())
      } catch (error) {
        this.#growing.undoDrop(null)
        throw error
      }
      this.#isDropped = true
      for (const segment of this.#sealed.values()) this.#dropSegment(segment)
      for (const segmentId of hidden) this.#context.directory.removeSegment(segmentId)
      this.#growing.drop()
    })
  }

  /** Settles when no seal or load is under way. */
  close(): Promise<void> {
    return this.#serial.idle()
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

  #unloadUnused(partitionIds: readonly bigint[]): void {
    for (const segment of this.#sealedIn(partitionIds)) {
      if (!this.isLoaded(segment.record.partitionId)) segment.unload()
    }
  }

  /** Segments of imports that have not completed. */
  #hiddenIds(): bigint[] {
    return this.#context.catalog
      .segments(this.#collectionId)
      .filter(({ taskId }) => taskId !== null)
      .map(({ segmentId }) => segmentId)
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

  /**
   * Growing rows become segments, and the log lets go of them and of the deletes so far, in one
   * transaction. Rows that are deleted while the files are written stay in the log and are marked after.
   */
  async #seal(): Promise<SegmentRecord[]> {
    if (this.#isDropped) return []
    this.#throwFault()
    const frozen = this.#growing.freeze()
    const sealed = await sealGrowing(this.#context, this.#schema, frozen.segments)
    const records = sealed.map(({ record }) => record)
    const vectors = await this.#commitSeal(records, frozen)
    for (const { record, growing, rowOffsets } of sealed) {
      this.#addSealed(record, {
        vectors: vectors.get(record.segmentId) ?? null,
        deleted: deletedSince(growing, rowOffsets),
        areDeletesStored: false,
      })
    }
    this.#growing.forget(frozen)
    return records
  }

  /** Until they are stored, the files are nobody's and go when something fails. @returns what is loaded */
  async #commitSeal(
    records: readonly SegmentRecord[],
    frozen: FrozenRows,
  ): Promise<Map<bigint, ResidentVectors>> {
    try {
      const vectors = await this.#loadAhead(records)
      await releasingOnError(vectors, () => this.#storeSeal(records, frozen))
      return vectors
    } catch (error) {
      for (const { segmentId } of records) this.#context.directory.removeSegment(segmentId)
      throw error
    }
  }

  /** Stores the sealed segments and all deletes that the log lets go of. */
  async #storeSeal(records: readonly SegmentRecord[], frozen: FrozenRows): Promise<void> {
    await this.#resolveDeletes()
    const dirty = [...this.#sealed.values()].filter(({ unstoredDeletes }) => unstoredDeletes)
    const stored = dirty.map((segment) => ({ segment, deleted: segment.unstoredDeletes! }))
    const deletions = stored.map(({ segment, deleted }) =>
      deletionEdit(segment.record.segmentId, deleted),
    )
    await this.#context.catalog.editSegments(
      records,
      [],
      [...this.#growing.forgetEdits(frozen), ...deletions],
    )
    for (const { segment, deleted } of stored) segment.noteStored(deleted)
  }

  #deleteSealed(deletion: KeyDeletion, partitionId: bigint | null): void {
    for (const segment of [...this.#sealed.values(), ...this.#arriving]) {
      if (partitionId === null || segment.record.partitionId === partitionId) {
        segment.delete(deletion)
      }
    }
  }

  /** Finds the rows of all deletes so far. Nothing is waited for between the last look and the return. */
  async #resolveDeletes(): Promise<void> {
    for (;;) {
      const waiting = [...this.#sealed.values()].filter((segment) => !segment.resolveDeletes())
      if (waiting.length === 0) return
      for (const segment of waiting) await segment.readKeys()
    }
  }

  /** Nothing where no row is left. */
  #livingView(segment: SealedSegment | GrowingSegment, now: bigint): PinnedView[] {
    const { rowCount, insertRuns } = segment
    const ttl = this.timeToLiveMs
    const expired = ttl === null ? 0 : rowsBefore(insertRuns, now - timestampFromMs(ttl))
    if (expired >= rowCount) return []
    const view = segment.pin()
    return [{ ...view, alive: aliveFromRow(view.alive, expired, rowCount) }]
  }

  #sealedIn(partitionIds: readonly bigint[]): SealedSegment[] {
    const segments = [...this.#sealed.values()]
    return segments.filter(({ record }) => partitionIds.includes(record.partitionId))
  }

  async #loadAhead(records: readonly SegmentRecord[]): Promise<Map<bigint, ResidentVectors>> {
    const vectors = new Map<bigint, ResidentVectors>()
    await releasingOnError(vectors, async () => {
      for (const record of records) {
        if (!this.isLoaded(record.partitionId)) continue
        vectors.set(record.segmentId, await this.#readVectors(record))
      }
    })
    return vectors
  }

  async #readVectors({ segmentId, file }: SegmentRecord): Promise<ResidentVectors> {
    const { directory, memory } = this.#context
    const reader = await SegmentReader.open(directory.segmentPath(segmentId), file)
    try {
      return await ResidentVectors.read(memory, reader, this.#vectorFields(), file.rowCount)
    } finally {
      await reader.close()
    }
  }

  #vectorFields(): Field[] {
    return this.#schema.fields.filter(({ dataType }) => isDenseVectorType(dataType))
  }

  #storedStart({ segmentId }: SegmentRecord): SealedStart {
    const { store } = this.#context.directory
    const deleted = store.getBytes('deletions', keyFromId(segmentId)) ?? null
    return { vectors: null, deleted: deleted && Uint8Array.from(deleted), areDeletesStored: true }
  }

  #addSealed(record: SegmentRecord, start: SealedStart): void {
    this.#sealed.set(record.segmentId, this.#sealedSegment(record, start))
  }

  #sealedSegment(record: SegmentRecord, start: SealedStart): SealedSegment {
    const path = this.#context.directory.segmentPath(record.segmentId)
    return new SealedSegment(record, path, primaryKeyOf(this.#schema), start)
  }

  #dropSegment(segment: SealedSegment): void {
    this.#sealed.delete(segment.record.segmentId)
    segment.drop()
  }
}

function withFieldsOf(schema: CollectionSchema, other: CollectionSchema): CollectionSchema {
  const ids = new Set(schema.fields.map(({ fieldId }) => fieldId))
  const missing = other.fields.filter(({ fieldId }) => !ids.has(fieldId))
  return { ...schema, fields: [...schema.fields, ...missing] }
}

function deletionEdit(segmentId: bigint, deleted: Uint8Array): Edit {
  return { table: 'deletions', key: keyFromId(segmentId), bytes: deleted }
}

async function releasingOnError(
  vectors: ReadonlyMap<bigint, ResidentVectors>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    for (const each of vectors.values()) each.users.release()
    throw error
  }
}
