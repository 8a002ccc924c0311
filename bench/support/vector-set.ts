import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  heapPlaceBytes,
  kernelMetrics,
  scanKernelsOn,
  scanScratchBytes,
} from '#rooms/kernels/scan-kernels.js'
import { VectorMemory } from '#rooms/kernels/vector-memory.js'
import type { VectorRegion } from '#rooms/kernels/vector-region.js'
import { mixture } from './mixture.js'

export interface VectorSetOptions {
  readonly rowCount: number
  readonly dim: number
  readonly clusterCount: number
  readonly nq: number
  readonly k: number
  readonly directory: string
}

/** Rows, queries and what a search must find, in kernel memory and as files for the peers. L2 throughout. */
export class VectorSet {
  readonly options: VectorSetOptions
  readonly memory = new VectorMemory()
  readonly rows: VectorRegion
  readonly queries: VectorRegion
  readonly heaps: VectorRegion
  readonly #truths = new Map<string, Uint32Array>()
  readonly #masks = new Map<string, VectorRegion>()

  constructor(options: VectorSetOptions) {
    const { rowCount, dim, nq, k, directory } = options
    mkdirSync(directory, { recursive: true })
    this.options = options
    const source = mixture(dim, options.clusterCount, 7)
    const rows = source.rows(rowCount)
    const queries = source.rows(nq)
    writeFileSync(join(directory, 'rows.f32'), new Uint8Array(rows.buffer))
    writeFileSync(join(directory, 'queries.f32'), new Uint8Array(queries.buffer))
    this.rows = this.memory.allocate(rows.byteLength)
    this.memory.bytesOf(this.rows).set(new Uint8Array(rows.buffer))
    this.queries = this.take(queries.byteLength)
    this.memory.bytesOf(this.queries).set(new Uint8Array(queries.buffer))
    this.heaps = this.take(nq * k * heapPlaceBytes)
    this.#addTruth('all', 0)
  }

  take(byteLength: number): VectorRegion {
    return this.memory.allocateIn(this.rows.memoryId, byteLength)
  }

  /** A mask of a share of the rows, by its name; 'all' is there already. */
  addMask(name: string, share: number): void {
    const { rowCount, directory } = this.options
    const region = this.take(Math.ceil(rowCount / 64) * 8)
    const bytes = this.memory.bytesOf(region).fill(0)
    const { uniform } = mixture(1, 1, 11)
    for (let row = 0; row < rowCount; row++)
      if (uniform() < share) bytes[row >> 3] |= 1 << (row & 7)
    writeFileSync(join(directory, `${name}.mask`), bytes)
    this.#masks.set(name, region)
    this.#addTruth(name, region.byteOffset)
  }

  maskOf(name: string): number {
    return this.#masks.get(name)?.byteOffset ?? 0
  }

  /** The share of the true neighbors that the heaps hold. */
  recall(name: string): number {
    const { nq, k } = this.options
    const truth = this.#truths.get(name)!
    const found = this.#idsInHeaps()
    let hits = 0
    for (let query = 0; query < nq; query++) {
      const wanted = new Set(truth.subarray(query * k, query * k + k))
      for (const id of found.subarray(query * k, query * k + k)) if (wanted.has(id)) hits++
    }
    return hits / truth.length
  }

  #addTruth(name: string, mask: number): void {
    const { rowCount, dim, nq, k, directory } = this.options
    const kernels = scanKernelsOn(this.rows.memoryId, this.rows.memory)
    const scratch = this.take(scanScratchBytes(nq, 0, dim))
    const [rows, queries, heaps] = [this.rows, this.queries, this.heaps].map((at) => at.byteOffset)
    kernels.clearHeaps(heaps, nq, k)
    const near = Number.NEGATIVE_INFINITY
    const shape = [kernelMetrics.L2!, 0, dim] as const
    const work = [queries, nq, near, heaps, k, scratch.byteOffset] as const
    kernels.scan(...shape, rows, rowCount, 0, mask, ...work)
    kernels.sortHeaps(heaps, nq, k)
    this.memory.free(scratch)
    const truth = this.#idsInHeaps()
    writeFileSync(join(directory, `${name}.truth`), truth)
    this.#truths.set(name, truth)
  }

  #idsInHeaps(): Uint32Array {
    const { nq, k } = this.options
    const places = new Uint32Array(this.heaps.memory.buffer, this.heaps.byteOffset, nq * k * 2)
    return Uint32Array.from({ length: nq * k }, (_, place) => places[place * 2])
  }
}
