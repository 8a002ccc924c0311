import type { Column } from '../column/column.js'
import { MillraceError } from '../errors.js'
import type { IndexedVectors } from '../indexes/index-family.js'
import type { VectorPart } from '../kernels/vector-region.js'
import { isDenseVectorType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { RefCount } from '../util/ref-count.js'
import type { InsertRun } from './insert-times.js'
import type { SegmentRecord } from './records.js'
import { type ResidentIndex, ResidentVectors, searchesRows } from './resident-vectors.js'
import type { RowsContext } from './rows-context.js'
import { SegmentColumns } from './segment-columns.js'
import { type DeletesStart, type KeyDeletion, SegmentDeletes } from './segment-deletes.js'
import { hasReadableIndex, SegmentScalarIndexes } from './segment-scalar-indexes.js'
import type { PinnedView } from './snapshot.js'

/** What a segment begins with. */
export interface SealedStart extends DeletesStart {
  readonly vectors: ResidentVectors | null
}

/** Whoever gets it releases `resident.users`. */
interface VectorsToIndex extends IndexedVectors {
  readonly resident: ResidentVectors
}

/** One sealed segment: its file, what of it is in memory, its indexes, and which of its rows are deleted. */
export class SealedSegment {
  readonly columns: SegmentColumns
  readonly deletes: SegmentDeletes
  readonly #context: RowsContext
  #record: SegmentRecord
  readonly #file: RefCount
  readonly #scalarIndexes: SegmentScalarIndexes
  #vectors: ResidentVectors | null
  #viewCount = 0

  constructor(context: RowsContext, record: SegmentRecord, pk: Field, start: SealedStart) {
    const { directory, pool } = context
    const { segmentId, file } = record
    this.#context = context
    this.#record = record
    this.#file = new RefCount(() => directory.removeSegment(segmentId))
    this.columns = new SegmentColumns(directory.segmentPath(segmentId), file, this.#file)
    this.deletes = new SegmentDeletes({ pool, columns: this.columns, pk, file }, start)
    this.#scalarIndexes = new SegmentScalarIndexes(context)
    this.#vectors = start.vectors
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

  get deletedCount(): number {
    return this.deletes.count
  }

  /** Reads the vectors of `fields` into kernel memory, and indexes over other fields, once. */
  async load(fields: readonly Field[]): Promise<void> {
    if (this.#vectors) return
    this.#vectors = await this.#readVectors(fields)
    const fieldIds = this.#record.indexes.map(({ fieldId }) => fieldId)
    await this.#scalarIndexes.on(this.#record, fieldIds)
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
      const validity = await this.columns.validity(field)
      const [{ region }] = vectors.parts(field)!
      const { dataType, dim } = field
      return { region, rowCount: this.rowCount, dataType, dim, validity, resident: vectors }
    } catch (error) {
      vectors.users.release()
      throw error
    }
  }

  /** Whether there is an index that can be read. */
  hasIndex(indexId: bigint): boolean {
    return hasReadableIndex(this.#context, this.#record, indexId)
  }

  /** The store has `record`, which has other indexes than before. */
  noteIndexes(record: SegmentRecord): void {
    this.#record = record
    this.#scalarIndexes.keepOnly(record)
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
    if (deletion.timestamp > this.#record.timestamp) this.deletes.add(deletion)
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
      alive: this.deletes.alive,
      column: (field) => this.#viewColumn(field, vectors),
      validity: (field) => this.columns.validity(field),
      pkOrder: () => this.columns.pkOrder(),
      scalarIndexes: async (fieldIds) =>
        (await this.#scalarIndexes.on(this.#record, fieldIds)).filter((index) => 'values' in index),
      spatialIndexes: async (fieldIds) =>
        (await this.#scalarIndexes.on(this.#record, fieldIds)).filter((index) => 'boxes' in index),
      vectorParts: (field) => (this.columns.has(field) ? residentParts(vectors, field) : []),
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

  #readVectors(fields: readonly Field[], leavesRoom = false): Promise<ResidentVectors> {
    const dense = denseFieldsOf(fields).filter((field) => this.columns.has(field))
    return this.columns.withReader((reader) =>
      ResidentVectors.read(this.#context, reader, dense, this.#record, leavesRoom),
    )
  }

  async #viewColumn(field: Field, vectors: ResidentVectors | null): Promise<Column> {
    const resident = vectors?.column(field)
    if (!resident) return this.columns.column(field)
    return { ...resident, validity: await this.columns.validity(field) }
  }

  #forgetUnusedColumns(): void {
    if (this.isLoaded || this.#viewCount > 0) return
    this.columns.forget()
    this.#scalarIndexes.forget()
    this.deletes.forgetKeys()
  }
}

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
