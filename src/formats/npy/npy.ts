import { type Column, type ColumnBatch, type ColumnLayout, layoutOf } from '../../column/column.js'
import { filledColumn } from '../../column/filled-column.js'
import { sliceColumn } from '../../column/slice.js'
import {
  type BatchReader,
  type Checkpoint,
  type FileGroupOutline,
  type Format,
  type InputPart,
  noRawRow,
  type RawRow,
  type ReadRequest,
} from '../format.js'
import { importError } from '../import-error.js'
import { BadNpyItem, NpyColumnReader } from './npy-column-reader.js'
import { type NpyFile, type NpyGroup, readNpyGroup } from './npy-group.js'
import type { RowRange } from './npy-rows.js'

/** Sets of NumPy files, one a field, named for it. */
export const npyFormat: Format = {
  name: 'npy',
  extensions: ['.npy'],
  isRowFile: false,

  async outline(sources, fields, reserved, options): Promise<FileGroupOutline> {
    const group = await readNpyGroup(sources, fields, reserved)
    const [extra] = group.ignored
    if (extra && options.refusesExtraColumns) {
      const reason = `the file '${extra.name}' has no corresponding field in collection`
      throw importError({ file: extra.name }, reason)
    }
    const warnings = group.ignored.map(
      ({ name }) => `the file '${name}' has no corresponding field in collection and was ignored`,
    )
    return { rowCount: group.rowCount, bytesTotal: bytesOf(group), warnings }
  },

  /** Parts are counted in rows. */
  async cut(sources, fields, _options, partCount): Promise<InputPart[]> {
    const group = await readNpyGroup(sources, fields, [])
    const bytesTotal = bytesOf(group)
    const count = Math.min(partCount, group.rowCount)
    const share = (total: number, index: number) => Math.floor((total * index) / count)
    return Array.from({ length: count }, (_, index) => {
      const begin = share(group.rowCount, index)
      const end = share(group.rowCount, index + 1)
      const bytes = share(bytesTotal, index + 1) - share(bytesTotal, index)
      return { begin, end, rowCount: end - begin, bytes }
    })
  },

  async open(request): Promise<BatchReader> {
    return new NpyReader(await readNpyGroup(request.sources, request.fields, []), request)
  },
}

function bytesOf({ files }: NpyGroup): number {
  return files.reduce((sum, { source }) => sum + source.byteLength, 0)
}

/** The widest column of a batch has about so many bytes, and all together not much more. */
const columnBytesTarget = 4 * 1024 ** 2
const batchBytesTarget = 32 * 1024 ** 2

/** Rows that are read at once after a bad one: more of them are likely near it, each read again. */
const rowsAfterBadOne = 256

class NpyReader implements BatchReader {
  readonly hasCheckedJson = false
  readonly #range: RowRange
  readonly #rowsMax: number
  readonly #onReject: ReadRequest['onReject']
  readonly #readers = new Map<number, NpyColumnReader>()
  readonly #filled = new Map<number, Column>()
  readonly #fileNames = new Map<number, string>()
  readonly #headerBytes: number
  readonly #rowBytes: number
  #batchBegin: number
  #row: number
  #rowsWanted: number

  constructor(group: NpyGroup, { part, from, onReject }: ReadRequest) {
    const range = { rowBegin: part.begin, rowEnd: part.end }
    validateRange(group, range)
    this.#range = range
    this.#onReject = onReject
    this.#row = from?.position ?? range.rowBegin
    this.#batchBegin = this.#row
    this.#rowsMax = Math.min(batchRows(group), range.rowEnd - range.rowBegin)
    this.#rowsWanted = this.#rowsMax
    let rowBytes = 0
    for (const file of group.files) {
      const reader = new NpyColumnReader(file, range, this.#rowsMax)
      this.#readers.set(file.field.fieldId, reader)
      this.#fileNames.set(file.field.fieldId, file.source.name)
      rowBytes += reader.rowBytes
    }
    this.#rowBytes = rowBytes
    // The headers count with the first row, so that all parts together make up the files.
    this.#headerBytes = range.rowBegin === 0 ? headerBytesOf(group) : 0
    for (const field of group.filledFields) {
      this.#filled.set(field.fieldId, filledColumn(field, this.#rowsMax))
    }
  }

  get bytesRead(): number {
    return this.#headerBytes + (this.#row - this.#range.rowBegin) * this.#rowBytes
  }

  get checkpoint(): Checkpoint {
    return { position: this.#row, row: this.#row - this.#range.rowBegin }
  }

  async next(): Promise<ColumnBatch | null> {
    for (;;) {
      const rowCount = Math.min(this.#rowsWanted, this.#range.rowEnd - this.#row)
      if (rowCount === 0) return null
      try {
        const batch = await this.#read(rowCount)
        this.#rowsWanted = Math.min(this.#rowsWanted * 2, this.#rowsMax)
        return batch
      } catch (thrown) {
        if (!(thrown instanceof BadNpyItem)) throw thrown
        this.#passBadRow(thrown)
      }
    }
  }

  async #read(rowCount: number): Promise<ColumnBatch> {
    const columns = new Map<number, Column>()
    for (const [fieldId, reader] of this.#readers) {
      columns.set(fieldId, await reader.read(this.#row, rowCount))
    }
    for (const [fieldId, column] of this.#filled) {
      columns.set(fieldId, sliceColumn(column, 0, rowCount))
    }
    this.#batchBegin = this.#row
    this.#row += rowCount
    return { rowCount, columns }
  }

  /** Rejects a row that comes next; one that comes later ends the next batch before it. */
  #passBadRow({ file, row, field, message }: BadNpyItem): void {
    if (!this.#onReject) throw importError({ file, row, field }, message)
    const rowsBefore = this.#range.rowBegin + row - this.#row
    if (rowsBefore > 0) {
      this.#rowsWanted = rowsBefore
      return
    }
    this.#onReject({ row, line: null, byteOffset: null, field, reason: message, rawText: null })
    this.#row++
    this.#rowsWanted = Math.min(rowsAfterBadOne, this.#rowsMax)
  }

  rowOf(batchRow: number): number {
    return this.#batchBegin - this.#range.rowBegin + batchRow
  }

  rawRow(): RawRow {
    return noRawRow
  }

  fileOf(fieldId: number): string {
    return this.#fileNames.get(fieldId) ?? ''
  }

  close(): void {
    this.#row = this.#range.rowEnd
    this.#readers.clear()
    this.#filled.clear()
  }
}

function headerBytesOf({ files }: NpyGroup): number {
  return files.reduce((sum, { header }) => sum + header.dataOffset, 0)
}

function validateRange({ rowCount, files }: NpyGroup, { rowBegin, rowEnd }: RowRange): void {
  if (rowBegin >= 0 && rowBegin <= rowEnd && rowEnd <= rowCount) return
  throw importError(
    { file: files[0].source.name },
    `expected rows ${rowBegin} to ${rowEnd}, got a file of ${rowCount} rows`,
  )
}

/** A multiple of 8 where a batch has so many rows, so that bitmaps are cut at whole bytes. */
function batchRows({ files, filledFields }: NpyGroup): number {
  const widths = [
    ...files.map((file) =>
      Math.max(file.header.dtype.itemBytes * itemsOf(file), columnBytesOf(file)),
    ),
    ...filledFields.map((field) => rowBytesOf(layoutOf(field), 0)),
  ]
  const byColumn = columnBytesTarget / Math.max(...widths)
  const byBatch = batchBytesTarget / widths.reduce((sum, width) => sum + width, 0)
  const rows = Math.max(1, Math.floor(Math.min(byColumn, byBatch)))
  return rows < 8 ? rows : rows - (rows % 8)
}

function itemsOf({ header }: NpyFile): number {
  return header.shape[1] ?? 1
}

function columnBytesOf(file: NpyFile): number {
  return rowBytesOf(layoutOf(file.field), itemsOf(file))
}

/** Bytes of a row in memory; of texts only their offsets, since a text is no longer than in the file. */
function rowBytesOf(layout: ColumnLayout, elements: number): number {
  switch (layout.shape) {
    case 'fixed':
      return layout.width * layout.valuesType.BYTES_PER_ELEMENT
    case 'bytes':
      return 4
    case 'list':
      return 4 + elements * rowBytesOf(layout.child, 0)
  }
}
