import {
  heapPlaceBytes,
  kernelMetrics,
  scanKernelsOn,
  scanScratchBytes,
} from '#rooms/kernels/scan-kernels.js'
import { VectorMemory } from '#rooms/kernels/vector-memory.js'
import type { VectorRegion } from '#rooms/kernels/vector-region.js'

/** The rows nearest to some queries, of rows that come by and by and are not kept. L2. */
export class NearRows {
  readonly #dim: number
  readonly #k: number
  readonly #nq: number
  readonly #memory = new VectorMemory()
  readonly #queries: VectorRegion
  readonly #heaps: VectorRegion
  readonly #scratch: VectorRegion
  #rowCount = 0

  constructor(queries: Float32Array, dim: number, k: number) {
    this.#dim = dim
    this.#k = k
    this.#nq = queries.length / dim
    this.#queries = this.#memory.allocate(queries.byteLength)
    const take = (bytes: number) => this.#memory.allocateIn(this.#queries.memoryId, bytes)
    this.#heaps = take(this.#nq * k * heapPlaceBytes)
    this.#scratch = take(scanScratchBytes(this.#nq, 0, dim))
    this.#memory
      .bytesOf(this.#queries)
      .set(new Uint8Array(queries.buffer, queries.byteOffset, queries.byteLength))
    this.#kernels().clearHeaps(this.#heaps.byteOffset, this.#nq, k)
  }

  add(rows: Float32Array): void {
    const region = this.#memory.allocateIn(this.#queries.memoryId, rows.byteLength)
    this.#memory.bytesOf(region).set(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength))
    const [queries, heaps, scratch] = [this.#queries, this.#heaps, this.#scratch].map(
      (at) => at.byteOffset,
    )
    const count = rows.length / this.#dim
    const shape = [kernelMetrics.L2!, 0, this.#dim] as const
    const work = [queries, this.#nq, Number.NEGATIVE_INFINITY, heaps, this.#k, scratch] as const
    this.#kernels().scan(...shape, region.byteOffset, count, this.#rowCount, 0, ...work)
    this.#rowCount += count
    this.#memory.free(region)
  }

  /** The numbers of k rows for each query. No rows are added after it. */
  numbers(): Uint32Array {
    const count = this.#nq * this.#k
    this.#kernels().sortHeaps(this.#heaps.byteOffset, this.#nq, this.#k)
    const places = new Uint32Array(this.#heaps.memory.buffer, this.#heaps.byteOffset, count * 2)
    return Uint32Array.from({ length: count }, (_, place) => places[place * 2])
  }

  #kernels() {
    return scanKernelsOn(this.#queries.memoryId, this.#queries.memory)
  }
}
