import { familyFor } from '../indexes/families.js'
import type { IndexSearchJob } from '../indexes/index-family.js'
import { heapPlaceBytes } from '../kernels/scan-kernels.js'
import type { VectorMemory } from '../kernels/vector-memory.js'
import type { VectorRegion } from '../kernels/vector-region.js'
import type { HeapSource } from './merge-heaps.js'
import type { NearestQuery, SegmentVectors } from './nearest-query.js'

/** Queries as the kernels want them. */
interface IndexQueries {
  readonly nq: number
  readonly k: number
  readonly bytes: Uint8Array
}

/** A segment that is searched by its index. */
interface IndexedView {
  readonly view: SegmentVectors
  /** The number of its first row among all rows of the search. */
  readonly firstId: number
}

/** The jobs of searches by index, in shares for the threads, and where they leave what they find. */
interface IndexSearch {
  readonly shares: readonly (readonly IndexSearchJob[])[]
  /** One for each view. */
  readonly sources: readonly HeapSource[]
  /** Gives the memory back. No job may run any more. */
  close(): void
}

/** @throws memoryExceeded */
export function openIndexSearch(
  memory: VectorMemory,
  views: readonly IndexedView[],
  queries: IndexQueries,
  query: NearestQuery,
  threadCount: number,
): IndexSearch {
  const taken: VectorRegion[] = []
  const close = () => {
    for (const region of taken) memory.free(region)
  }
  const takeIn = (memoryId: number, byteLength: number) => {
    const region = memory.allocateIn(memoryId, byteLength)
    taken.push(region)
    return region
  }
  try {
    const shares: IndexSearchJob[][] = Array.from({ length: threadCount }, () => [])
    const sources = views.map((each, index) => {
      const jobs = jobsOf(memory, each, queries, query, threadCount, takeIn)
      for (const [at, job] of jobs.entries()) shares[(index + at) % threadCount].push(job)
      return { memory: jobs[0].memory, heaps: jobs[0].heaps }
    })
    return { shares: shares.filter(({ length }) => length > 0), sources, close }
  } catch (error) {
    close()
    throw error
  }
}

/** A job for each thread, with a share of the queries. */
function jobsOf(
  memory: VectorMemory,
  { view, firstId }: IndexedView,
  { nq, k, bytes }: IndexQueries,
  { dataType, dim, near = Number.NEGATIVE_INFINITY, index }: NearestQuery,
  threadCount: number,
  takeIn: (memoryId: number, byteLength: number) => VectorRegion,
): IndexSearchJob[] {
  const { spec, params } = index!
  const { region } = view.index!
  const family = familyFor(spec, view.rowCount)!
  const put = (source: Uint8Array) => {
    const target = takeIn(region.memoryId, source.byteLength)
    memory.bytesOf(target).set(source)
    return target.byteOffset
  }
  const heaps = takeIn(region.memoryId, nq * k * heapPlaceBytes).byteOffset
  const queries = put(bytes)
  const mask = view.mask ? put(wholeWords(view.mask)) : 0
  const queryBytes = bytes.byteLength / nq
  const whole = {
    family: family.name,
    memoryId: region.memoryId,
    memory: region.memory,
    index: region.byteOffset,
    vectors: view.parts.at(0)?.region.byteOffset ?? 0,
    file: view.file ?? null,
    rowCount: view.rowCount,
    ...{ dataType, dim, spec, params, mask, near, k, firstId },
  }
  return shareOut(nq, threadCount).map(({ begin, count }) => {
    const job = {
      ...whole,
      queries: queries + begin * queryBytes,
      nq: count,
      heaps: heaps + begin * k * heapPlaceBytes,
    }
    return { ...job, scratch: takeIn(region.memoryId, family.scratchBytes(job)).byteOffset }
  })
}

function shareOut(nq: number, threadCount: number): { begin: number; count: number }[] {
  const size = Math.ceil(nq / threadCount)
  const shares: { begin: number; count: number }[] = []
  for (let begin = 0; begin < nq; begin += size) {
    shares.push({ begin, count: Math.min(size, nq - begin) })
  }
  return shares
}

/** Kernels read a mask in words of 64 rows. */
function wholeWords(mask: Uint8Array): Uint8Array {
  if (mask.length % 8 === 0) return mask
  const words = new Uint8Array(Math.ceil(mask.length / 8) * 8)
  words.set(mask)
  return words
}
