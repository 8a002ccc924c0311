import { type Column, type ColumnBatch, columnBytes, type ListColumn } from '../../column/column.js'
import { filledColumn } from '../../column/filled-column.js'
import { gatherBatch } from '../../column/slice.js'
import { unevenRows } from '../../column/uneven-rows.js'
import type { Field } from '../../schema/field.js'
import { userFieldsOf } from '../../schema/struct-array.js'
import { giveWay } from '../../workers/give-way.js'
import {
  type BatchReader,
  type Checkpoint,
  type InputPart,
  noRawRow,
  type RawRow,
  type RejectedRow,
} from '../format.js'
import { importError } from '../import-error.js'
import type { FileColumn } from './arrow-conversion.js'
import type { ColumnMatch } from './arrow-match.js'

/** Consecutive rows of a file, as it has them. */
export interface ArrowRows {
  readonly rowCount: number
  /** Of each matched column, in their order; of a struct its members. */
  readonly columns: readonly (readonly FileColumn[])[]
}

/** Reads a part of a file from some row on. */
export interface ArrowRowsReader {
  /** Of the part. */
  readonly bytesRead: number
  next(): Promise<ArrowRows | null>
  close(): void
}

interface ArrowPart {
  readonly file: string
  readonly match: ColumnMatch
  readonly part: InputPart
  /** The row of the part where reading begins. */
  readonly rowBegin: number
  readonly onReject: ((row: RejectedRow) => void) | null
}

interface Fault {
  readonly row: number
  readonly field: Field
  readonly message: string
}

/**
 * A few bytes of a file may stand for any number of rows. Where a part becomes so much longer than it is,
 * it is taken for an attack.
 */
const decodedBytesMax = 16 * 1024 ** 3
const decodedRatioMax = 1000

/** Turns the rows of a file into batches of the fields. Its parts count rows of the file. */
export class ArrowBatchReader implements BatchReader {
  readonly hasCheckedJson = false
  readonly #rows: ArrowRowsReader
  readonly #request: ArrowPart
  readonly #matchedIds: ReadonlySet<number>
  #rowsRead: number
  #batchBegin: number
  #decodedBytes = 0
  /** The rows of the batch that were kept, where some were rejected. */
  #kept: Int32Array | null = null

  constructor(rows: ArrowRowsReader, request: ArrowPart) {
    this.#rows = rows
    this.#request = request
    this.#matchedIds = new Set(request.match.matched.map(({ field }) => field.fieldId))
    this.#rowsRead = request.rowBegin
    this.#batchBegin = request.rowBegin
  }

  get bytesRead(): number {
    return this.#rows.bytesRead
  }

  get checkpoint(): Checkpoint {
    return { position: this.#request.part.begin + this.#rowsRead, row: this.#rowsRead }
  }

  async next(): Promise<ColumnBatch | null> {
    for (let rows = await this.#rows.next(); rows; rows = await this.#rows.next()) {
      const batch = this.#batchOf(rows)
      if (batch.rowCount > 0) return batch
    }
    return null
  }

  rowOf(batchRow: number): number {
    return this.#batchBegin + (this.#kept ? this.#kept[batchRow] : batchRow)
  }

  rawRow(): RawRow {
    return noRawRow
  }

  fileOf(fieldId: number): string {
    return this.#matchedIds.has(fieldId) ? this.#request.file : ''
  }

  close(): void {
    this.#rows.close()
  }

  #batchOf({ rowCount, columns }: ArrowRows): ColumnBatch {
    const { matched, filledFields } = this.#request.match
    const faults: Fault[] = []
    const converted = new Map<number, Column>()
    matched.forEach(({ field, convert }, index) => {
      let lastRow = -1
      const report = (row: number, message: string) => {
        if (row !== lastRow) faults.push({ row, field, message })
        lastRow = row
      }
      converted.set(field.fieldId, convert(columns[index], rowCount, report))
      giveWay()
    })
    faults.push(...unevenFaults(this.#request.match, converted, rowCount))
    this.#countDecoded(converted, rowCount)
    for (const field of filledFields) converted.set(field.fieldId, filledColumn(field, rowCount))
    this.#batchBegin = this.#rowsRead
    this.#kept = null
    if (faults.length > 0) this.#reject(faults, rowCount)
    this.#rowsRead += rowCount
    const batch = { rowCount, columns: converted }
    return this.#kept === null ? batch : gatherBatch(batch, this.#kept)
  }

  #countDecoded(columns: ReadonlyMap<number, Column>, rowCount: number): void {
    const { file, part } = this.#request
    for (const column of columns.values()) this.#decodedBytes += columnBytes(column, 0, rowCount)
    if (this.#decodedBytes <= Math.max(decodedBytesMax, part.bytes * decodedRatioMax)) return
    throw importError(
      { file, row: this.#rowsRead },
      `expected at most ${decodedRatioMax} times as many bytes as the ${part.bytes} of the file, got ${this.#decodedBytes} bytes of values`,
    )
  }

  /** Reports the first fault of each row, or throws the first of all. */
  #reject(faults: Fault[], rowCount: number): void {
    const { file, onReject } = this.#request
    faults.sort((left, right) => left.row - right.row)
    const place = ({ row, field }: Fault) => ({
      file,
      row: this.#batchBegin + row,
      field: field.name,
    })
    if (onReject === null) throw importError(place(faults[0]), faults[0].message)
    const bad = new Set<number>()
    for (const fault of faults) {
      if (bad.has(fault.row)) continue
      bad.add(fault.row)
      const { row, field } = place(fault)
      const reason = fault.message
      onReject({ row, line: null, byteOffset: null, field, reason, rawText: null })
    }
    this.#kept = Int32Array.from({ length: rowCount - bad.size })
    let keptCount = 0
    for (let row = 0; row < rowCount; row++) if (!bad.has(row)) this.#kept[keptCount++] = row
  }
}

/** What no writer does: sub-fields of one struct array with other numbers of elements. */
function unevenFaults(
  { matched }: ColumnMatch,
  columns: ReadonlyMap<number, Column>,
  rowCount: number,
): Fault[] {
  const faults: Fault[] = []
  for (const { struct, fields } of userFieldsOf(matched.map(({ field }) => field))) {
    if (!struct) continue
    const [first, ...others] = fields.map(({ fieldId }) => columns.get(fieldId) as ListColumn)
    for (const [index, other] of others.entries()) {
      const field = fields[index + 1]
      const message = `expected as many elements as '${fields[0].name}' has, got another number: inconsistent array length`
      for (const row of unevenRows(first, other, rowCount)) faults.push({ row, field, message })
    }
  }
  return faults
}
