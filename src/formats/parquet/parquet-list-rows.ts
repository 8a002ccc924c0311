import type { Column } from '../../column/column.js'
import { columnOf, type Sink } from './parquet-leaf-values.js'
import type { ParquetLeaf } from './parquet-schema.js'
import { ValiditySink } from './parquet-sinks.js'

/** Lists that grow. */
export class ListRows {
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
