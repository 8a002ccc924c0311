import { type Column, type FixedColumn, type FixedValues, layoutOf } from '../column/column.js'
import { type GrowableColumn, growableColumn } from '../column/growable-column.js'
import type { VectorMemory } from '../kernels/vector-memory.js'
import type { VectorPart } from '../kernels/vector-region.js'
import type { Field } from '../schema/field.js'
import type { NumberedMemory } from '../workers/worker-job.js'
import { rowBytes } from './resident-vectors.js'

const firstChunkBytes = 64 * 1024
const chunkBytesMax = 4 * 1024 ** 2

const noValues = { shape: 'fixed', valuesType: Uint8Array, width: 0 } as const
const noRows: FixedColumn = {
  shape: 'fixed',
  values: new Uint8Array(0),
  width: 0,
  validity: null,
}

/** Vectors as they lie in kernel memory. */
export interface GrowingVectorRows {
  readonly fieldId: number
  readonly parts: readonly {
    readonly memoryId: number
    readonly byteOffset: number
    readonly rowBegin: number
    readonly rowCount: number
  }[]
  readonly validity: Uint8Array | null
}

/**
 * A vector column that grows in kernel memory, in chunks that never move: a scan under way keeps its rows
 * whatever is appended. Chunks double in size up to 4 MiB.
 */
export class GrowingVectors {
  readonly #memory: VectorMemory
  readonly #field: Field
  readonly #chunks: VectorPart[] = []
  /** Rows of no values: they carry which vectors are null. */
  readonly #validity: GrowableColumn = growableColumn(noValues)
  #rowCount = 0

  constructor(memory: VectorMemory, field: Field) {
    this.#memory = memory
    this.#field = field
  }

  /** Makes room, so that an append of as many rows cannot fail. @throws memoryExceeded */
  reserve(rowCount: number): void {
    while (this.#rowCapacity < this.#rowCount + rowCount) this.#addChunk()
  }

  append(column: Column, rowCount: number): void {
    const { values, validity } = column as FixedColumn
    const bytes = new Uint8Array(values.buffer, values.byteOffset, rowCount * rowBytes(this.#field))
    this.reserve(rowCount)
    this.#validity.append({ ...noRows, validity }, 0, rowCount)
    for (let done = 0; done < rowCount; ) done += this.#fillChunk(bytes, done, rowCount)
  }

  /** The chunks that hold the first `rowCount` rows. */
  parts(rowCount: number): VectorPart[] {
    return this.#chunks
      .filter(({ rowBegin }) => rowBegin < rowCount)
      .map((chunk) => ({ ...chunk, rowCount: Math.min(chunk.rowCount, rowCount - chunk.rowBegin) }))
  }

  /** The first `rowCount` rows in one piece: a copy. */
  column(rowCount: number): FixedColumn {
    const layout = layoutOf(this.#field)
    if (layout.shape !== 'fixed') throw new TypeError('vectors have rows of fixed length')
    const bytes = new Uint8Array(rowCount * rowBytes(this.#field))
    for (const { region, rowBegin, rowCount: rows } of this.parts(rowCount)) {
      const length = rows * rowBytes(this.#field)
      bytes.set(this.#memory.bytesOf(region).subarray(0, length), rowBegin * rowBytes(this.#field))
    }
    const values: FixedValues = new layout.valuesType(bytes.buffer, 0, rowCount * layout.width)
    return { shape: 'fixed', values, width: layout.width, validity: this.validity(rowCount) }
  }

  /** Which of the first `rowCount` rows have a vector; null: all of them. */
  validity(rowCount: number): Uint8Array | null {
    const { validity } = this.#validity.snapshot()
    return validity?.subarray(0, (rowCount + 7) >> 3) ?? null
  }

  /** The first `rowCount` rows where they lie, for another thread. */
  rows(rowCount: number): GrowingVectorRows {
    const parts = this.parts(rowCount).map(({ region, rowBegin, rowCount: count }) => ({
      memoryId: region.memoryId,
      byteOffset: region.byteOffset,
      rowBegin,
      rowCount: count,
    }))
    return { fieldId: this.#field.fieldId, parts, validity: this.validity(rowCount) }
  }

  /** Those that the rows lie in. */
  memories(): NumberedMemory[] {
    return this.#chunks.map(({ region: { memoryId, memory } }) => ({ memoryId, memory }))
  }

  free(): void {
    for (const { region } of this.#chunks) this.#memory.free(region)
    this.#chunks.length = 0
  }

  get #rowCapacity(): number {
    const last = this.#chunks.at(-1)
    return last ? last.rowBegin + last.rowCount : 0
  }

  /** Copies rows from `done` on into the first chunk with room; returns how many. */
  #fillChunk(bytes: Uint8Array, done: number, rowCount: number): number {
    const chunk = this.#chunks.find((each) => this.#rowCount < each.rowBegin + each.rowCount)!
    const used = this.#rowCount - chunk.rowBegin
    const count = Math.min(chunk.rowCount - used, rowCount - done)
    const size = rowBytes(this.#field)
    this.#memory
      .bytesOf(chunk.region)
      .set(bytes.subarray(done * size, (done + count) * size), used * size)
    this.#rowCount += count
    return count
  }

  #addChunk(): void {
    const wanted = Math.min(firstChunkBytes * 2 ** this.#chunks.length, chunkBytesMax)
    const rowCount = Math.max(8, Math.floor(wanted / rowBytes(this.#field) / 8) * 8)
    const region = this.#memory.allocate(rowCount * rowBytes(this.#field))
    this.#chunks.push({ region, rowBegin: this.#rowCapacity, rowCount })
  }
}
