import type { ByteSource } from '../../source/byte-source.js'
import type { NpyHeader } from './npy-header.js'

/** Rows `[rowBegin, rowEnd)` of a file. */
export interface RowRange {
  readonly rowBegin: number
  readonly rowEnd: number
}

/** The rows of a .npy file as bytes, row after row, whatever the file's order. */
export interface NpyRows {
  readonly rowBytes: number
  /** Fills `target` with whole rows from `rowBegin` on, and returns false where the file ends before. */
  read(rowBegin: number, target: Uint8Array): Promise<boolean>
}

/** @param range the rows that will be asked for, in this order */
export function npyRows(source: ByteSource, header: NpyHeader, range: RowRange): NpyRows {
  const isByColumn = header.isFortranOrder && header.shape.length > 1 && header.shape[1] > 1
  return isByColumn ? new ColumnOrderRows(source, header, range) : new RowOrderRows(source, header)
}

class RowOrderRows implements NpyRows {
  readonly #source: ByteSource
  readonly #dataOffset: number
  readonly rowBytes: number

  constructor(source: ByteSource, { dataOffset, shape, dtype }: NpyHeader) {
    this.#source = source
    this.#dataOffset = dataOffset
    this.rowBytes = (shape[1] ?? 1) * dtype.itemBytes
  }

  async read(rowBegin: number, target: Uint8Array): Promise<boolean> {
    const position = this.#dataOffset + rowBegin * this.rowBytes
    return (await this.#source.read(position, target)) === target.byteLength
  }
}

/** What is held of a file in column order, twice: by columns and by rows. */
const slabBytes = 16 * 1024 ** 2

/**
 * Reads a slab: a run of rows of each column, one column after the other, and turns it around.
 *
 *   in the file  a0 a1 a2 a3 … b0 b1 b2 b3 … c0 c1 c2 c3 …        the slab of rows 1–2: a1 a2 b1 b2 c1 c2
 */
class ColumnOrderRows implements NpyRows {
  readonly #source: ByteSource
  readonly #dataOffset: number
  readonly #fileRows: number
  readonly #columnCount: number
  readonly #itemBytes: number
  readonly #rowEnd: number
  readonly rowBytes: number
  #byColumn = new Uint8Array(0)
  #byRow = new Uint8Array(0)
  #slab: RowRange = { rowBegin: 0, rowEnd: 0 }

  constructor(source: ByteSource, { dataOffset, shape, dtype }: NpyHeader, { rowEnd }: RowRange) {
    this.#source = source
    this.#dataOffset = dataOffset
    this.#fileRows = shape[0]
    this.#columnCount = shape[1]
    this.#itemBytes = dtype.itemBytes
    this.#rowEnd = rowEnd
    this.rowBytes = shape[1] * dtype.itemBytes
  }

  async read(rowBegin: number, target: Uint8Array): Promise<boolean> {
    const rowCount = target.byteLength / this.rowBytes
    for (let row = rowBegin; row < rowBegin + rowCount; ) {
      if (row < this.#slab.rowBegin || row >= this.#slab.rowEnd) {
        if (!(await this.#readSlab(row))) return false
      }
      const { rowBegin: slabBegin, rowEnd: slabEnd } = this.#slab
      const end = Math.min(rowBegin + rowCount, slabEnd)
      const begin = (row - slabBegin) * this.rowBytes
      const rows = this.#byRow.subarray(begin, (end - slabBegin) * this.rowBytes)
      target.set(rows, (row - rowBegin) * this.rowBytes)
      row = end
    }
    return true
  }

  async #readSlab(rowBegin: number): Promise<boolean> {
    const rowsMax = Math.max(1, Math.floor(slabBytes / this.rowBytes))
    const rowCount = Math.min(rowsMax, this.#rowEnd - rowBegin)
    this.#reserve(rowCount * this.rowBytes)
    const runBytes = rowCount * this.#itemBytes
    for (let column = 0; column < this.#columnCount; column++) {
      const item = column * this.#fileRows + rowBegin
      const run = this.#byColumn.subarray(column * runBytes, (column + 1) * runBytes)
      const position = this.#dataOffset + item * this.#itemBytes
      if ((await this.#source.read(position, run)) < runBytes) return false
    }
    transposeItems(this.#byColumn, this.#byRow, rowCount, this.#columnCount, this.#itemBytes)
    this.#slab = { rowBegin, rowEnd: rowBegin + rowCount }
    return true
  }

  #reserve(byteLength: number): void {
    if (this.#byRow.byteLength >= byteLength) return
    this.#byColumn = new Uint8Array(byteLength)
    this.#byRow = new Uint8Array(byteLength)
  }
}

type Words = Uint8Array | Uint16Array | Uint32Array

function transposeItems(
  byColumn: Uint8Array,
  byRow: Uint8Array,
  rowCount: number,
  columnCount: number,
  itemBytes: number,
): void {
  const from = wordsOf(byColumn, itemBytes)
  const to = wordsOf(byRow, itemBytes)
  transpose(from, to, rowCount, columnCount, itemBytes / from.BYTES_PER_ELEMENT)
}

/** The widest words that an item is made of. */
function wordsOf({ buffer, byteLength }: Uint8Array, itemBytes: number): Words {
  if (itemBytes % 4 === 0) return new Uint32Array(buffer, 0, byteLength >> 2)
  if (itemBytes % 2 === 0) return new Uint16Array(buffer, 0, byteLength >> 1)
  return new Uint8Array(buffer)
}

/** Tiles that stay in the cache on both sides. */
const tile = 32

function transpose(
  from: Words,
  to: Words,
  rowCount: number,
  columnCount: number,
  itemWords: number,
): void {
  for (let rowTile = 0; rowTile < rowCount; rowTile += tile) {
    const rowEnd = Math.min(rowTile + tile, rowCount)
    for (let columnTile = 0; columnTile < columnCount; columnTile += tile) {
      const columnEnd = Math.min(columnTile + tile, columnCount)
      for (let row = rowTile; row < rowEnd; row++) {
        for (let column = columnTile; column < columnEnd; column++) {
          const source = (column * rowCount + row) * itemWords
          const target = (row * columnCount + column) * itemWords
          for (let word = 0; word < itemWords; word++) to[target + word] = from[source + word]
        }
      }
    }
  }
}
