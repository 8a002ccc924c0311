import type { FixedColumn, FixedValues } from '../../column/column.js'
import { regularOffsets } from '../../column/regular-offsets.js'
import type { ByteSource } from '../../source/byte-source.js'
import type { ArrowRows, ArrowRowsReader } from '../arrow/arrow-batch-reader.js'
import type { InputPart } from '../format.js'
import { importError } from '../import-error.js'
import { dimBytes, type VecsFile } from './vecs-file.js'

const batchBytesTarget = 4 * 1024 ** 2

/** Reads the vectors of a part, without the lengths between them. */
export class VecsRowsReader implements ArrowRowsReader {
  readonly #source: ByteSource
  readonly #file: VecsFile
  readonly #part: InputPart
  readonly #rowBytes: number
  readonly #rowsMax: number
  #row: number

  constructor(source: ByteSource, file: VecsFile, part: InputPart, row: number) {
    this.#source = source
    this.#file = file
    this.#part = part
    this.#row = row
    this.#rowBytes = dimBytes + file.dim * file.itemBytes
    this.#rowsMax = Math.max(1, Math.floor(batchBytesTarget / this.#rowBytes))
  }

  get bytesRead(): number {
    const { begin, end, bytes } = this.#part
    return begin === end ? bytes : Math.floor((bytes * (this.#row - begin)) / (end - begin))
  }

  async next(): Promise<ArrowRows | null> {
    const rowCount = Math.min(this.#rowsMax, this.#part.end - this.#row)
    if (rowCount <= 0) return null
    const bytes = new Uint8Array(rowCount * this.#rowBytes)
    const count = await this.#source.read(this.#row * this.#rowBytes, bytes)
    if (count < bytes.length) {
      throw importError({ file: this.#source.name, row: this.#row }, 'the file was cut meanwhile')
    }
    this.#checkDims(bytes, rowCount)
    const child: FixedColumn = {
      shape: 'fixed',
      values: this.#values(bytes, rowCount),
      width: 1,
      validity: null,
    }
    const offsets = regularOffsets(rowCount, this.#file.dim)
    this.#row += rowCount
    return { rowCount, columns: [[{ shape: 'list', offsets, child, validity: null }]] }
  }

  close(): void {
    this.#row = this.#part.end
  }

  /** Behind a vector of another length, no other could be found. */
  #checkDims({ buffer }: Uint8Array, rowCount: number): void {
    const view = new DataView(buffer)
    for (let row = 0; row < rowCount; row++) {
      const dim = view.getInt32(row * this.#rowBytes, true)
      if (dim === this.#file.dim) continue
      throw importError(
        { file: this.#source.name, row: this.#row - this.#part.begin + row },
        `expected ${this.#file.dim} components as in the first vector, got ${dim}: length of vector is not aligned`,
      )
    }
  }

  #values(bytes: Uint8Array, rowCount: number): FixedValues {
    const vectorBytes = this.#rowBytes - dimBytes
    const packed = new Uint8Array(rowCount * vectorBytes)
    for (let row = 0; row < rowCount; row++) {
      const begin = row * this.#rowBytes + dimBytes
      packed.set(bytes.subarray(begin, begin + vectorBytes), row * vectorBytes)
    }
    if (this.#file.itemBytes === 1) return packed
    const { kind } = this.#file.itemType
    return kind === 'float' ? new Float32Array(packed.buffer) : new Int32Array(packed.buffer)
  }
}
