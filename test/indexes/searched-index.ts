import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { IndexFamily, IndexSearchJob, IndexSpec } from '../../dist/indexes/index-family.js'
import { distanceFromKey, heapPlaceBytes } from '../../dist/kernels/scan-kernels.js'
import type { VectorMemory } from '../../dist/kernels/vector-memory.js'
import type { VectorRegion } from '../../dist/kernels/vector-region.js'
import type { RowFile } from '../../dist/source/row-file.js'
import type { WorkerPool } from '../../dist/workers/worker-job.js'
import type { TestVectors } from './vectors.js'

export interface Neighbor {
  readonly row: number
  readonly distance: number
}

export interface TestSearch {
  readonly queries: Float32Array | Uint8Array
  readonly k: number
  readonly params?: Readonly<Record<string, number>>
  /** A bit for each row. */
  readonly mask?: Uint8Array
  readonly near?: number
  readonly firstId?: number
  readonly throwIfCancelled?: () => void
}

/** An index of some vectors, searched in this thread. */
export interface SearchedIndex {
  readonly index: VectorRegion
  search(search: TestSearch): Neighbor[][]
  close(): void
}

export async function buildIndex(
  family: IndexFamily,
  pool: WorkerPool,
  memory: VectorMemory,
  vectors: TestVectors,
  spec: IndexSpec,
  validity: Uint8Array | null = null,
): Promise<SearchedIndex> {
  const { dataType, dim, rowCount, stored } = vectors
  const region = memory.allocate(stored.byteLength)
  memory.bytesOf(region).set(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength))
  const indexed = { region, rowCount, dataType, dim, validity }
  const index = await family.build({ pool, memory, vectors: indexed, spec })
  const rows = family.searchesVectors(spec, dataType)
    ? { vectors: region.byteOffset, file: null }
    : { vectors: 0, file: fileOf(vectors) }
  return {
    index,
    search: (search) => searchIndex(family, memory, vectors, spec, rows, index, search),
    close: () => {
      if (rows.file) rmSync(dirname(rows.file.path), { recursive: true })
      memory.free(index)
      memory.free(region)
    },
  }
}

/** The rows as they lie in a segment's file, behind other bytes. */
function fileOf({ stored, rowCount }: TestVectors): RowFile {
  const path = join(mkdtempSync(join(tmpdir(), 'millrace-rows-')), 'segment')
  const bytes = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength)
  writeFileSync(path, Buffer.concat([Buffer.alloc(rowsOffset), bytes]))
  return { path, byteOffset: rowsOffset, rowBytes: stored.byteLength / rowCount }
}

const rowsOffset = 71

function searchIndex(
  family: IndexFamily,
  memory: VectorMemory,
  { dataType, dim, width, rowCount }: TestVectors,
  spec: IndexSpec,
  rows: Pick<IndexSearchJob, 'vectors' | 'file'>,
  index: VectorRegion,
  search: TestSearch,
): Neighbor[][] {
  const taken: VectorRegion[] = []
  const put = (bytes: Uint8Array) => {
    const region = memory.allocateIn(index.memoryId, Math.ceil(bytes.byteLength / 8) * 8)
    taken.push(region)
    memory.bytesOf(region).fill(0xff)
    memory.bytesOf(region).set(bytes)
    return region.byteOffset
  }
  const { queries, k, mask, params = {} } = search
  const nq = queries.length / width
  const heapBytes = new Uint8Array(nq * k * heapPlaceBytes)
  const job: Omit<IndexSearchJob, 'scratch'> = {
    family: family.name,
    memoryId: index.memoryId,
    memory: index.memory,
    index: index.byteOffset,
    ...rows,
    ...{ rowCount, dataType, dim, spec, params, nq, k },
    queries: put(new Uint8Array(queries.buffer, queries.byteOffset, queries.byteLength)),
    mask: mask ? put(mask) : 0,
    near: search.near ?? -Infinity,
    heaps: put(heapBytes),
    firstId: search.firstId ?? 0,
  }
  try {
    const scratchBytes = family.scratchBytes(job)
    const scratch = put(new Uint8Array(scratchBytes + guardBytes).fill(0xff))
    family.search({ ...job, scratch }, { throwIfCancelled: search.throwIfCancelled ?? (() => {}) })
    const guard = new Uint8Array(job.memory.buffer, scratch + scratchBytes, guardBytes)
    if (guard.some((byte) => byte !== 0xff)) throw new Error('a search left its scratch')
    const places = new Uint32Array(job.memory.buffer, job.heaps, nq * k * 2).slice()
    return Array.from({ length: nq }, (_, query) => neighborsAt(places, query * k, k))
  } finally {
    for (const region of taken) memory.free(region)
  }
}

const guardBytes = 64

function neighborsAt(places: Uint32Array, first: number, k: number): Neighbor[] {
  const neighbors: Neighbor[] = []
  for (let place = first; place < first + k; place++) {
    const [row, key] = places.subarray(place * 2, place * 2 + 2)
    if (key !== 0xffffffff) neighbors.push({ row, distance: distanceFromKey(key) })
  }
  return neighbors
}
