import { aliveFrom, bitmapWithLength, hasBit, setBit } from '../column/bitmap.js'
import {
  type Column,
  type ColumnBatch,
  columnBytes,
  type FixedColumn,
  layoutOf,
} from '../column/column.js'
import { filledColumn, isFillable } from '../column/filled-column.js'
import { type GrowableColumn, growableColumn } from '../column/growable-column.js'
import type { VectorMemory } from '../kernels/vector-memory.js'
import { type CollectionSchema, primaryKeyOf } from '../schema/collection-schema.js'
import { isDenseVectorType, isStringType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { pkOrderOf } from '../segment/pk-order.js'
import type { PrimaryKey } from '../segment/segment-file.js'
import { RefCount } from '../util/ref-count.js'
import type { NumberedMemory, WorkerPool } from '../workers/worker-job.js'
import { type GrowingVectorRows, GrowingVectors } from './growing-vectors.js'
import { type InsertRun, noteRows } from './insert-times.js'
import { type KeyRows, keyRowsFor } from './key-rows.js'
import { rowBytes } from './resident-vectors.js'
import type { RowsContext } from './rows-context.js'
import type { KeyDeletion } from './segment-deletes.js'
import type { PinnedView } from './snapshot.js'

/** Rows as they lie in shared memory. */
export interface SharedRows {
  readonly rowCount: number
  /** But for dense vectors. */
  readonly columns: ReadonlyMap<number, Column>
  readonly vectors: readonly GrowingVectorRows[]
}

/** The rows of one partition that came by Insert and are not sealed yet. Appended rows never change. */
export class GrowingSegment {
  readonly segmentId: bigint
  readonly collectionId: bigint
  readonly partitionId: bigint
  readonly #pk: Field
  readonly #fields = new Map<number, Field>()
  readonly #columns = new Map<number, GrowableColumn>()
  readonly #vectors = new Map<number, GrowingVectors>()
  /** Of fields that were dropped; a view may look at them. */
  readonly #droppedVectors: GrowingVectors[] = []
  readonly #memory: VectorMemory
  readonly #pool: WorkerPool
  readonly #rowsByKey: KeyRows
  readonly #users: RefCount
  readonly #insertRuns: InsertRun[] = []
  #deleted: Uint8Array | null = null
  #rowCount = 0
  #deletedCount = 0
  #byteLength = 0
  #lastTimestamp = 0n

  constructor(
    ids: {
      readonly segmentId: bigint
      readonly collectionId: bigint
      readonly partitionId: bigint
    },
    schema: CollectionSchema,
    { memory, pool }: Pick<RowsContext, 'memory' | 'pool'>,
  ) {
    this.segmentId = ids.segmentId
    this.collectionId = ids.collectionId
    this.partitionId = ids.partitionId
    this.#pk = primaryKeyOf(schema)
    this.#rowsByKey = keyRowsFor(isStringType(this.#pk.dataType))
    this.#memory = memory
    this.#pool = pool
    this.addFields(schema.fields)
    this.#users = new RefCount(() => {
      for (const vectors of this.#vectors.values()) vectors.free()
      for (const vectors of this.#droppedVectors) vectors.free()
    })
  }

  /** The rows so far have what a row has that leaves the field out. */
  addFields(fields: readonly Field[]): void {
    for (const field of fields) {
      const { fieldId } = field
      if (this.#fields.has(fieldId)) continue
      this.#fields.set(fieldId, field)
      if (isDenseVectorType(field.dataType)) {
        this.#vectors.set(fieldId, new GrowingVectors(this.#memory, field))
      } else this.#columns.set(fieldId, growableColumn(layoutOf(field), true))
      if (this.#rowCount > 0) this.#appendColumn(field, undefined, this.#rowCount)
    }
  }

  /** Lets go of all other fields. */
  keepFields(fields: readonly Field[]): void {
    const kept = new Set(fields.map(({ fieldId }) => fieldId))
    for (const fieldId of this.#fields.keys()) {
      if (kept.has(fieldId)) continue
      const vectors = this.#vectors.get(fieldId)
      if (vectors) this.#droppedVectors.push(vectors)
      this.#vectors.delete(fieldId)
      this.#columns.delete(fieldId)
      this.#fields.delete(fieldId)
    }
  }

  get rowCount(): number {
    return this.#rowCount
  }

  get deletedCount(): number {
    return this.#deletedCount
  }

  get byteLength(): number {
    return this.#byteLength
  }

  get insertRuns(): readonly InsertRun[] {
    return this.#insertRuns
  }

  /** Of the last insert: later deletes touch the rows. */
  get lastTimestamp(): bigint {
    return this.#lastTimestamp
  }

  /** Makes room for rows, so that their append cannot fail. @throws memoryExceeded */
  reserve(rowCount: number): void {
    for (const vectors of this.#vectors.values()) vectors.reserve(rowCount)
  }

  /**
   * The columns are as `checkGrowingBatch` wants them, and there is room. Rows may come that were made, or
   * logged, before a field was added.
   */
  append(batch: ColumnBatch, timestamp: bigint): void {
    for (const field of this.#fields.values()) {
      this.#appendColumn(field, batch.columns.get(field.fieldId), batch.rowCount)
    }
    this.#rowsByKey.append(batch.columns.get(this.#pk.fieldId)!, batch.rowCount)
    this.#rowCount += batch.rowCount
    noteRows(this.#insertRuns, this.#rowCount, timestamp)
    this.#lastTimestamp = timestamp
  }

  /** Deletes the rows with these keys; all rows so far are earlier than the delete. */
  delete({ keys, rowCount }: KeyDeletion): void {
    let deleted: Uint8Array | null = null
    const doom = (row: number) => {
      deleted ??= this.#deletedSoFar()
      if (hasBit(deleted, row)) return
      setBit(deleted, row)
      this.#deletedCount++
    }
    this.#rowsByKey.eachRowOf(keys, rowCount, doom)
    if (deleted) this.#deleted = deleted
  }

  /** Of the rows that are not deleted, one for each. */
  *keys(): IterableIterator<PrimaryKey> {
    for (let row = 0; row < this.#rowCount; row++) {
      if (!this.isDeleted(row)) yield this.#rowsByKey.keyOf(row)
    }
  }

  isDeleted(row: number): boolean {
    return this.#deleted !== null && row < this.#deleted.length * 8 && hasBit(this.#deleted, row)
  }

  pin(): PinnedView {
    const rowCount = this.#rowCount
    const alive = aliveFrom(this.#deleted, rowCount)
    const scalars = new Map([...this.#columns].map(([id, column]) => [id, column.snapshot()]))
    this.#users.retain()
    return {
      segmentId: this.segmentId,
      partitionId: this.partitionId,
      isGrowing: true,
      rowCount,
      pool: this.#pool,
      alive,
      column: async (field) => this.#columnOf(field, scalars, rowCount),
      validity: async (field) => this.#validityOf(field, scalars, rowCount),
      pkOrder: async () => pkOrderOf(scalars.get(this.#pk.fieldId)!, rowCount),
      vectorParts: (field) => this.#vectors.get(field.fieldId)!.parts(rowCount),
      vectorFile: () => null,
      vectorIndex: () => null,
      scalarIndexes: async () => [],
      spatialIndexes: async () => [],
      release: () => this.#users.release(),
    }
  }

  /** All rows, for a seal: in shared memory, so that they are sent without a copy. */
  rows(): SharedRows {
    const rowCount = this.#rowCount
    const columns = new Map([...this.#columns].map(([id, column]) => [id, column.snapshot()]))
    const vectors = [...this.#vectors.values()].map((each) => each.rows(rowCount))
    return { rowCount, columns, vectors }
  }

  /** Those that `rows` names. */
  memories(): NumberedMemory[] {
    return [...this.#vectors.values()].flatMap((vectors) => vectors.memories())
  }

  /** Gives the memory back once no view uses it. */
  drop(): void {
    this.#users.release()
  }

  /** A copy, with room for all rows: views look at what was there before. */
  #deletedSoFar(): Uint8Array {
    const deleted = bitmapWithLength(this.#rowCount)
    if (this.#deleted) deleted.set(this.#deleted)
    return deleted
  }

  #columnOf(field: Field, scalars: ReadonlyMap<number, Column>, rowCount: number): Column {
    const column = scalars.get(field.fieldId) ?? this.#vectors.get(field.fieldId)?.column(rowCount)
    if (column) return column
    return filledColumn(field, rowCount)
  }

  #validityOf(field: Field, scalars: ReadonlyMap<number, Column>, rowCount: number) {
    const vectors = this.#vectors.get(field.fieldId)
    return vectors ? vectors.validity(rowCount) : this.#columnOf(field, scalars, rowCount).validity
  }

  #appendColumn(field: Field, given: Column | undefined, rowCount: number): void {
    const column = given ?? filledColumn(field, rowCount)
    this.#columns.get(field.fieldId)?.append(column, 0, rowCount)
    this.#vectors.get(field.fieldId)?.append(column, rowCount)
    this.#byteLength += columnBytes(column, 0, rowCount)
  }
}

/** For before rows are stored: those that no segment could take would be found again at every start. */
export function checkGrowingBatch({ fields }: CollectionSchema, batch: ColumnBatch): void {
  for (const field of fields) {
    const column = batch.columns.get(field.fieldId)
    if (!column && isFillable(field)) continue
    if (!column) throw new TypeError(`growing segment: no column for field ${field.name}`)
    if (!isDenseVectorType(field.dataType)) continue
    const { values, width } = column as FixedColumn
    if (width * values.BYTES_PER_ELEMENT === rowBytes(field)) continue
    throw new TypeError(`field ${field.name}: a row of ${width} values does not fit`)
  }
}
