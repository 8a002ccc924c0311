import { batchBytesMax, type LeafReader } from './parquet-leaf-reader.js'
import { sinkOf } from './parquet-leaf-values.js'
import { ListRows } from './parquet-list-rows.js'
import { PageCursor } from './parquet-page-cursor.js'
import type { ParquetPages } from './parquet-pages.js'
import type { ParquetLeaf } from './parquet-schema.js'

const levelsOfFixed = 65_536
/** Few, since a level may stand for a long value. */
const levelsOfBytes = 4096

/** A row begins at each repetition level of 0, and may go on in the next page. */
export class ListLeafReader implements LeafReader {
  readonly #leaf: ParquetLeaf
  readonly #page: PageCursor
  readonly #valuesPerRow: number
  readonly #repetition: Uint8Array
  readonly #definition: Uint8Array
  /** The levels that were read and not yet used. */
  #begin = 0
  #end = 0
  /** Whether all values of the levels are there, so that `definition` was not read. */
  #isAllPresent = true
  #isFirstRow = true

  constructor(leaf: ParquetLeaf, pages: ParquetPages, valuesPerRow: number) {
    this.#leaf = leaf
    this.#page = new PageCursor(leaf, pages)
    this.#valuesPerRow = valuesPerRow
    const levelCount = leaf.width === null ? levelsOfBytes : levelsOfFixed
    this.#repetition = new Uint8Array(levelCount)
    this.#definition = new Uint8Array(levelCount)
  }

  get bytesRead(): number {
    return this.#page.bytesRead
  }

  async isDone(): Promise<boolean> {
    return !(await this.#hasLevels())
  }

  async read(rowsMax: number) {
    const rows = new ListRows(sinkOf(this.#leaf, rowsMax * this.#valuesPerRow), rowsMax)
    let wanted = rowsMax
    while (await this.#hasLevels()) {
      const isFull = this.#appendUpTo(rows, wanted)
      if (isFull) break
      // The row that is being read is finished, and no other is begun.
      if (rows.sink.byteLength >= batchBytesMax) wanted = rows.count
    }
    return { rowCount: rows.count, column: rows.finish(this.#leaf) }
  }

  async #hasLevels(): Promise<boolean> {
    if (this.#begin < this.#end) return true
    if (!(await this.#page.hasLevels())) return false
    const count = Math.min(this.#page.levelsLeft, this.#repetition.length)
    this.#page.repetition!.read(this.#repetition, 0, count)
    this.#isAllPresent = !this.#page.readDefinition(this.#definition, count)
    this.#page.levelsLeft -= count
    this.#begin = 0
    this.#end = count
    if (this.#isFirstRow && this.#repetition[0] !== 0) throw new Error('the first row has no begin')
    this.#isFirstRow = false
    return true
  }

  /** Appends the levels of rows until there are `rowsMax`; true where the next one begins. */
  #appendUpTo(rows: ListRows, rowsMax: number): boolean {
    const begin = this.#begin
    const known = this.#repetition.subarray(0, this.#end)
    for (let at = known.indexOf(0, begin); at >= 0; at = known.indexOf(0, at + 1)) {
      if (rows.count === rowsMax) {
        this.#append(rows, begin, at)
        return true
      }
      rows.begin(this.#isAllPresent ? rows.sink.count + at - begin : 0)
    }
    this.#append(rows, begin, this.#end)
    return false
  }

  #append(rows: ListRows, begin: number, end: number): void {
    this.#begin = end
    if (begin === end) return
    if (this.#isAllPresent) this.#page.values.read(rows.sink, end - begin)
    else this.#appendLevels(rows, begin, end)
  }

  /** Levels of which some are nulls or empty lists. */
  #appendLevels(rows: ListRows, begin: number, end: number): void {
    const { definitionMax } = this.#leaf
    const emptyListLevel = this.#leaf.emptyListLevel!
    let row = rows.count - zerosIn(this.#repetition, begin, end)
    for (let at = begin; at < end; ) {
      const level = this.#definition[at]
      if (this.#repetition[at] === 0) rows.moveBegin(row++)
      let runEnd = at + 1
      if (level > emptyListLevel) {
        while (
          runEnd < end &&
          this.#repetition[runEnd] !== 0 &&
          this.#definition[runEnd] === level
        ) {
          runEnd++
        }
        if (level === definitionMax) this.#page.values.read(rows.sink, runEnd - at)
        else rows.sink.appendNulls(runEnd - at)
      } else if (level < emptyListLevel) {
        rows.validity.appendNulls(row - 1, 1)
      }
      at = runEnd
    }
  }
}

function zerosIn(levels: Uint8Array, begin: number, end: number): number {
  let count = 0
  for (let at = begin; at < end; at++) if (levels[at] === 0) count++
  return count
}
