import type { ArrowRows, ArrowRowsReader } from '../arrow/arrow-batch-reader.js'
import type { MatchedColumn } from '../arrow/arrow-match.js'
import type { InputPart } from '../format.js'
import type { Hdf5Dataset } from './hdf5-dataset.js'
import { type Hdf5File, hdf5Error } from './hdf5-file.js'

const batchBytesTarget = 8 * 1024 ** 2
const chunksBytesMax = 64 * 1024 ** 2
const batchRowsMax = 65_536

/** Reads slices of the datasets, by whole chunks where these are not too large. */
export class Hdf5RowsReader implements ArrowRowsReader {
  readonly #file: Hdf5File
  readonly #matched: readonly MatchedColumn[]
  readonly #part: InputPart
  readonly #rowsMax: number
  #row: number
  #isOpen = true

  constructor(file: Hdf5File, matched: readonly MatchedColumn[], part: InputPart, row: number) {
    this.#file = file
    this.#matched = matched
    this.#part = part
    this.#row = row
    this.#rowsMax = batchRowsOf(matched.map(({ columnIndex }) => file.datasets[columnIndex]))
  }

  get bytesRead(): number {
    const { begin, end, bytes } = this.#part
    return begin === end ? bytes : Math.floor((bytes * (this.#row - begin)) / (end - begin))
  }

  async next(): Promise<ArrowRows | null> {
    if (this.#row >= this.#part.end) return null
    // Batches end where chunks do, wherever the part begins.
    const batchEnd = (Math.floor(this.#row / this.#rowsMax) + 1) * this.#rowsMax
    const end = Math.min(batchEnd, this.#part.end)
    const columns = this.#matched.map(({ field, columnIndex }) => {
      try {
        return [this.#file.datasets[columnIndex].read(this.#row, end)]
      } catch (error) {
        throw hdf5Error(error, { file: this.#file.name, field: field.name })
      }
    })
    const rowCount = end - this.#row
    this.#row = end
    return { rowCount, columns }
  }

  close(): void {
    if (this.#isOpen) this.#file.close()
    this.#isOpen = false
  }
}

function batchRowsOf(datasets: readonly Hdf5Dataset[]): number {
  const rowBytes = datasets.reduce((sum, dataset) => sum + dataset.rowBytes, 1)
  const rows = Math.max(1, Math.min(batchRowsMax, Math.floor(batchBytesTarget / rowBytes)))
  const chunkRows = Math.max(...datasets.map((dataset) => dataset.chunkRows), 1)
  if (chunkRows * rowBytes > chunksBytesMax || chunkRows > batchRowsMax) return rows
  return Math.max(1, Math.floor(rows / chunkRows)) * chunkRows
}
