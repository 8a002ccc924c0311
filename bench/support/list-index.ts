import type { IndexSearchJob, IndexSpec } from '#rooms/indexes/index-family.js'
import { ivf } from '#rooms/indexes/ivf/ivf.js'
import { heapPlaceBytes } from '#rooms/kernels/scan-kernels.js'
import type { VectorRegion } from '#rooms/kernels/vector-region.js'
import { DataType } from '#rooms/schema/data-type.js'
import type { WorkerPool } from '#rooms/workers/worker-job.js'
import type { VectorSet } from './vector-set.js'

/** An inverted file over the rows of a `VectorSet`, built by all cores, searched by one thread. */
export interface Lists {
  readonly name: string
  /** @returns seconds of the clock; NaN: it is left out */
  build(): Promise<number>
  /** All queries, so many of them at once. */
  search(nprobe: number, batch: number): Promise<ListFigures>
}

interface ListFigures {
  readonly recall: number
  /** Of processor time, for each query. */
  readonly microseconds: number
}

const dataType = DataType.FloatVector

/** Ours, in this process. */
export class ListIndex implements Lists {
  readonly name: string
  readonly #set: VectorSet
  readonly #pool: WorkerPool
  readonly #spec: IndexSpec
  #index: VectorRegion | null = null

  constructor(set: VectorSet, pool: WorkerPool, indexType: string, params: IndexSpec['params']) {
    this.name = `millrace ${indexType}`
    this.#set = set
    this.#pool = pool
    this.#spec = { indexType, metric: 'L2', params }
  }

  async build(): Promise<number> {
    const { memory, rows: region, options } = this.#set
    if (this.#index) memory.free(this.#index)
    this.#index = null
    const vectors = {
      region,
      rowCount: options.rowCount,
      dataType,
      dim: options.dim,
      validity: null,
    }
    const began = performance.now()
    this.#index = await ivf.build({ pool: this.#pool, memory, vectors, spec: this.#spec })
    return (performance.now() - began) / 1000
  }

  async search(nprobe: number, batch: number): Promise<ListFigures> {
    const { memory, rows, queries, heaps, options } = this.#set
    const { rowCount, dim, nq, k } = options
    const [spec, params, index] = [this.#spec, { nprobe }, this.#index!.byteOffset]
    const { vectors, file } = this.#set.placeOfRows(ivf.searchesVectors(spec, dataType))
    const [queriesAt, heapsAt] = [queries.byteOffset, heaps.byteOffset]
    // Without spreading, which would cost a query as much as the search of a list.
    const jobOf = (first: number, scratch: number): IndexSearchJob => ({
      family: ivf.name,
      memoryId: rows.memoryId,
      memory: rows.memory,
      index,
      vectors,
      file,
      rowCount,
      dataType,
      dim,
      spec,
      params,
      queries: queriesAt + first * dim * 4,
      nq: Math.min(batch, nq - first),
      mask: 0,
      near: Number.NEGATIVE_INFINITY,
      heaps: heapsAt + first * k * heapPlaceBytes,
      k,
      firstId: 0,
      scratch,
    })
    const scratch = this.#set.take(ivf.scratchBytes(jobOf(0, 0)))
    const began = process.cpuUsage()
    for (let first = 0; first < nq; first += batch) {
      ivf.search(jobOf(first, scratch.byteOffset), { throwIfCancelled() {} })
    }
    const { user, system } = process.cpuUsage(began)
    memory.free(scratch)
    return { recall: this.#set.recall('all'), microseconds: (user + system) / nq }
  }
}
