import { batchBytesMax, type LeafReader } from './parquet-leaf-reader.js'
import { columnOf, type Sink, sinkOf } from './parquet-leaf-values.js'
import { PageCursor } from './parquet-page-cursor.js'
import type { ParquetPages } from './parquet-pages.js'
import type { ParquetLeaf } from './parquet-schema.js'

const levelsMax = 65_536

/** A row has one value, or is null. */
export class FlatLeafReader implements LeafReader {
  readonly #leaf: ParquetLeaf
  readonly #page: PageCursor
  readonly #levels = new Uint8Array(levelsMax)

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
