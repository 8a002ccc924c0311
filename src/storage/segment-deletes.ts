import { aliveFrom, countBits, unionOf } from '../column/bitmap.js'
import type { Column } from '../column/column.js'
import type { Field } from '../schema/field.js'
import type { SegmentFile } from '../segment/segment-file.js'
import type { WorkerPool } from '../workers/worker-job.js'
import { type DeletedRowsInput, run as findDeletedRows } from './deleted-rows-job.js'
import type { SegmentColumns } from './segment-columns.js'

/** Keys that were deleted at a time, by a column of them. */
export interface KeyDeletion {
  readonly keys: Column
  readonly rowCount: number
  readonly timestamp: bigint
}

/** The deletes that a segment begins with. */
export interface DeletesStart {
  /** A set bit for every row deleted so far; null: none. */
  readonly deleted: Uint8Array | null
  readonly areDeletesStored: boolean
}

/** What rows are looked for in, by their keys. */
interface KeyedRows {
  readonly pool: WorkerPool
  readonly columns: SegmentColumns
  readonly pk: Field
  readonly file: SegmentFile
}

/**
 * Which rows of a sealed segment are deleted. Deletes come as keys; which rows they mean is found when
 * somebody needs to know, since it takes the key column.
 */
export class SegmentDeletes {
  readonly #segment: KeyedRows
  #rows: Uint8Array | null
  #alive: Uint8Array | null
  #areStored: boolean
  #unresolved: KeyDeletion[] = []
  #keys: { readonly column: Column; readonly order: Uint32Array | null } | null = null
  #preparation: Promise<void> | null = null

  constructor(segment: KeyedRows, { deleted, areDeletesStored }: DeletesStart) {
    this.#segment = segment
    this.#rows = deleted
    this.#alive = aliveFrom(deleted, segment.file.rowCount)
    this.#areStored = areDeletesStored
  }

  /** A set bit for every row that is known to be deleted; null: none is. */
  get rows(): Uint8Array | null {
    return this.#rows
  }

  /** A set bit for every other row; null: there is no deleted one. */
  get alive(): Uint8Array | null {
    return this.#alive
  }

  get count(): number {
    return this.#rows === null ? 0 : countBits(this.#rows, this.#segment.file.rowCount)
  }

  /** The deleted rows, when the store does not have them as they are; else null. */
  get unstored(): Uint8Array | null {
    return this.#areStored ? null : this.#rows
  }

  /** The store has `rows`, which were `unstored`. */
  noteStored(rows: Uint8Array): void {
    if (rows === this.#rows) this.#areStored = true
  }

  /** Takes a delete that is later than the segment's rows. */
  add(deletion: KeyDeletion): void {
    this.#unresolved.push(deletion)
  }

  /** Deletes the rows whose bits are set, whatever their keys. */
  addRows(rows: Uint8Array): void {
    this.#rows = unionOf(this.#rows, rows)
    this.#alive = aliveFrom(this.#rows, this.#segment.file.rowCount)
    this.#areStored = false
  }

  /** Finds the rows of the deletes so far. @returns false when it takes `prepare` before. */
  resolve(keysHere: number): boolean {
    if (this.#unresolved.length === 0) return true
    if (this.#keys === null || this.#unresolvedKeyCount > keysHere) return false
    const rows = findDeletedRows(this.#deletedRowsInput())
    this.#unresolved = []
    if (rows) this.addRows(rows)
    return true
  }

  /**
   * Brings the key column into memory, and finds the rows of many deleted keys, so that `resolve` can go
   * through without waiting.
   * @param keysHere more deleted keys are looked for by a worker
   */
  prepare(keysHere: number): Promise<void> {
    this.#preparation ??= this.#prepare(keysHere).finally(() => {
      this.#preparation = null
    })
    return this.#preparation
  }

  forgetKeys(): void {
    this.#keys = null
  }

  async #prepare(keysHere: number): Promise<void> {
    const { pool, columns, pk } = this.#segment
    const [column, order] = await Promise.all([columns.column(pk), columns.pkOrder()])
    this.#keys = { column, order }
    if (this.#unresolvedKeyCount <= keysHere) return
    const found = new Set(this.#unresolved)
    const rows = await pool.run<DeletedRowsInput, Uint8Array | null>(
      deletedRowsJob,
      this.#deletedRowsInput(),
      { lane: 'lengthy' },
    )
    this.#unresolved = this.#unresolved.filter((deletion) => !found.has(deletion))
    if (rows) this.addRows(rows)
  }

  get #unresolvedKeyCount(): number {
    return this.#unresolved.reduce((sum, { rowCount }) => sum + rowCount, 0)
  }

  #deletedRowsInput(): DeletedRowsInput {
    const { rowCount, pkMin, pkMax } = this.#segment.file
    const deletions = this.#unresolved.map(({ keys, rowCount: count }) => ({
      keys,
      rowCount: count,
    }))
    return { deletions, ...this.#keys!, rowCount, pkMin, pkMax }
  }
}

const deletedRowsJob = new URL('./deleted-rows-job.js', import.meta.url)
