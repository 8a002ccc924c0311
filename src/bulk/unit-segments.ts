import { rmSync } from 'node:fs'
import { type ColumnBatch, columnBytes } from '../column/column.js'
import { sliceBatch } from '../column/slice.js'
import { MillraceError } from '../errors.js'
import type { Field } from '../schema/field.js'
import { SegmentWriter } from '../segment/segment-writer.js'
import { segmentPathIn } from '../storage/data-directory.js'
import type { ImportedSegment } from './import-target.js'

interface UnitSegmentsOptions {
  readonly fields: readonly Field[]
  readonly schemaVersion: number
  readonly segmentsPath: string
  readonly segmentIdBegin: bigint
  readonly segmentIdCount: number
  readonly partitionIds: readonly bigint[]
  /** How many rows will come for each partition at most; null: nobody knows, `rowsExpected` is a guess. */
  readonly partitionRows: readonly number[] | null
  readonly segmentRowsMax: number
  /** Memory for columns of variable length, which a segment's writer keeps until its end. */
  readonly keptBytesMax: number
}

interface OpenSegment {
  readonly segmentId: bigint
  readonly writer: SegmentWriter
  readonly rowCapacity: number
  rowCount: number
  keptBytes: number
}

/** Room beside what is expected: rows are seldom all as long as those before. */
const spareRoom = 1.1
/** Partitions are seldom all alike. */
const spareRoomOfPartition = 2
const roomMin = 1024

/**
 * The segments that one step of an import fills, at most one open for each partition. Over the memory
 * budget, the largest open one is finished early.
 */
export class UnitSegments {
  readonly #options: UnitSegmentsOptions
  readonly #open = new Map<number, OpenSegment>()
  readonly #rowsLeft: number[] | null
  readonly #rowsMax: number[]
  #written: ImportedSegment[] = []
  #nextId: bigint
  /** Rows that are still to come, where nobody counted them. */
  rowsExpected = 0

  constructor(options: UnitSegmentsOptions) {
    this.#options = options
    this.#rowsLeft = options.partitionRows && [...options.partitionRows]
    this.#rowsMax = options.partitionIds.map(() => options.segmentRowsMax)
    this.#nextId = options.segmentIdBegin
  }

  /** Segments that are full, or were finished early. */
  get finishedCount(): number {
    return this.#written.length
  }

  /** Whether a partition's rows go on in the segment that is open for it. */
  hasRoom(partitionIndex: number, rowCount: number): boolean {
    const segment = this.#open.get(partitionIndex)
    return segment === undefined || segment.rowCount + rowCount <= segment.rowCapacity
  }

  append(partitionIndex: number, batch: ColumnBatch): void {
    for (let row = 0; row < batch.rowCount; ) {
      const rowsLeft = batch.rowCount - row
      const segment = this.#open.get(partitionIndex) ?? this.#openSegment(partitionIndex, rowsLeft)
      const end = Math.min(batch.rowCount, row + segment.rowCapacity - segment.rowCount)
      const part = sliceBatch(batch, row, end)
      segment.writer.append(part)
      segment.rowCount += part.rowCount
      segment.keptBytes += keptBytesOf(part)
      if (segment.rowCount === segment.rowCapacity) this.#finishSegment(partitionIndex, segment)
      row = end
    }
    this.#keepWithinBudget()
  }

  /** Finishes what is open: all of the step's segments. */
  finish(): ImportedSegment[] {
    for (const [partitionIndex, segment] of this.#open) this.#finishSegment(partitionIndex, segment)
    const written = this.#written
    this.#written = []
    return written
  }

  /** Removes what `finish` did not hand over. */
  close(): void {
    for (const { writer } of this.#open.values()) writer.abort()
    for (const { segmentId } of this.#written) rmSync(this.#pathOf(segmentId), { force: true })
  }

  #openSegment(partitionIndex: number, rowsAtHand: number): OpenSegment {
    const rowCapacity = this.#capacityOf(partitionIndex, rowsAtHand)
    const segmentId = this.#newId()
    const writer = new SegmentWriter(this.#pathOf(segmentId), this.#options.fields, rowCapacity)
    const segment = { segmentId, writer, rowCapacity, rowCount: 0, keptBytes: 0 }
    this.#open.set(partitionIndex, segment)
    return segment
  }

  #capacityOf(partitionIndex: number, rowsAtHand: number): number {
    const rowsMax = this.#rowsMax[partitionIndex]
    const { partitionIds, partitionRows } = this.#options
    if (this.#rowsLeft === null) {
      const partitionCount = partitionIds.length
      const spare = partitionCount > 1 ? spareRoomOfPartition : spareRoom
      const expected = Math.ceil((this.rowsExpected / partitionCount) * spare)
      return Math.min(rowsMax, Math.max(expected, rowsAtHand, roomMin))
    }
    const rowsLeft = this.#rowsLeft[partitionIndex]
    if (rowsLeft > 0) return Math.min(rowsLeft, rowsMax)
    throw new MillraceError(
      'unexpected',
      `partition ${partitionIds[partitionIndex]}: expected ${partitionRows![partitionIndex]} rows, got more`,
    )
  }

  #newId(): bigint {
    const { segmentIdBegin, segmentIdCount } = this.#options
    if (this.#nextId < segmentIdBegin + BigInt(segmentIdCount)) return this.#nextId++
    throw new MillraceError('unexpected', `expected at most ${segmentIdCount} segments, got more`)
  }

  #finishSegment(partitionIndex: number, segment: OpenSegment): void {
    const { segmentId, writer, rowCount } = segment
    const file = writer.finish()
    this.#open.delete(partitionIndex)
    if (this.#rowsLeft) this.#rowsLeft[partitionIndex] -= rowCount
    const { partitionIds, schemaVersion } = this.#options
    this.#written.push({
      segmentId,
      partitionId: partitionIds[partitionIndex],
      schemaVersion,
      file,
    })
  }

  #keepWithinBudget(): void {
    let keptBytes = 0
    for (const segment of this.#open.values()) keptBytes += segment.keptBytes
    while (keptBytes > this.#options.keptBytesMax) {
      const [partitionIndex, largest] = [...this.#open].reduce((most, each) =>
        each[1].keptBytes > most[1].keptBytes ? each : most,
      )
      this.#finishSegment(partitionIndex, largest)
      // Room for more rows than fit again would be a hole in the next file.
      this.#rowsMax[partitionIndex] = largest.rowCount
      keptBytes -= largest.keptBytes
    }
  }

  #pathOf(segmentId: bigint): string {
    return segmentPathIn(this.#options.segmentsPath, segmentId)
  }
}

function keptBytesOf({ columns, rowCount }: ColumnBatch): number {
  let bytes = 0
  for (const column of columns.values()) {
    if (column.shape !== 'fixed') bytes += columnBytes(column, 0, rowCount)
  }
  return bytes
}
