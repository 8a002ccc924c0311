import { batchBytesMax, type LeafReader } from './parquet-leaf-reader.js'
import { sinkOf } from './parquet-leaf-values.js'
import { LevelWindow } from './parquet-levels.js'
import { NestedRows } from './parquet-nested-rows.js'
import type { ParquetPages } from './parquet-pages.js'
import type { ParquetLeaf } from './parquet-schema.js'

/** Of a list of lists: a row begins at each repetition level of 0, an inner list at 0 and 1. */
export class NestedLeafReader implements LeafReader {
  readonly #leaf: ParquetLeaf
  readonly #levels: LevelWindow
  readonly #valuesPerRow: number

  constructor(leaf: ParquetLeaf, pages: ParquetPages, valuesPerRow: number) {
    this.#leaf = leaf
    this.#levels = new LevelWindow(leaf, pages)
    this.#valuesPerRow = valuesPerRow
  }

  get bytesRead(): number {
    return this.#levels.page.bytesRead
  }

  async isDone(): Promise<boolean> {
    return !(await this.#levels.fill())
  }

  async read(rowsMax: number) {
    const rows = new NestedRows(sinkOf(this.#leaf, rowsMax * this.#valuesPerRow), rowsMax)
    let wanted = rowsMax
    while (await this.#levels.fill()) {
      const isFull = this.#appendUpTo(rows, wanted)
      if (isFull) break
      // The row that is being read is finished, and no other is begun.
      if (rows.sink.byteLength >= batchBytesMax) wanted = rows.count
    }
    return { rowCount: rows.count, column: rows.finish(this.#leaf) }
  }

  /** Appends the levels of rows until there are `rowsMax`; true where the next one begins. */
  #appendUpTo(rows: NestedRows, rowsMax: number): boolean {
    const levels = this.#levels
    while (levels.begin < levels.end) {
      if (levels.repetition[levels.begin] === 0) {
        if (rows.count === rowsMax) return true
        rows.beginRow()
      }
      levels.begin = this.#appendFrom(rows, levels.begin)
    }
    return false
  }

  /** Appends what a level stands for, and the values that follow it in its inner list; returns their end. */
  #appendFrom(rows: NestedRows, at: number): number {
    const { repetition, definition, end, isAllPresent, page } = this.#levels
    const { definitionMax, emptyListLevel, outerEmptyLevel } = this.#leaf
    const level = isAllPresent ? definitionMax : definition[at]
    if (repetition[at] < 2) {
      if (level < outerEmptyLevel!) rows.makeRowNull()
      if (level <= outerEmptyLevel!) return at + 1
      rows.beginList()
      if (level < emptyListLevel!) rows.makeListNull()
      if (level <= emptyListLevel!) return at + 1
    }
    let runEnd = at + 1
    while (
      runEnd < end &&
      repetition[runEnd] === 2 &&
      (isAllPresent || definition[runEnd] === level)
    ) {
      runEnd++
    }
    if (level === definitionMax) page.values.read(rows.sink, runEnd - at)
    else rows.sink.appendNulls(runEnd - at)
    return runEnd
  }
}
