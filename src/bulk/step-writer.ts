import { type ColumnBatch, columnBytes } from '../column/column.js'
import { gatherBatch } from '../column/slice.js'
import { importOrderColumn, importOrderField } from '../storage/import-order.js'
import { withAutoIds } from './auto-ids.js'
import type { ImportStepInput } from './import-step.js'
import type { ImportedSegment } from './import-target.js'
import { rowsByPartition } from './partition-router.js'
import { segmentRowsMaxOf } from './plan-import.js'
import { UnitSegments } from './unit-segments.js'

/** A step over many partitions ends when their segments are this large together. */
const stepBytesOfPartition = 64 * 1024 ** 2
const stepBytesMin = 512 * 1024 ** 2
const stepBytesMax = 4 * 1024 ** 3

/** Gives a step's rows their ids and partitions and writes them; those of a dry run are only counted. */
export class StepWriter {
  readonly #input: ImportStepInput
  #segments: UnitSegments | null = null
  #writtenBytes = 0
  rowCount = 0

  constructor(input: ImportStepInput) {
    this.#input = input
  }

  /** @param partitionRows rows that come for each partition at most */
  expectCounted(partitionRows: readonly number[]): void {
    const { part, isDryRun } = this.#input
    if (isDryRun) return
    this.#segments ??= this.#newSegments(partitionRows, part.bytes / Math.max(1, part.rowCount!))
  }

  /** @param rowCount rows that are likely still to come, this batch's among them */
  expectAbout(rowCount: number, batch: ColumnBatch): void {
    if (this.#input.isDryRun || batch.rowCount === 0) return
    this.#segments ??= this.#newSegments(null, bytesOf(batch) / batch.rowCount)
    this.#segments.rowsExpected = rowCount
  }

  /** Whether a batch would go on in the one segment that is open. */
  hasRoom({ rowCount }: ColumnBatch): boolean {
    const { partitionIds, rowsMax } = this.#input
    if (this.rowCount > 0 && this.rowCount + rowCount > rowsMax) return false
    return partitionIds.length > 1 || (this.#segments?.hasRoom(0, rowCount) ?? true)
  }

  /** Whether what there is should be committed. */
  get isFull(): boolean {
    const { partitionIds } = this.#input
    if (partitionIds.length === 1) return (this.#segments?.finishedCount ?? 0) > 0
    const bytesMax = Math.max(stepBytesMin, partitionIds.length * stepBytesOfPartition)
    return this.#writtenBytes >= Math.min(stepBytesMax, bytesMax)
  }

  /** Writes those rows of a batch that belong to the wanted partitions; null: to any. */
  write(batch: ColumnBatch, wanted: readonly number[] | null): void {
    const { columns, autoIdBegin } = this.#input
    const rowBegin = this.rowCount
    this.rowCount += batch.rowCount
    if (this.#segments === null || batch.rowCount === 0) return
    const idBegin = autoIdBegin === null ? null : autoIdBegin + BigInt(rowBegin)
    const keyed = idBegin === null ? batch : withAutoIds(batch, columns.autoId!, idBegin)
    const whole = columns.hasOrder ? this.#withOrder(keyed, rowBegin) : keyed
    this.#writtenBytes += bytesOf(whole)
    this.#append(this.#segments, whole, wanted)
  }

  finish(): ImportedSegment[] {
    return this.#segments?.finish() ?? []
  }

  /** Removes what `finish` did not hand over. */
  close(): void {
    this.#segments?.close()
  }

  /** Rows that were rejected before only leave gaps. */
  #withOrder({ columns, rowCount }: ColumnBatch, rowBegin: number): ColumnBatch {
    const { unitIndex, from } = this.#input
    const order = importOrderColumn(unitIndex, (from?.row ?? 0) + rowBegin, rowCount)
    return { rowCount, columns: new Map(columns).set(importOrderField.fieldId, order) }
  }

  #append(segments: UnitSegments, batch: ColumnBatch, wanted: readonly number[] | null): void {
    const { columns, partitionIds } = this.#input
    if (columns.partitionKey === null) {
      segments.append(0, batch)
      return
    }
    const keys = batch.columns.get(columns.partitionKey.fieldId)!
    rowsByPartition(keys, batch.rowCount, partitionIds.length).forEach((rows, index) => {
      if (rows.length === 0 || (wanted !== null && !wanted.includes(index))) return
      segments.append(index, gatherBatch(batch, rows))
    })
  }

  #newSegments(partitionRows: readonly number[] | null, rowBytes: number): UnitSegments {
    const { columns, keptBytesMax } = this.#input
    const fields = columns.written
    const segmentRowsMax = segmentRowsMaxOf(fields, rowBytes, keptBytesMax)
    return new UnitSegments({ ...this.#input, fields, partitionRows, segmentRowsMax })
  }
}

/** What a batch takes in memory. */
function bytesOf({ columns, rowCount }: ColumnBatch): number {
  let bytes = 0
  for (const column of columns.values()) bytes += columnBytes(column, 0, rowCount)
  return bytes
}
