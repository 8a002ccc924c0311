import type { FileColumn } from '../arrow/arrow-conversion.js'
import { batchBytesMax, type LeafReader } from './parquet-leaf-reader.js'
import { sinkOf } from './parquet-leaf-values.js'
import { LevelWindow } from './parquet-levels.js'
import type { ParquetPages } from './parquet-pages.js'
import type { ParquetLeaf } from './parquet-schema.js'

type Sink = ReturnType<typeof sinkOf>

interface RepeatedRows {
  readonly sink: Sink
  /** Rows that were begun. */
  readonly count: number
  finish(leaf: ParquetLeaf): FileColumn
}

/** Reads rows that begin at each repetition level of 0, and may go on in the next page. */
export abstract class RepeatedLeafReader<Rows extends RepeatedRows> implements LeafReader {
  protected readonly leaf: ParquetLeaf
  protected readonly levels: LevelWindow
  readonly #valuesPerRow: number

  constructor(leaf: ParquetLeaf, pages: ParquetPages, valuesPerRow: number) {
    this.leaf = leaf
    this.levels = new LevelWindow(leaf, pages)
    this.#valuesPerRow = valuesPerRow
  }

  get bytesRead(): number {
    return this.levels.page.bytesRead
  }

  async isDone(): Promise<boolean> {
    return !(await this.levels.fill())
  }

  async read(rowsMax: number) {
    const rows = this.startRows(sinkOf(this.leaf, rowsMax * this.#valuesPerRow), rowsMax)
    let wanted = rowsMax
    while (await this.levels.fill()) {
      const isFull = this.appendUpTo(rows, wanted)
      if (isFull) break
      // The row that is being read is finished, and no other is begun.
      if (rows.sink.byteLength >= batchBytesMax) wanted = rows.count
    }
    return { rowCount: rows.count, column: rows.finish(this.leaf) }
  }

  protected abstract startRows(sink: Sink, rowsMax: number): Rows

  /** Appends the levels of rows until there are `rowsMax`; true where the next one begins. */
  protected abstract appendUpTo(rows: Rows, rowsMax: number): boolean
}
