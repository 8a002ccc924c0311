import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { IndexSearchJob } from '#rooms/indexes/index-family.js'
import {
  heapPlaceBytes,
  kernelMetrics,
  scanKernelsOn,
  scanScratchBytes,
} from '#rooms/kernels/scan-kernels.js'
import { VectorMemory } from '#rooms/kernels/vector-memory.js'
import type { VectorRegion } from '#rooms/kernels/vector-region.js'
import { seededUniform } from './mixture.js'
import { sourceVectors, type VectorSourceOptions } from './vector-source.js'

export interface VectorSetOptions extends VectorSourceOptions {
  readonly k: number
  readonly directory: string
}

/** Regions that the mask `far` leaves: one of so many. */
const farShare = 10

/** Rows, queries and what a search must find, in kernel memory and as files for the peers. L2 throughout. */
export class VectorSet {
  readonly options: VectorSetOptions
  readonly memory = new VectorMemory()
  readonly rows: VectorRegion
  readonly queries: VectorRegion
  readonly heaps: VectorRegion
  readonly #truths = new Map<string, Uint32Array>()
  readonly #masks = new Map<string, VectorRegion>()

  readonly #regions: Uint32Array

  /** The set's own options say how many rows there are, and of how many components. */
  constructor(options: VectorSetOptions) {
    const { nq, k, directory } = options
    mkdirSync(directory, { recursive: true })
    const { rows, queries, regions, dim } = sourceVectors(options)
    this.options = { ...options, dim, rowCount: regions.length }
    this.#regions = regions
    writeFileSync(join(directory, 'rows.f32'), new Uint8Array(rows.buffer))
    writeFileSync(join(directory, 'queries.f32'), new Uint8Array(queries.buffer))
    this.rows = this.memory.allocate(rows.byteLength)
    this.memory.bytesOf(this.rows).set(new Uint8Array(rows.buffer))
    this.queries = this.take(queries.byteLength)
    this.memory.bytesOf(this.queries).set(new Uint8Array(queries.buffer))
    this.heaps = this.take(nq * k * heapPlaceBytes)
    this.#addTruth('all', 0)
  }

  /** Where a search finds the rows: in memory, or in their file. */
  placeOfRows(areInMemory: boolean): Pick<IndexSearchJob, 'vectors' | 'file'> {
    if (areInMemory) return { vectors: this.rows.byteOffset, file: null }
    const { directory, dim } = this.options
    const file = { path: join(directory, 'rows.f32'), byteOffset: 0, rowBytes: dim * 4 }
    return { vectors: 0, file }
  }

  take(byteLength: number): VectorRegion {
    return this.memory.allocateIn(this.rows.memoryId, byteLength)
  }

  /** A mask of a share of the rows, by its name; 'all' is there already. */
  addMask(name: string, share: number): void {
    const places = this.places()
    this.#addMask(name, (row) => places[row] < share)
  }

  /** A tenth of the regions as the mask `far`: nine of ten queries have nothing near them that it leaves. */
  addFarMask(): void {
    this.#addMask('far', (row) => this.#regions[row] % farShare === 0)
  }

  #addMask(name: string, isFindable: (row: number) => boolean): void {
    const { rowCount, directory } = this.options
    const region = this.take(Math.ceil(rowCount / 64) * 8)
    const bytes = this.memory.bytesOf(region).fill(0)
    for (let row = 0; row < rowCount; row++) if (isFindable(row)) bytes[row >> 3] |= 1 << (row & 7)
    writeFileSync(join(directory, `${name}.mask`), bytes)
    this.#masks.set(name, region)
    this.#addTruth(name, region.byteOffset)
  }

  /** A place in [0, 1) for each row: those below a share are its mask. */
  places(): Float64Array {
    return Float64Array.from({ length: this.options.rowCount }, seededUniform(11))
  }

  maskOf(name: string): number {
    return this.#masks.get(name)?.byteOffset ?? 0
  }

  /** The share of the true neighbors that the heaps hold. */
  recall(name: string): number {
    return this.recallOf(name, this.#idsInHeaps())
  }

  /** @param found the ids of k rows for each of the first queries, one query after the other */
  recallOf(name: string, found: Uint32Array): number {
    return recallOf(this.#truths.get(name)!, found, this.options.k)
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

/** The share of what must be found that was, where there may be less than k. */
export function recallOf(truth: Uint32Array, found: Uint32Array, k: number): number {
  let [hits, wantedCount] = [0, 0]
  for (let first = 0; first < found.length; first += k) {
    const wanted = new Set(truth.subarray(first, first + k))
    wanted.delete(nobody)
    wantedCount += wanted.size
    for (const id of found.subarray(first, first + k)) if (wanted.has(id)) hits++
  }
  return hits / wantedCount
}

/** What an empty place of a heap holds. */
const nobody = 0xffffffff

/** The set that the options of a program mean, searched for the ten nearest. */
export function vectorSetFrom(
  options: Readonly<Record<'rows' | 'dim' | 'clusters' | 'queries' | 'data', string>>,
  directory: string,
): VectorSet {
  return new VectorSet({
    rowCount: Number(options.rows),
    dim: Number(options.dim),
    clusterCount: Number(options.clusters),
    nq: Number(options.queries),
    data: options.data,
    k: 10,
    directory,
  })
}
