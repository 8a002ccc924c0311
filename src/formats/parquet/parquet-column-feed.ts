import type { MillraceError } from '../../errors.js'
import type { FileColumn } from '../arrow/arrow-conversion.js'
import { sliceFileColumn } from '../arrow/arrow-nested.js'
import type { LeafReader } from './parquet-leaf-reader.js'

/** Gives the rows of one column, and keeps those that were read too early. */
export class ColumnFeed {
  readonly #leaves: readonly LeafReader[]
  readonly #fail: (error: unknown, rowsRead: number) => MillraceError
  readonly #kept: { column: FileColumn; rowCount: number }[]
  #rowsRead = 0

  constructor(
    leaves: readonly LeafReader[],
    fail: (error: unknown, rowsRead: number) => MillraceError,
  ) {
    this.#leaves = leaves
    this.#fail = fail
    this.#kept = leaves.map(() => ({ column: nothing, rowCount: 0 }))
  }

  get bytesRead(): number {
    return this.#leaves.reduce((sum, leaf) => sum + leaf.bytesRead, 0)
  }

  /** Reads rows where none are kept; returns how many there are, at most `rowsMax`. */
  async fill(rowsMax: number): Promise<number> {
    let rowCount = rowsMax
    for (const [index, leaf] of this.#leaves.entries()) {
      if (this.#kept[index].rowCount === 0) {
        try {
          this.#kept[index] = { ...(await leaf.read(rowsMax)) }
          if (this.#kept[index].rowCount === 0)
            throw new Error(
              'imported rows are not aligned: the column has fewer rows than the row group',
            )
        } catch (error) {
          throw this.#fail(error, this.#rowsRead)
        }
      }
      rowCount = Math.min(rowCount, this.#kept[index].rowCount)
    }
    return rowCount
  }

  take(rowCount: number): FileColumn[] {
    this.#rowsRead += rowCount
    return this.#kept.map((kept) => {
      const column = sliceFileColumn(kept.column, 0, rowCount)
      if (rowCount < kept.rowCount)
        kept.column = sliceFileColumn(kept.column, rowCount, kept.rowCount)
      kept.rowCount -= rowCount
      return column
    })
  }

  /** @throws importFailed where there are rows left */
  async finish(): Promise<void> {
    for (const [index, leaf] of this.#leaves.entries()) {
      try {
        if (this.#kept[index].rowCount === 0 && (await leaf.isDone())) continue
        throw new Error(
          'imported rows are not aligned: the column has more rows than the row group',
        )
      } catch (error) {
        throw this.#fail(error, this.#rowsRead)
      }
    }
  }
}

const nothing: FileColumn = { shape: 'fixed', values: new Uint8Array(0), width: 1, validity: null }
