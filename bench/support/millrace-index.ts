import { closeSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { familyNamed } from '#rooms/indexes/families.js'
import type { IndexFamily, IndexSpec } from '#rooms/indexes/index-family.js'
import { indexTypes } from '#rooms/indexes/index-types.js'
import { heapPlaceBytes } from '#rooms/kernels/scan-kernels.js'
import type { VectorRegion } from '#rooms/kernels/vector-region.js'
import { DataType } from '#rooms/schema/data-type.js'
import { readIndex, writeIndex } from '#rooms/storage/index-files.js'
import type { WorkerPool } from '#rooms/workers/worker-job.js'
import {
  type Contender,
  figuresFrom,
  graphEfforts,
  listEfforts,
  type SearchFigures,
} from './contender.js'
import { output } from './load-client.js'
import type { VectorSet } from './vector-set.js'

const dataType = DataType.FloatVector
const searchModule = new URL(import.meta.resolve('#rooms/indexes/index-search-job.js'))

/** An index of our own, in this process. */
export class MillraceIndex implements Contender {
  readonly name: string
  readonly efforts: readonly number[]
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
    this.efforts = this.#family.name === 'ivf' ? listEfforts : graphEfforts
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

  /** Seconds to read the index from its file with its checksum, over those to read the same bytes. */
  async loadRatio(): Promise<number> {
    const { memory, options } = this.#set
    const path = join(options.directory, 'index')
    const directory = {
      ...{ indexPath: () => path, removeIndex() {} },
      ...{ removed: async () => {}, syncIndexes: async () => {} },
    }
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
    const { nq } = this.#set.options
    const whole = this.#openJob(effort, mask, 0, 1)
    const latencies: number[] = []
    const cpu = process.cpuUsage()
    for (let query = 0; query < nq; query++) {
      const began = performance.now()
      this.#family.search({ ...whole.job, ...this.#placesOf(query) }, { throwIfCancelled() {} })
      latencies.push(performance.now() - began)
    }
    const { user, system } = process.cpuUsage(cpu)
    whole.close()
    return figuresFrom(this.#set.recall(mask), latencies, (user + system) / 1000 / nq)
  }

  /** By threads of the pool, as a server's searches are. */
  async batch(effort: number, mask: string, threadCount: number, count: number): Promise<number> {
    const size = Math.ceil(count / threadCount)
    const firsts = Array.from({ length: threadCount }, (_, thread) => thread * size)
    const parts = firsts.map((first) =>
      this.#openJob(effort, mask, first, Math.min(size, count - first)),
    )
    const { memoryId, memory } = this.#set.rows
    const began = performance.now()
    await Promise.all(
      parts.map(({ job: { memory: _, ...job } }) =>
        this.#pool.run(searchModule, [job], {
          lane: 'interactive',
          memories: [{ memoryId, memory }],
        }),
      ),
    )
    const seconds = (performance.now() - began) / 1000
    for (const part of parts) part.close()
    return count / seconds
  }

  /** Rows and index are read by a fresh process from files. */
  async residentBytes(): Promise<number> {
    const { directory, rowCount, dim } = this.#set.options
    const file = join(directory, `${this.#spec.indexType}.index`)
    writeFileSync(file, this.#set.memory.bytesOf(this.#index!))
    const program = [process.execPath, 'dist/bench/support/index-memory.js']
    const shape = [rowCount, dim].map(String)
    const { bytes } = JSON.parse(
      await output([...program, directory, file, JSON.stringify(this.#spec), ...shape]),
    )
    rmSync(file)
    return bytes
  }

  #openJob(effort: number, mask: string, firstQuery: number, nq: number) {
    const { memory, rows, options } = this.#set
    const { rowCount, dim, k } = options
    const job = {
      ...{ family: this.#family.name, memoryId: rows.memoryId, memory: rows.memory },
      ...{ rowCount, dataType, dim, spec: this.#spec, params: this.#paramsOf(effort), nq, k },
      ...{ near: Number.NEGATIVE_INFINITY, firstId: 0, mask: this.#set.maskOf(mask) },
      ...{ index: this.#index!.byteOffset },
      ...this.#set.placeOfRows(this.#family.searchesVectors(this.#spec, dataType)),
      ...this.#placesOf(firstQuery),
    }
    const scratch = this.#set.take(this.#family.scratchBytes(job))
    return { job: { ...job, scratch: scratch.byteOffset }, close: () => memory.free(scratch) }
  }

  #placesOf(query: number): { queries: number; heaps: number } {
    const { queries, heaps, options } = this.#set
    return {
      queries: queries.byteOffset + query * options.dim * 4,
      heaps: heaps.byteOffset + query * options.k * heapPlaceBytes,
    }
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
