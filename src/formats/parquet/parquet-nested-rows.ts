import type { NestedColumn } from '../arrow/arrow-conversion.js'
import { columnOf, type Sink } from './parquet-leaf-values.js'
import type { ParquetLeaf } from './parquet-schema.js'
import { ValiditySink } from './parquet-sinks.js'

/** Lists of lists that grow. */
export class NestedRows {
  readonly sink: Sink
  readonly #rowValidity = new ValiditySink()
  readonly #listValidity = new ValiditySink()
  /** Where each row begins, in inner lists. */
  readonly #rowOffsets: Int32Array
  /** Where each inner list begins, in values. */
  #listOffsets = new Int32Array(1024)
  #listCount = 0
  count = 0

  constructor(sink: Sink, rowsMax: number) {
    this.sink = sink
    this.#rowOffsets = new Int32Array(rowsMax + 1)
  }

  beginRow(): void {
    this.#rowOffsets[this.count++] = this.#listCount
  }

  /** The row that was begun last. */
  makeRowNull(): void {
    this.#rowValidity.appendNulls(this.count - 1, 1)
  }

  beginList(): void {
    if (this.#listCount + 1 === this.#listOffsets.length) {
      const grown = new Int32Array(this.#listOffsets.length * 2)
      grown.set(this.#listOffsets)
      this.#listOffsets = grown
    }
    this.#listOffsets[this.#listCount++] = this.sink.count
  }

  /** The inner list that was begun last. */
  makeListNull(): void {
    this.#listValidity.appendNulls(this.#listCount - 1, 1)
  }

  finish(leaf: ParquetLeaf): NestedColumn {
    this.#rowOffsets[this.count] = this.#listCount
    this.#listOffsets[this.#listCount] = this.sink.count
    return {
      shape: 'nested',
      offsets: this.#rowOffsets.subarray(0, this.count + 1),
      child: {
        shape: 'list',
        offsets: this.#listOffsets.subarray(0, this.#listCount + 1),
        child: columnOf(leaf, this.sink),
        validity: this.#listValidity.finish(this.#listCount),
      },
      validity: this.#rowValidity.finish(this.count),
    }
  }
}
