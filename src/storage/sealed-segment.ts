import { aliveFrom, countBits, unionOf } from '../column/bitmap.js'
import type { Column } from '../column/column.js'
import { filledColumn } from '../column/filled-column.js'
import { MillraceError } from '../errors.js'
import type { IndexedVectors } from '../indexes/index-family.js'
import { openBoxTree } from '../indexes/scalar/box-tree.js'
import { openValueIndex } from '../indexes/scalar/value-index.js'
import type { VectorPart } from '../kernels/vector-region.js'
import { DataType, isDenseVectorType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { SegmentReader } from '../segment/segment-reader.js'
import { RefCount } from '../util/ref-count.js'
import { type DeletedRowsInput, run as findDeletedRows } from './deleted-rows-job.js'
import { readIndex } from './index-files.js'
import type { InsertRun } from './insert-times.js'
import type { BuiltIndex, SegmentRecord } from './records.js'
import { type ResidentIndex, ResidentVectors, searchesRows } from './resident-vectors.js'
import type { RowsContext } from './rows-context.js'
import type { PinnedView, ScalarIndexOfSegment, SpatialIndexOfSegment } from './snapshot.js'
import { wantedIndexes } from './wanted-indexes.js'

/** Keys that were deleted at a time, by a column of them. */
export interface KeyDeletion {
  readonly keys: Column
  readonly rowCount: number
  readonly timestamp: bigint
}

/** What a segment begins with. */
export interface SealedStart {
  readonly vectors: ResidentVectors | null
  /** A set bit for every row deleted so far; null: none. */
  readonly deleted: Uint8Array | null
  readonly areDeletesStored: boolean
}

/** What the file of an index over scalar values is opened as. */
type OpenedIndex = ScalarIndexOfSegment | SpatialIndexOfSegment

/** Whoever gets it releases `resident.users`. */
interface VectorsToIndex extends IndexedVectors {
  readonly resident: ResidentVectors
}

/**
 * One sealed segment: its file, what of it is in memory, and which of its rows are deleted. Deletes come
 * as keys; which rows they mean is found when somebody needs to know, since it takes the key column.
 */
export class SealedSegment {
  readonly #context: RowsContext
  #record: SegmentRecord
  readonly #path: string
  readonly #pk: Field
  readonly #file: RefCount
  readonly #columns = new Map<number, Promise<Column>>()
  /** Which vectors are null: they lie in memory without it. */
  readonly #vectorValidity = new Map<number, Promise<Uint8Array | null>>()
  readonly #scalarIndexes = new Map<bigint, Promise<OpenedIndex | null>>()
  #pkOrder: Promise<Uint32Array | null> | null = null
  #keys: { readonly column: Column; readonly order: Uint32Array | null } | null = null
  #vectors: ResidentVectors | null
  #deleted: Uint8Array | null
  #alive: Uint8Array | null = null
  #unresolved: KeyDeletion[] = []
  #preparation: Promise<void> | null = null
  #areDeletesStored: boolean
  #viewCount = 0

  constructor(context: RowsContext, record: SegmentRecord, pk: Field, start: SealedStart) {
    this.#context = context
    this.#record = record
    this.#path = context.directory.segmentPath(record.segmentId)
    this.#pk = pk
    this.#vectors = start.vectors
    this.#deleted = start.deleted
    this.#areDeletesStored = start.areDeletesStored
    this.#alive = aliveFrom(start.deleted, record.file.rowCount)
    this.#file = new RefCount(() => context.directory.removeSegment(record.segmentId))
  }

  get record(): SegmentRecord {
    return this.#record
  }

  get rowCount(): number {
    return this.#record.file.rowCount
  }

  get insertRuns(): readonly InsertRun[] {
    const { insertRuns, timestamp } = this.#record
    return insertRuns ?? [{ rowEnd: this.rowCount, timestamp }]
  }

  get isLoaded(): boolean {
    return this.#vectors !== null
  }

  /** A set bit for every deleted row, when the store does not have it as it is; else null. */
  get unstoredDeletes(): Uint8Array | null {
    return this.#areDeletesStored ? null : this.#deleted
  }

  /** The store has `deleted`, which was `unstoredDeletes`. */
  noteStored(deleted: Uint8Array): void {
    if (deleted === this.#deleted) this.#areDeletesStored = true
  }

  get deletedCount(): number {
    return this.#deleted === null ? 0 : countBits(this.#deleted, this.rowCount)
  }

  /** Reads the vectors of `fields` into kernel memory, and indexes over other fields, once. */
  async load(fields: readonly Field[]): Promise<void> {
    if (this.#vectors) return
    this.#vectors = await this.#readVectors(fields)
    await this.#openedIndexesOn(this.#record.indexes.map(({ fieldId }) => fieldId))
  }

  /**
   * The vectors for the build of an index: those in memory, or a copy for as long as it takes.
   * @param isApart asks for a copy, in a memory with room beside it
   */
  async vectorsToIndex(field: Field, isApart: boolean): Promise<VectorsToIndex> {
    const inMemory = isApart || !this.#vectors?.parts(field) ? null : this.#vectors
    inMemory?.users.retain()
    const vectors = inMemory ?? (await this.#readVectors([field], true))
    try {
      const validity = await this.#validityOf(field)
      const [{ region }] = vectors.parts(field)!
      const { dataType, dim } = field
      return { region, rowCount: this.rowCount, dataType, dim, validity, resident: vectors }
    } catch (error) {
      vectors.users.release()
      throw error
    }
  }

  /** False of a field that is younger than the segment: its rows have none of it. */
  hasField({ fieldId }: Field): boolean {
    return this.#record.file.columns.some((column) => column.fieldId === fieldId)
  }

  /** A column for the build of an index: not kept. */
  columnToIndex(field: Field): Promise<Column> {
    return this.#readColumn(field)
  }

  /** Whether there is an index that can be read. */
  hasIndex(indexId: bigint): boolean {
    const { segmentId, indexes } = this.#record
    const isThere = indexes.some((index) => index.indexId === indexId)
    return isThere && !this.#context.builder.isDamaged(segmentId, indexId)
  }

  /** The store has `record`, which has other indexes than before. */
  noteIndexes(record: SegmentRecord): void {
    this.#record = record
    const ids = new Set(record.indexes.map(({ indexId }) => indexId))
    for (const indexId of this.#scalarIndexes.keys()) {
      if (!ids.has(indexId)) this.#scalarIndexes.delete(indexId)
    }
  }

  /**
   * Lets searches use an index that `record` names by now. Vectors in memory that it was not built beside
   * give way to those that it was, or are read again with it where there are more fields; those that it is
   * searched without give way to it alone.
   * @returns whether its region is in use
   */
  async useIndex(
    { resident, fields }: { resident: ResidentVectors; fields: readonly Field[] },
    fieldId: number,
    index: ResidentIndex,
  ): Promise<boolean> {
    const before = this.#vectors
    const keepsRows = searchesRows(this.#context, this.#record, index.indexId)
    if (before === resident && keepsRows) {
      resident.attach(fieldId, index)
      return true
    }
    if (before === null) return false
    const isWhole = keepsRows && resident.has(denseFieldsOf(fields))
    if (isWhole) {
      resident.users.retain()
      resident.attach(fieldId, index)
    }
    this.#vectors = isWhole ? resident : await this.#readVectors(fields)
    before.users.release()
    return isWhole
  }

  /** Gives the memory back as soon as no view uses it. */
  unload(): void {
    this.#vectors?.users.release()
    this.#vectors = null
    this.#forgetUnusedColumns()
  }

  /** Takes a delete that is later than these rows; one of the same time or earlier does not touch them. */
  delete(deletion: KeyDeletion): void {
    if (deletion.timestamp > this.#record.timestamp) this.#unresolved.push(deletion)
  }

  /** A set bit for every row that is known to be deleted; null: none is. */
  get deleted(): Uint8Array | null {
    return this.#deleted
  }

  /** Deletes the rows whose bits are set, whatever their keys. */
  deleteRows(rows: Uint8Array): void {
    this.#setDeleted(unionOf(this.#deleted, rows))
  }

  /**
   * Brings the key column into memory, and finds the rows of many deleted keys, so that `resolveDeletes` can go
   * through without waiting.
   * @param keysHere more deleted keys are looked for by a worker
   */
  prepareDeletes(keysHere: number): Promise<void> {
    this.#preparation ??= this.#prepareDeletes(keysHere).finally(() => {
      this.#preparation = null
    })
    return this.#preparation
  }

  /** Finds the rows of the deletes so far. @returns false when it takes `prepareDeletes` before. */
  resolveDeletes(keysHere: number): boolean {
    if (this.#unresolved.length === 0) return true
    if (this.#keys === null || this.#unresolvedKeyCount > keysHere) return false
    const rows = findDeletedRows(this.#deletedRowsInput())
    this.#unresolved = []
    if (rows) this.deleteRows(rows)
    return true
  }

  /** What a query sees until it releases the view, whatever is deleted, unloaded or dropped meanwhile. */
  pin(): PinnedView {
    const vectors = this.#vectors
    this.#file.retain()
    vectors?.users.retain()
    this.#viewCount++
    return {
      segmentId: this.#record.segmentId,
      partitionId: this.#record.partitionId,
      isGrowing: false,
      rowCount: this.rowCount,
      pool: this.#context.pool,
      alive: this.#alive,
      column: (field) => this.#viewColumn(field, vectors),
      validity: (field) => this.#validityOf(field),
      pkOrder: () => this.#order(),
      scalarIndexes: async (fieldIds) =>
        (await this.#openedIndexesOn(fieldIds)).filter((index) => 'values' in index),
      spatialIndexes: async (fieldIds) =>
        (await this.#openedIndexesOn(fieldIds)).filter((index) => 'boxes' in index),
      vectorParts: (field) => (this.hasField(field) ? residentParts(vectors, field) : []),
      vectorFile: (field) => vectors?.file(field) ?? null,
      vectorIndex: (field) => vectors?.index(field) ?? null,
      release: () => {
        this.#viewCount--
        vectors?.users.release()
        this.#forgetUnusedColumns()
        this.#file.release()
      },
    }
  }

  /** Removes the file once no view uses it; nothing may name it any more. */
  drop(): void {
    this.unload()
    this.#file.release()
  }

  async #prepareDeletes(keysHere: number): Promise<void> {
    const [column, order] = await Promise.all([this.#column(this.#pk), this.#order()])
    this.#keys = { column, order }
    if (this.#unresolvedKeyCount <= keysHere) return
    const found = new Set(this.#unresolved)
    const rows = await this.#context.pool.run<DeletedRowsInput, Uint8Array | null>(
      deletedRowsJob,
      this.#deletedRowsInput(),
      { lane: 'lengthy' },
    )
    this.#unresolved = this.#unresolved.filter((deletion) => !found.has(deletion))
    if (rows) this.deleteRows(rows)
  }

  get #unresolvedKeyCount(): number {
    return this.#unresolved.reduce((sum, { rowCount }) => sum + rowCount, 0)
  }

  #deletedRowsInput(): DeletedRowsInput {
    const { rowCount, pkMin, pkMax } = this.#record.file
    const deletions = this.#unresolved.map(({ keys, rowCount: count }) => ({
      keys,
      rowCount: count,
    }))
    return { deletions, ...this.#keys!, rowCount, pkMin, pkMax }
  }

  #setDeleted(deleted: Uint8Array): void {
    this.#deleted = deleted
    this.#alive = aliveFrom(deleted, this.rowCount)
    this.#areDeletesStored = false
  }

  #readVectors(fields: readonly Field[], leavesRoom = false): Promise<ResidentVectors> {
    const dense = denseFieldsOf(fields).filter((field) => this.hasField(field))
    return this.#withReader((reader) =>
      ResidentVectors.read(this.#context, reader, dense, this.#record, leavesRoom),
    )
  }

  async #viewColumn(field: Field, vectors: ResidentVectors | null): Promise<Column> {
    const resident = vectors?.column(field)
    if (!resident) return this.#column(field)
    return { ...resident, validity: await this.#validityOf(field) }
  }

  async #validityOf(field: Field): Promise<Uint8Array | null> {
    if (!field.nullable) return null
    if (!isDenseVectorType(field.dataType)) return (await this.#column(field)).validity
    if (!this.hasField(field)) return filledColumn(field, this.rowCount).validity
    const known = this.#vectorValidity.get(field.fieldId)
    if (known) return known
    const validity = this.#withReader((reader) => reader.readValidity(field.fieldId))
    this.#vectorValidity.set(field.fieldId, validity)
    validity.catch(() => this.#vectorValidity.delete(field.fieldId))
    return validity
  }

  /** Kept while the segment is loaded or somebody looks at it, but for dense vectors. */
  #column(field: Field): Promise<Column> {
    if (isDenseVectorType(field.dataType)) return this.#readColumn(field)
    const known = this.#columns.get(field.fieldId)
    if (known) return known
    const column = this.#readColumn(field)
    this.#columns.set(field.fieldId, column)
    column.catch(() => this.#columns.delete(field.fieldId))
    return column
  }

  async #readColumn(field: Field): Promise<Column> {
    const column = await this.#withReader((reader) => reader.readColumn(field))
    // The field is younger than the file.
    return column ?? filledColumn(field, this.rowCount)
  }

  /** Those that are built and can be read, over values of these fields. */
  async #openedIndexesOn(fieldIds: readonly number[]): Promise<OpenedIndex[]> {
    const built = this.#record.indexes.filter(
      ({ fieldId, indexId }) => fieldIds.includes(fieldId) && this.hasIndex(indexId),
    )
    const opened = await Promise.all(built.map((index) => this.#scalarIndex(index)))
    return opened.filter((index) => index !== null)
  }

  #scalarIndex(built: BuiltIndex): Promise<OpenedIndex | null> {
    const known = this.#scalarIndexes.get(built.indexId)
    if (known) return known
    const index = this.#openScalarIndex(built)
    this.#scalarIndexes.set(built.indexId, index)
    return index
  }

  /** One that cannot be read is built anew; until then the rows are looked at. */
  async #openScalarIndex(built: BuiltIndex): Promise<OpenedIndex | null> {
    const { segmentId, collectionId } = this.#record
    const { indexId, fieldId, byteLength } = built
    const collection = this.#context.catalog.collection(collectionId)
    const wanted = collection && wantedIndexes(collection).find((each) => each.indexId === indexId)
    if (wanted?.kind !== 'scalar') return null
    const bytes = new Uint8Array(new SharedArrayBuffer(byteLength))
    try {
      await readIndex(this.#context, segmentId, built, bytes)
      if (wanted.field.dataType === DataType.Geometry) return { fieldId, boxes: openBoxTree(bytes) }
      return { fieldId, json: wanted.json, values: openValueIndex(bytes) }
    } catch (error) {
      this.#scalarIndexes.delete(indexId)
      this.#context.builder.noteDamaged(segmentId, indexId, error)
      return null
    }
  }

  #order(): Promise<Uint32Array | null> {
    if (this.#pkOrder) return this.#pkOrder
    const order = this.#withReader((reader) => reader.readPkOrder())
    this.#pkOrder = order
    order.catch(() => {
      this.#pkOrder = null
    })
    return order
  }

  async #withReader<Result>(read: (reader: SegmentReader) => Promise<Result>): Promise<Result> {
    this.#file.retain()
    try {
      const reader = await SegmentReader.open(this.#path, this.#record.file)
      try {
        return await read(reader)
      } finally {
        await reader.close()
      }
    } finally {
      this.#file.release()
    }
  }

  #forgetUnusedColumns(): void {
    if (this.isLoaded || this.#viewCount > 0) return
    this.#columns.clear()
    this.#vectorValidity.clear()
    this.#scalarIndexes.clear()
    this.#pkOrder = null
    this.#keys = null
  }
}

const deletedRowsJob = new URL('./deleted-rows-job.js', import.meta.url)

function denseFieldsOf(fields: readonly Field[]): Field[] {
  return fields.filter(({ dataType }) => isDenseVectorType(dataType))
}

function residentParts(vectors: ResidentVectors | null, field: Field): readonly VectorPart[] {
  const parts = vectors?.parts(field)
  if (parts) return parts
  if (vectors?.file(field)) return []
  throw new MillraceError(
    'collectionNotLoaded',
    `the vectors of field ${field.name} were released meanwhile`,
  )
}
