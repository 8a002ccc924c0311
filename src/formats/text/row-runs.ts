import type { BytesBuilder, FixedBuilder } from '../../column/column-builder.js'
import {
  cellKinds,
  cellNulls,
  type RowCell,
  type RowsGrammar,
  TextRuns,
} from '../../kernels/text-rows.js'
import type { ByteCursor } from './byte-cursor.js'
import type { RowColumns } from './row-columns.js'
import { runColumnsOf } from './run-cells.js'

/** What the next row of a text may hold. */
export interface RunCells {
  /** null: no kernel reads it. */
  readonly cells: readonly RowCell[] | null
  /** Looks at a row that was read by others and begins at the cursor. @returns whether the cells are new ones */
  learn(cursor: ByteCursor): boolean
}

/** A run of fewer rows costs more than it saves. */
const runRowsMin = 8
/** After short runs, up to so many rows are read one by one before the next attempt. */
const pauseRowsMax = 1024

/** Appends runs of plain rows, which a kernel reads much faster than others do row by row. */
export class RowRuns {
  readonly #columns: RowColumns
  readonly #cells: RunCells
  readonly #runs: TextRuns
  readonly #fieldIndexes: readonly number[]
  readonly #byteLengths: number[] = []
  #isOpen: boolean
  #targets: readonly RowCell[] = []
  /** Rows that were read since one was read by others. */
  #rowsSince = 0
  #pauseRows = 0
  #waitRows = 0

  constructor(columns: RowColumns, cells: RunCells, grammar: RowsGrammar) {
    const { fieldIndexes, runColumns, dynamicIndex } = runColumnsOf(columns.fields)
    this.#columns = columns
    this.#cells = cells
    this.#fieldIndexes = fieldIndexes
    this.#runs = new TextRuns(grammar, runColumns, dynamicIndex)
    this.#isOpen = this.#open()
  }

  #open(): boolean {
    const { cells } = this.#cells
    if (cells === null) return false
    const dynamic = cells.find(({ kind }) => kind === cellKinds.dynamic)
    this.#targets = cells.filter(
      ({ kind }) => kind !== cellKinds.dynamic && kind !== cellKinds.ignored,
    )
    if (dynamic) this.#targets = [...this.#targets, dynamic]
    return this.#runs.setCells(cells)
  }

  /**
   * Appends the run that begins at `position`, if one does.
   * @param textOffset where in the text the cursor's bytes begin
   * @returns how many rows it has
   */
  read(cursor: ByteCursor, position: number, textOffset: number, rowsMax: number): number {
    if (!this.#isOpen || this.#waitRows > 0 || !cursor.isAllUtf8) return 0
    const { bytes, end } = cursor
    const text = { bytes, begin: position, end, offset: textOffset }
    for (const [columnIndex, fieldIndex] of this.#fieldIndexes.entries()) {
      const builder = this.#columns.builders[fieldIndex]
      this.#byteLengths[columnIndex] = builder.shape === 'bytes' ? builder.byteLength : 0
    }
    const count = this.#runs.read(text, rowsMax, this.#byteLengths)
    if (count > 0) this.#append(count)
    this.#rowsSince += count
    return count
  }

  /** Where in the text a row of the last run begins. */
  rowBegin(row: number): number {
    return this.#runs.rowBegin(row)
  }

  rowEnd(row: number): number {
    return this.#runs.rowEnd(row)
  }

  #append(count: number): void {
    for (const { columnIndex, nulls } of this.#targets) {
      const builder = this.#columns.builders[this.#fieldIndexes[columnIndex]]
      const nullRows = nulls === cellNulls.written ? this.#runs.nulls(columnIndex) : null
      if (builder.shape === 'fixed') {
        const values = this.#runs.fixedValues(columnIndex)
        ;(builder as FixedBuilder).appendRows(values, count, nullRows)
      } else {
        ;(builder as BytesBuilder).appendRows(this.#runs.bytesValues(columnIndex), nullRows)
      }
    }
    this.#columns.closeRows(count)
  }

  /** Says that a row, which begins at `position`, was read by others. */
  passRow(cursor: ByteCursor, position: number): void {
    if (this.#waitRows > 0) {
      this.#waitRows--
      return
    }
    const isWorthIt = this.#rowsSince >= runRowsMin
    this.#pauseRows = isWorthIt ? 0 : Math.min(this.#pauseRows * 2 + 1, pauseRowsMax)
    this.#waitRows = this.#pauseRows
    this.#rowsSince = 0
    const { position: end } = cursor
    cursor.position = position
    if (this.#cells.learn(cursor)) this.#isOpen = this.#open()
    cursor.position = end
  }
}
