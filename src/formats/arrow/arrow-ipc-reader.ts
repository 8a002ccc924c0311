import type { ColumnLayout } from '../../column/column.js'
import { growableColumn } from '../../column/growable-column.js'
import { MillraceError } from '../../errors.js'
import type { InputPart } from '../format.js'
import { decodingReason, importError } from '../import-error.js'
import type { ArrowRows, ArrowRowsReader } from './arrow-batch-reader.js'
import type { FileColumn, PlainColumn } from './arrow-conversion.js'
import type { ArrowBody } from './arrow-ipc-body.js'
import { ArrowBuffers } from './arrow-ipc-buffers.js'
import { readArrowColumns, readArrowMember, readPlain } from './arrow-ipc-column.js'
import type { PlacedField, ReadContext } from './arrow-ipc-field.js'
import type { ArrowBatch, ArrowFile } from './arrow-ipc-file.js'
import { rowsOfColumn } from './arrow-ipc-indexed.js'
import type { ArrowField, ArrowLayout } from './arrow-ipc-schema.js'
import type { MatchedColumn } from './arrow-match.js'
import { sliceFileColumn } from './arrow-nested.js'

const columnBytesTarget = 4 * 1024 ** 2
const batchBytesTarget = 32 * 1024 ** 2
const batchRowsMax = 65_536
const variableRowBytes = 64
const dictionaryBytesMax = 512 * 1024 ** 2

/** Reads rows out of record batches, of which not even one need fit into memory. */
export class ArrowIpcReader implements ArrowRowsReader {
  readonly #file: ArrowFile
  readonly #matched: readonly MatchedColumn[]
  readonly #part: InputPart
  readonly #rowsMax: number
  #row: number
  #batch: OpenBatch | null = null

  /** @param row where reading begins, of the file */
  constructor(file: ArrowFile, matched: readonly MatchedColumn[], part: InputPart, row: number) {
    this.#file = file
    this.#matched = matched
    this.#part = part
    this.#row = row
    this.#rowsMax = batchRowsOf(matched.map(({ columnIndex }) => file.fields[columnIndex]))
  }

  get bytesRead(): number {
    const { begin, end, bytes } = this.#part
    return begin === end ? bytes : Math.floor((bytes * (this.#row - begin)) / (end - begin))
  }

  async next(): Promise<ArrowRows | null> {
    if (this.#row >= this.#part.end) return null
    const batch = this.#batchAt(this.#row)
    const begin = this.#row - batch.rowBegin
    const end = Math.min(
      begin + this.#rowsMax,
      batch.rowEnd - batch.rowBegin,
      this.#part.end - batch.rowBegin,
    )
    let rowCount = end - begin
    const columns = []
    for (const matched of this.#matched) {
      const found = await this.#read(matched.field.name, () => batch.read(matched, begin, end))
      for (const column of found) rowCount = Math.min(rowCount, rowsOfColumn(column))
      columns.push(found)
    }
    this.#row += rowCount
    return {
      rowCount,
      columns: columns.map((found) => found.map((column) => sliceFileColumn(column, 0, rowCount))),
    }
  }

  close(): void {
    this.#row = this.#part.end
    this.#batch = null
  }

  async #read<Result>(field: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof MillraceError) throw error
      throw importError(
        { file: this.#file.source.name, field },
        `expected the buffers of a column from row ${this.#row} on, got ones that cannot be read: ${decodingReason(error)}`,
        error,
      )
    }
  }

  #batchAt(row: number): OpenBatch {
    if (this.#batch && row < this.#batch.rowEnd) return this.#batch
    let rowBegin = 0
    for (const batch of this.#file.batches) {
      const rowEnd = rowBegin + batch.body.rowCount
      if (row < rowEnd) {
        this.#batch = new OpenBatch(this.#file, batch, rowBegin)
        return this.#batch
      }
      rowBegin = rowEnd
    }
    throw importError(
      { file: this.#file.source.name },
      `expected rows up to ${this.#part.end}, got a file of ${rowBegin} rows`,
    )
  }
}

/** A record batch, and the dictionaries that it uses. */
class OpenBatch {
  readonly #file: ArrowFile
  readonly #batch: ArrowBatch
  readonly #placed: readonly PlacedField[]
  readonly #context: ReadContext
  readonly #dictionaries = new Map<bigint, PlainColumn>()
  readonly rowBegin: number
  readonly rowEnd: number

  constructor(file: ArrowFile, batch: ArrowBatch, rowBegin: number) {
    this.#file = file
    this.#batch = batch
    this.#placed = placeFields(file.fields, batch.body)
    this.#context = {
      buffers: new ArrowBuffers(file.source, batch.body),
      dictionary: (field) => this.#dictionary(field),
    }
    this.rowBegin = rowBegin
    this.rowEnd = rowBegin + batch.body.rowCount
  }

  async read(
    { columnIndex, memberIndex }: MatchedColumn,
    begin: number,
    end: number,
  ): Promise<readonly FileColumn[]> {
    const placed = this.#placed[columnIndex]
    if (memberIndex === null) return readArrowColumns(placed, begin, end, this.#context)
    return [await readArrowMember(placed, memberIndex, begin, end, this.#context)]
  }

  async #dictionary(field: ArrowField): Promise<PlainColumn> {
    const { id } = field.dictionary!
    const known = this.#dictionaries.get(id)
    if (known) return known
    const parts = this.#batch.dictionaries.get(id)
    if (!parts) throw new Error(`no dictionary ${id}`)
    const column = await this.#joined({ ...field, dictionary: null }, parts)
    this.#dictionaries.set(id, column)
    return column
  }

  async #joined(field: ArrowField, parts: readonly ArrowBody[]): Promise<PlainColumn> {
    let joined: ReturnType<typeof growableColumn> | null = null
    for (const body of parts) {
      const [placed] = placeFields([field], body)
      const context = { ...this.#context, buffers: new ArrowBuffers(this.#file.source, body) }
      let row = 0
      do {
        const column = await readPlain(placed, row, body.rowCount, context)
        const rowCount = rowsOfColumn(column)
        joined ??= growableColumn(layoutLike(column))
        joined.append(column, 0, rowCount)
        row += rowCount
        if (joined.byteLength > dictionaryBytesMax) {
          throw new Error(`a dictionary of more than ${dictionaryBytesMax} bytes`)
        }
      } while (row < body.rowCount)
    }
    return joined!.snapshot() as PlainColumn
  }
}

function layoutLike(column: PlainColumn): ColumnLayout {
  if (column.shape === 'bytes') return { shape: 'bytes' }
  type FixedLayout = Extract<ColumnLayout, { shape: 'fixed' }>
  const valuesType = column.values.constructor as FixedLayout['valuesType']
  return { shape: 'fixed', valuesType, width: column.width }
}

/** Nodes and buffers follow each other as the fields do, each before its children. */
function placeFields(fields: readonly ArrowField[], body: ArrowBody): PlacedField[] {
  let nodeIndex = 0
  let bufferIndex = 0
  let viewIndex = 0
  const place = (field: ArrowField): PlacedField => {
    const rowCount = body.nodes[nodeIndex++] ?? 0
    const isView = field.layout.kind === 'views' && !field.dictionary
    const viewBufferCount = isView ? (body.viewBufferCounts[viewIndex++] ?? 0) : 0
    const first = bufferIndex
    bufferIndex += (field.dictionary ? 2 : bufferCountOf(field.layout)) + viewBufferCount
    const children = field.dictionary ? [] : field.children.map(place)
    return { field, rowCount, bufferIndex: first, viewBufferCount, children }
  }
  return fields.map(place)
}

function bufferCountOf(layout: ArrowLayout): number {
  switch (layout.kind) {
    case 'null':
      return 0
    case 'struct':
    case 'fixedList':
      return 1
    case 'bytes':
      return 3
    case 'other':
      return layout.bufferCount
    default:
      return 2
  }
}

/** A multiple of 8 where a batch has so many rows, so that bitmaps are cut at whole bytes. */
function batchRowsOf(fields: readonly ArrowField[]): number {
  const widths = fields.map(rowBytesOf)
  const byColumn = columnBytesTarget / Math.max(...widths, 1)
  const byBatch = batchBytesTarget / widths.reduce((sum, width) => sum + width, 1)
  const rows = Math.max(1, Math.floor(Math.min(byColumn, byBatch, batchRowsMax)))
  return rows < 8 ? rows : rows - (rows % 8)
}

function rowBytesOf({ layout, children }: ArrowField): number {
  if (layout.kind === 'fixed') return layout.width
  return layout.kind === 'fixedList' ? layout.length * rowBytesOf(children[0]) : variableRowBytes
}
