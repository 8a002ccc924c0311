import type { Column } from '../column/column.js'
import type { ValueCursor } from './parquet-fixed-values.js'
import type { HybridCursor } from './parquet-hybrid.js'
import { columnOf, cursorOf, type Sink, sinkOf } from './parquet-leaf-values.js'
import type { ParquetPages } from './parquet-pages.js'
import type { ParquetLeaf } from './parquet-schema.js'
import { ValiditySink } from './parquet-sinks.js'

/** Reads the rows of one leaf of one row group. */
export interface LeafReader {
  readonly bytesRead: number
  /** At most `rowsMax` next rows: fewer where they would be too long, none at the end. */
  read(rowsMax: number): Promise<{ readonly rowCount: number; readonly column: Column }>
  /** Whether all of the pages were read. */
  isDone(): Promise<boolean>
}

/** Where rows take more, a batch ends early. */
const batchBytesMax = 32 * 1024 ** 2

const levelsOfFixed = 65_536
/** Few, since a level may stand for a long value. */
const levelsOfBytes = 4096

export function leafReaderOf(
  leaf: ParquetLeaf,
  pages: ParquetPages,
  valuesPerRow: number,
): LeafReader {
  return leaf.emptyListLevel === null
    ? new FlatLeafReader(leaf, pages)
    : new ListLeafReader(leaf, pages, valuesPerRow)
}

/** The page that is being read, and what of its levels is left. */
class PageCursor {
  readonly #leaf: ParquetLeaf
  readonly #pages: ParquetPages
  levelsLeft = 0
  repetition: HybridCursor | null = null
  #definition: HybridCursor | null = null
  values!: ValueCursor<Sink>

  constructor(leaf: ParquetLeaf, pages: ParquetPages) {
    this.#leaf = leaf
    this.#pages = pages
  }

  get bytesRead(): number {
    return this.#pages.bytesRead
  }

  /** Goes on to the next page where the last one is used up; false at the end. */
  async hasLevels(): Promise<boolean> {
    if (this.levelsLeft > 0) return true
    const page = await this.#pages.next()
    if (page === null) return false
    this.levelsLeft = page.levelCount
    this.repetition = page.repetition
    this.#definition = page.definition
    this.values = cursorOf(this.#leaf, page, this.#pages.dictionary)
    return true
  }

  /** Reads definition levels, or returns false: all values are there. */
  readDefinition(levels: Uint8Array, count: number): boolean {
    if (this.#definition === null) return false
    if (this.#definition.passRun(this.#leaf.definitionMax, count)) return false
    this.#definition.read(levels, 0, count)
    return true
  }
}

class FlatLeafReader implements LeafReader {
  readonly #leaf: ParquetLeaf
  readonly #page: PageCursor
  readonly #levels = new Uint8Array(levelsOfFixed)

  constructor(leaf: ParquetLeaf, pages: ParquetPages) {
    this.#leaf = leaf
    this.#page = new PageCursor(leaf, pages)
  }

  get bytesRead(): number {
    return this.#page.bytesRead
  }

  async isDone(): Promise<boolean> {
    return !(await this.#page.hasLevels())
  }

  async read(rowsMax: number) {
    const sink = sinkOf(this.#leaf, rowsMax)
    while (
      sink.count < rowsMax &&
      sink.byteLength < batchBytesMax &&
      (await this.#page.hasLevels())
    ) {
      const wanted = Math.min(rowsMax - sink.count, this.#page.levelsLeft, this.#levels.length)
      const count = this.#page.values.fitting(wanted, batchBytesMax - sink.byteLength)
      this.#append(sink, count)
      this.#page.levelsLeft -= count
    }
    return { rowCount: sink.count, column: columnOf(this.#leaf, sink) }
  }

  #append(sink: Sink, count: number): void {
    if (this.#page.readDefinition(this.#levels, count)) this.#appendRuns(sink, count)
    else this.#page.values.read(sink, count)
  }

  #appendRuns(sink: Sink, count: number): void {
    const levels = this.#levels
    const { definitionMax } = this.#leaf
    for (let begin = 0; begin < count; ) {
      const isPresent = levels[begin] === definitionMax
      let end = begin + 1
      while (end < count && (levels[end] === definitionMax) === isPresent) end++
      if (isPresent) this.#page.values.read(sink, end - begin)
      else sink.appendNulls(end - begin)
      begin = end
    }
  }
}

/** A row begins at each repetition level of 0, and may go on in the next page. */
class ListLeafReader implements LeafReader {
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

/** Lists that grow. */
class ListRows {
  readonly sink: Sink
  readonly validity = new ValiditySink()
  readonly #offsets: Int32Array
  count = 0

  constructor(sink: Sink, rowsMax: number) {
    this.sink = sink
    this.#offsets = new Int32Array(rowsMax + 1)
  }

  begin(offset: number): void {
    this.#offsets[this.count++] = offset
  }

  /** A row begins at the next value. */
  moveBegin(row: number): void {
    this.#offsets[row] = this.sink.count
  }

  finish(leaf: ParquetLeaf): Column {
    this.#offsets[this.count] = this.sink.count
    return {
      shape: 'list',
      offsets: this.#offsets.subarray(0, this.count + 1),
      child: columnOf(leaf, this.sink),
      validity: this.validity.finish(this.count),
    }
  }
}
