import { type ColumnBatch, type ColumnLayout, layoutOf } from '../../column/column.js'
import type { Field } from '../../schema/field.js'
import type { ByteSource } from '../../source/byte-source.js'
import { giveWay } from '../../workers/give-way.js'
import type { BatchReader, Checkpoint, RawRow, ReadRequest } from '../format.js'
import { importError } from '../import-error.js'
import { type ByteCursor, SyntaxFault } from './byte-cursor.js'
import { type ByteStream, openByteStream } from './byte-stream.js'
import { countLines, LineCounter } from './line-counter.js'
import type { RowColumns } from './row-columns.js'
import type { RowRuns } from './row-runs.js'
import { syntaxError, syntaxReason } from './syntax-error.js'
import { TextWindow } from './text-window.js'
import { ValueFault } from './value-fault.js'

/** How rows lie in a text. Each method throws SyntaxFault where the bytes end too early. */
export interface RowGrammar {
  /**
   * Goes to the first byte of the next row.
   * @param isFirst whether no row lies before
   * @returns false where there is none
   */
  findRow(cursor: ByteCursor, isFirst: boolean): boolean
  /** Appends the row that begins here. @throws ValueFault too */
  readRow(cursor: ByteCursor): void
  /** Goes behind the row that begins here, whatever its values are. */
  skipRow(cursor: ByteCursor): void
  /** Goes to where a row may begin again after one that is broken; false where nobody can tell. */
  skipBrokenRow(cursor: ByteCursor): boolean
}

/** About so much text makes a batch. */
const textWindowBytes = 4 * 1024 ** 2
/** What broke the grammar is shown as a whole character. */
const characterBytesMax = 4
/** A batch of short rows with long defaults stays below this. */
const batchBytesMax = 64 * 1024 ** 2

export interface TextRows {
  readonly columns: RowColumns
  readonly grammar: RowGrammar
  /** null where rows are only read one by one. */
  readonly runs: RowRuns | null
  /** Where the text's first row may begin. */
  readonly headEnd: number
  /** What was found in the rows so far; each a sentence. */
  readonly warnings?: () => readonly string[]
}

/** Opens a part of a text file. @param windowBytes for tests */
export async function openTextReader(
  { sources: [source], part, from, onReject }: ReadRequest,
  rows: TextRows,
  windowBytes: number = textWindowBytes,
): Promise<BatchReader> {
  const checkpoint = from ?? { position: Math.max(part.begin, rows.headEnd), row: 0 }
  // One byte more than there are tells that there are no more.
  const bytes = Math.min(windowBytes, Math.max(0, part.end - checkpoint.position) + 1)
  const stream = await openByteStream(source, checkpoint.position, part.end)
  const window = new TextWindow(stream, source.name, checkpoint.position, bytes)
  const lines = onReject && new LineCounter(checkpoint.line ?? (await headLines()))
  return new TextReader({ source, stream, window, part, rows, checkpoint, lines, onReject })

  function headLines(): Promise<number> {
    return countLines(source, part.begin, checkpoint.position)
  }
}

interface TextReading {
  readonly source: ByteSource
  readonly stream: ByteStream
  readonly window: TextWindow
  readonly part: ReadRequest['part']
  readonly rows: TextRows
  /** Where reading begins. */
  readonly checkpoint: Checkpoint
  /** null where nobody asks for the lines of rows. */
  readonly lines: LineCounter | null
  readonly onReject: ReadRequest['onReject']
}

/** After a row, read or rejected; where more bytes are wanted; at the end; or where nobody can go on. */
type Step = 'row' | 'more' | 'end' | 'broken'

/** What ends the reading of a file. */
interface Breakage {
  readonly fault: SyntaxFault
  /** Whether it is in a row rather than between two. */
  readonly isInRow: boolean
}

class TextReader implements BatchReader {
  readonly hasCheckedJson = true
  readonly #reading: TextReading
  readonly #window: TextWindow
  readonly #columns: RowColumns
  readonly #grammar: RowGrammar
  readonly #rowsMax: number
  /** Of the last batch's rows: where they begin and end in the window, their numbers in the part, and their lines. */
  readonly #begins: number[] = []
  readonly #ends: number[] = []
  readonly #rows: number[] = []
  readonly #lines: (number | null)[] = []
  /** In the window: what lies before is done. */
  #position = 0
  #row: number
  #isDone = false
  #breakage: Breakage | null = null

  constructor(reading: TextReading) {
    this.#reading = reading
    this.#window = reading.window
    this.#columns = reading.rows.columns
    this.#grammar = reading.rows.grammar
    this.#rowsMax = rowsMaxOf(this.#columns.fields)
    this.#row = reading.checkpoint.row
  }

  get bytesRead(): number {
    const { part, stream } = this.#reading
    return this.#isDone ? part.bytes : Math.min(part.bytes, stream.bytesUsed - part.begin)
  }

  get checkpoint(): Checkpoint {
    // What follows the last row belongs to the part too.
    const line = this.#lineAt(this.#isDone ? this.#window.cursor.end : this.#position)
    const checkpoint = { position: this.#window.offset + this.#position, row: this.#row }
    return line === null ? checkpoint : { ...checkpoint, line }
  }

  async next(): Promise<ColumnBatch | null> {
    this.#columns.clear()
    while (!this.#isDone) {
      const step = this.#readRows()
      if (step === 'broken') throw await this.#syntaxError()
      this.#isDone = step === 'end'
      if (this.#columns.rowCount > 0) return this.#columns.batch()
      if (step === 'more') await this.#fill()
    }
    return null
  }

  /** Reads rows until the window or the batch is full. */
  #readRows(): Step {
    let step: Step = 'row'
    while (step === 'row' && this.#columns.rowCount < this.#rowsMax) {
      step = this.#readRun() ? 'row' : this.#readRow()
      giveWay()
    }
    return step
  }

  /** @returns whether there was one */
  #readRun(): boolean {
    const { runs } = this.#reading.rows
    if (runs === null || this.#isFirst) return false
    const { cursor, offset } = this.#window
    const { rowCount } = this.#columns
    const count = runs.read(cursor, this.#position, offset, this.#rowsMax - rowCount)
    for (let row = 0; row < count; row++) {
      this.#noteRow(rowCount + row, runs.rowBegin(row) - offset, runs.rowEnd(row) - offset)
    }
    return count > 0
  }

  #noteRow(batchRow: number, begin: number, end: number): void {
    this.#begins[batchRow] = begin
    this.#ends[batchRow] = end
    this.#rows[batchRow] = this.#row++
    this.#lines[batchRow] = this.#lineAt(begin)
    this.#position = end
  }

  #readRow(): Step {
    const { cursor } = this.#window
    cursor.position = this.#position
    let begin = -1
    try {
      if (!this.#grammar.findRow(cursor, this.#isFirst)) return 'end'
      begin = cursor.position
      this.#grammar.readRow(cursor)
    } catch (fault) {
      this.#columns.dropRow()
      return this.#recover(fault, begin)
    }
    this.#noteRow(this.#columns.rowCount - 1, begin, cursor.position)
    this.#reading.rows.runs?.passRow(cursor, begin)
    return 'row'
  }

  get #isFirst(): boolean {
    return this.#window.offset + this.#position === this.#reading.rows.headEnd
  }

  /**
   * Looks for the end of a row that could not be read. Until it is in the window, the fault may be that the
   * row was cut there.
   * @param begin where the row begins, -1 where the fault lies before it
   */
  #recover(fault: unknown, begin: number): Step {
    if (!(fault instanceof SyntaxFault || fault instanceof ValueFault)) throw fault
    if (this.#isCut(fault)) return 'more'
    if (begin < 0) return this.#break(fault as SyntaxFault, false)
    const { cursor } = this.#window
    cursor.position = begin
    try {
      this.#grammar.skipRow(cursor)
    } catch (worse) {
      if (!(worse instanceof SyntaxFault)) throw worse
      if (this.#isCut(worse)) return 'more'
      return this.#leaveBroken(fault instanceof SyntaxFault ? fault : worse, begin)
    }
    return this.#reject(fault, begin, cursor.position)
  }

  #isCut(fault: SyntaxFault | ValueFault): boolean {
    const { cursor } = this.#window
    if (cursor.isLast || !(fault instanceof SyntaxFault)) return false
    return fault.position > cursor.end - characterBytesMax
  }

  /** A row whose end cannot be found by its grammar. */
  #leaveBroken(fault: SyntaxFault, begin: number): Step {
    const { cursor } = this.#window
    if (this.#reading.onReject === null) return this.#break(fault, true)
    cursor.position = begin
    if (this.#grammar.skipBrokenRow(cursor)) return this.#reject(fault, begin, cursor.position)
    return cursor.isLast || cursor.position < cursor.end ? this.#break(fault, true) : 'more'
  }

  #break(fault: SyntaxFault, isInRow: boolean): Step {
    this.#breakage = { fault, isInRow }
    return 'broken'
  }

  #reject(fault: SyntaxFault | ValueFault, begin: number, end: number): Step {
    const { onReject, source } = this.#reading
    if (onReject === null && fault instanceof SyntaxFault) return this.#break(fault, true)
    const field = fault instanceof ValueFault ? fault.fieldName : ''
    const byteOffset = this.#window.offset + begin
    const line = this.#lineAt(begin)
    const row = this.#row
    if (onReject === null) {
      const place = { file: source.name, row, byteOffset, ...(field === '' ? {} : { field }) }
      throw importError(place, fault.message)
    }
    const reason =
      fault instanceof ValueFault ? fault.message : syntaxReason(fault, this.#window.cursor)
    onReject({ row, line, byteOffset, field, reason, rawText: this.#textOf(begin, end) })
    this.#row++
    this.#position = end
    return 'row'
  }

  #syntaxError(): Promise<Error> {
    const { fault, isInRow } = this.#breakage!
    const { cursor, offset } = this.#window
    return syntaxError(
      this.#reading.source,
      isInRow ? this.#row : null,
      offset + Math.min(fault.position, cursor.end),
      syntaxReason(fault, cursor),
    )
  }

  #lineAt(position: number): number | null {
    return this.#reading.lines?.linesBefore(this.#window.cursor, position) ?? null
  }

  async #fill(): Promise<void> {
    this.#lineAt(this.#position)
    this.#reading.lines?.moveTo(this.#position)
    await this.#window.fill(this.#position)
    this.#position = 0
  }

  rowOf(batchRow: number): number {
    return this.#rows[batchRow]
  }

  rawRow(batchRow: number): RawRow {
    const begin = this.#begins[batchRow]
    const text = this.#textOf(begin, this.#ends[batchRow])
    return { line: this.#lines[batchRow], byteOffset: this.#window.offset + begin, text }
  }

  get warnings(): readonly string[] {
    return this.#reading.rows.warnings?.() ?? []
  }

  /** Without the line's end. */
  #textOf(begin: number, end: number): string {
    const { buffer, byteOffset } = this.#window.cursor.bytes
    const text = Buffer.from(buffer, byteOffset + begin, end - begin).toString()
    return text.endsWith('\n') ? text.replace(/\r?\n$/, '') : text
  }

  fileOf(): string {
    return this.#reading.source.name
  }

  close(): void {
    this.#isDone = true
    this.#reading.stream.close()
  }
}

function rowsMaxOf(fields: readonly Field[]): number {
  const rowBytes = fields.reduce((sum, field) => sum + rowBytesOf(layoutOf(field), field), 0)
  return Math.max(1, Math.floor(batchBytesMax / rowBytes))
}

/** What a row without a value takes at most. */
function rowBytesOf(layout: ColumnLayout, { defaultValue }: Field): number {
  if (layout.shape === 'fixed') return layout.width * layout.valuesType.BYTES_PER_ELEMENT
  return 8 + Buffer.byteLength(typeof defaultValue === 'string' ? defaultValue : '')
}
