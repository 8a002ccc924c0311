import { rmSync } from 'node:fs'
import { type ColumnBatch, columnBytes } from '../column/column.js'
import { sliceBatch } from '../column/slice.js'
import { MillraceError } from '../errors.js'
import type { CollectionSchema } from '../schema/collection-schema.js'
import { SegmentWriter } from '../segment/segment-writer.js'
import { segmentPathIn } from '../storage/data-directory.js'
import type { ImportedSegment } from './import-target.js'

interface UnitSegmentsOptions {
  readonly schema: CollectionSchema
  readonly segmentsPath: string
  /** The unit may use this id and as many after it as it has rows. */
  readonly segmentIdBegin: bigint
  readonly partitionIds: readonly bigint[]
  /** How many rows will come for each partition. */
  readonly partitionRows: readonly number[]
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

/**
 * The segments that one unit of an import fills, at most one open for each partition. Over the memory
 * budget, the largest open one is finished early.
 */
export class UnitSegments {
  readonly #options: UnitSegmentsOptions
  readonly #open = new Map<number, OpenSegment>()
  readonly #rowsLeft: number[]
  readonly #rowsMax: number[]
  #written: ImportedSegment[] = []
  #nextId: bigint

  constructor(options: UnitSegmentsOptions) {
    this.#options = options
    this.#rowsLeft = [...options.partitionRows]
    this.#rowsMax = options.partitionRows.map(() => options.segmentRowsMax)
    this.#nextId = options.segmentIdBegin
  }

  append(partitionIndex: number, batch: ColumnBatch): void {
    for (let row = 0; row < batch.rowCount; ) {
      const segment = this.#open.get(partitionIndex) ?? this.#openSegment(partitionIndex)
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

  /** Finishes what is open: all of the unit's segments. */
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

  #openSegment(partitionIndex: number): OpenSegment {
    const rowCapacity = Math.min(this.#rowsLeft[partitionIndex], this.#rowsMax[partitionIndex])
    if (rowCapacity === 0) {
      throw new MillraceError(
        'unexpected',
        `partition ${this.#options.partitionIds[partitionIndex]}: expected ${this.#options.partitionRows[partitionIndex]} rows, got more`,
      )
    }
    const segmentId = this.#nextId++
    const { fields } = this.#options.schema
    const writer = new SegmentWriter(this.#pathOf(segmentId), fields, rowCapacity)
    const segment = { segmentId, writer, rowCapacity, rowCount: 0, keptBytes: 0 }
    this.#open.set(partitionIndex, segment)
    return segment
  }

  #finishSegment(partitionIndex: number, segment: OpenSegment): void {
    const { segmentId, writer, rowCount } = segment
    const file = writer.finish()
    this.#open.delete(partitionIndex)
    this.#rowsLeft[partitionIndex] -= rowCount
    const partitionId = this.#options.partitionIds[partitionIndex]
    const schemaVersion = this.#options.schema.version
    this.#written.push({ segmentId, partitionId, schemaVersion, file })
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
