import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { familyNamed } from '#rooms/indexes/families.js'
import { graphShapeOf } from '#rooms/indexes/hnsw/graph-shape.js'
import type { IndexFamily, IndexSpec } from '#rooms/indexes/index-family.js'
import { indexTypes } from '#rooms/indexes/index-types.js'
import { heapPlaceBytes } from '#rooms/kernels/scan-kernels.js'
import type { VectorRegion } from '#rooms/kernels/vector-region.js'
import { DataType } from '#rooms/schema/data-type.js'
import { readIndex, writeIndex } from '#rooms/storage/index-files.js'
import type { WorkerPool } from '#rooms/workers/worker-job.js'
import { type Contender, figuresFrom, type SearchFigures } from './contender.js'
import type { VectorSet } from './vector-set.js'

const dataType = DataType.FloatVector

/** An index of our own, in this process. */
export class MillraceIndex implements Contender {
  readonly name: string
  readonly #set: VectorSet
  readonly #pool: WorkerPool
  readonly #spec: IndexSpec
  readonly #family: IndexFamily
  #index: VectorRegion | null = null

  constructor(set: VectorSet, pool: WorkerPool, indexType: string, params: IndexSpec['params']) {
    this.name = `millrace ${indexType}`
    this.#set = set
    this.#pool = pool
    this.#spec = { indexType, metric: 'L2', params }
    this.#family = familyNamed(indexTypes[indexType].family!)
  }

  async build(): Promise<number> {
    await this.close()
    const { memory, rows: region, options } = this.#set
    const { rowCount, dim } = options
    const vectors = { region, rowCount, dataType, dim, validity: null }
    const began = performance.now()
    this.#index = await this.#family.build({ pool: this.#pool, memory, vectors, spec: this.#spec })
    return (performance.now() - began) / 1000
  }

  /** Bytes in memory, of the rows too where searches want them there, over those of rows and links. */
  memoryRatio(): number {
    const { rows, options } = this.#set
    const { m } = graphShapeOf(this.#spec, { ...options, dataType })
    const linkBytes = options.rowCount * (2 * m * 4 + 8)
    const isBeside = this.#family.searchesVectors(this.#spec, dataType)
    const held = this.#index!.byteLength + (isBeside ? rows.byteLength : 0)
    return held / (rows.byteLength + linkBytes)
  }

  /** Seconds to read the index from its file with its checksum, over those to read the same bytes. */
  async loadRatio(): Promise<number> {
    const { memory, options } = this.#set
    const path = join(options.directory, 'index')
    const directory = { indexPath: () => path, syncIndexes() {}, removeIndex() {} }
    const files = { directory, pool: this.#pool }
    const name = { segmentId: 1n, indexId: 1n, fieldId: 1 }
    const bytes = memory.bytesOf(this.#index!)
    const built = await writeIndex(files, name, bytes, new AbortController().signal)
    const began = performance.now()
    readPlainly(path, freshBytes(bytes.length))
    const plain = performance.now()
    await readIndex(files, 1n, built, freshBytes(bytes.length))
    return (performance.now() - plain) / (plain - began)
  }

  async search(effort: number, mask: string): Promise<SearchFigures> {
    const { memory, rows, queries, heaps, options } = this.#set
    const { rowCount, dim, nq, k } = options
    const common = {
      ...{
        family: this.#family.name,
        memoryId: rows.memoryId,
        memory: rows.memory,
        rowCount,
        dataType,
        dim,
      },
      ...{
        spec: this.#spec,
        params: this.#paramsOf(effort),
        nq: 1,
        k,
        near: Number.NEGATIVE_INFINITY,
        firstId: 0,
      },
      ...{ index: this.#index!.byteOffset, vectors: rows.byteOffset, file: null },
      mask: this.#set.maskOf(mask),
    }
    const places = { queries: queries.byteOffset, heaps: heaps.byteOffset }
    const scratch = this.#set.take(this.#family.scratchBytes({ ...common, ...places }))
    const latencies: number[] = []
    for (let query = 0; query < nq; query++) {
      const began = performance.now()
      const at = {
        queries: places.queries + query * dim * 4,
        heaps: places.heaps + query * k * heapPlaceBytes,
      }
      this.#family.search(
        { ...common, ...at, scratch: scratch.byteOffset },
        { throwIfCancelled() {} },
      )
      latencies.push(performance.now() - began)
    }
    memory.free(scratch)
    return figuresFrom(this.#set.recall(mask), latencies)
  }

  #paramsOf(effort: number): Record<string, number> {
    return this.#family.name === 'ivf' ? { nprobe: effort } : { ef: effort }
  }

  async close(): Promise<void> {
    if (this.#index) this.#set.memory.free(this.#index)
    this.#index = null
  }
}

/** Memory that nobody has touched, which threads share. */
function freshBytes(byteLength: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(byteLength))
}

function readPlainly(path: string, bytes: Uint8Array): void {
  const descriptor = openSync(path, 'r')
  for (let done = 0; done < bytes.length; )
    done += readSync(descriptor, bytes, done, bytes.length - done, done)
  closeSync(descriptor)
}
