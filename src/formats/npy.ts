import { type Column, type ColumnBatch, type ColumnLayout, layoutOf } from '../column/column.js'
import { sliceColumn } from '../column/slice.js'
import { filledColumn } from './filled-column.js'
import type { BatchReader, FileGroupOutline, Format, RowRange } from './format.js'
import { importError } from './import-error.js'
import { NpyColumnReader } from './npy-column-reader.js'
import { type NpyFile, type NpyGroup, readNpyGroup } from './npy-group.js'

/** Sets of NumPy files, one a field, named for it. */
export const npyFormat: Format = {
  name: 'npy',
  extensions: ['.npy'],

  async outline(sources, fields, reserved): Promise<FileGroupOutline> {
    const { rowCount, files, ignored } = await readNpyGroup(sources, fields, reserved)
    const bytesTotal = files.reduce((sum, { source }) => sum + source.byteLength, 0)
    const warnings = ignored.map(
      ({ name }) => `the file '${name}' has no corresponding field in collection and was ignored`,
    )
    return { rowCount, bytesTotal, warnings }
  },

  async open(sources, fields, range): Promise<BatchReader> {
    return new NpyReader(await readNpyGroup(sources, fields, []), range)
  },
}

/** The widest column of a batch has about so many bytes, and all together not much more. */
const columnBytesTarget = 4 * 1024 ** 2
const batchBytesTarget = 32 * 1024 ** 2

class NpyReader implements BatchReader {
  readonly #range: RowRange
  readonly #rowsMax: number
  readonly #readers = new Map<number, NpyColumnReader>()
  readonly #filled = new Map<number, Column>()
  readonly #fileNames = new Map<number, string>()
  #row: number
  bytesRead = 0

  constructor(group: NpyGroup, range: RowRange) {
    validateRange(group, range)
    this.#range = range
    this.#row = range.rowBegin
    this.#rowsMax = Math.min(batchRows(group), range.rowEnd - range.rowBegin)
    for (const file of group.files) {
      this.#readers.set(file.field.fieldId, new NpyColumnReader(file, range, this.#rowsMax))
      this.#fileNames.set(file.field.fieldId, file.source.name)
      // The headers count with the first row, so that all ranges together make up the files.
      if (range.rowBegin === 0) this.bytesRead += file.header.dataOffset
    }
    for (const field of group.filledFields) {
      this.#filled.set(field.fieldId, filledColumn(field, this.#rowsMax))
    }
  }

  async next(): Promise<ColumnBatch | null> {
    const rowCount = Math.min(this.#rowsMax, this.#range.rowEnd - this.#row)
    if (rowCount === 0) return null
    const columns = new Map<number, Column>()
    for (const [fieldId, reader] of this.#readers) {
      columns.set(fieldId, await reader.read(this.#row, rowCount))
      this.bytesRead += rowCount * reader.rowBytes
    }
    for (const [fieldId, column] of this.#filled) {
      columns.set(fieldId, sliceColumn(column, 0, rowCount))
    }
    this.#row += rowCount
    return { rowCount, columns }
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
