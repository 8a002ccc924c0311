import { familyFor } from '../../indexes/families.js'
import type { IndexSearchJob } from '../../indexes/index-family.js'
import { heapPlaceBytes } from '../../kernels/scan-kernels.js'
import type { VectorMemory } from '../../kernels/vector-memory.js'
import type { VectorRegion } from '../../kernels/vector-region.js'
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
  /** Where each piece lies, in a room for all of them: taking one is cheaper than taking many. */
  const takeIn = (memoryId: number, byteLengths: readonly number[]) => {
    const room = memory.allocateIn(
      memoryId,
      byteLengths.reduce((sum, each) => sum + aligned(each), 0),
    )
    taken.push(room)
    let next = room.byteOffset
    return byteLengths.map((byteLength) => {
      const at = next
      next += aligned(byteLength)
      return at
    })
  }
  try {
    const shares: IndexSearchJob[][] = Array.from({ length: threadCount }, () => [])
    const sources = views.map((each, index) => {
      const jobs = jobsOf(each, queries, query, threadCount, takeIn)
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
  { view, firstId }: IndexedView,
  { nq, k, bytes }: IndexQueries,
  query: NearestQuery,
  threadCount: number,
  takeIn: (memoryId: number, byteLengths: readonly number[]) => readonly number[],
): IndexSearchJob[] {
  const { memoryId, memory } = view.index!.region
  const family = familyFor(query.index!.spec, view.rowCount)!
  const shares = shareOut(nq, threadCount)
  const plan = planOf(family.name, view, query, { nq: shares[0].count, k, firstId })
  const scratchBytes = family.scratchBytes(plan)
  const mask = view.mask && wholeWords(view.mask)
  const [heapsAt, queriesAt, maskAt, ...scratchAt] = takeIn(memoryId, [
    ...[nq * k * heapPlaceBytes, bytes.byteLength, mask?.byteLength ?? 0],
    ...shares.map(() => scratchBytes),
  ])
  const put = (at: number, source: Uint8Array) =>
    new Uint8Array(memory.buffer, at, source.byteLength).set(source)
  put(queriesAt, bytes)
  if (mask) put(maskAt, mask)
  const queryBytes = bytes.byteLength / nq
  return shares.map(({ begin, count }, at) => ({
    ...plan,
    mask: mask ? maskAt : 0,
    queries: queriesAt + begin * queryBytes,
    nq: count,
    heaps: heapsAt + begin * k * heapPlaceBytes,
    scratch: scratchAt[at],
  }))
}

/** The largest job, before it is known where its queries and heaps lie. */
function planOf(
  family: string,
  view: SegmentVectors,
  { dataType, dim, near = Number.NEGATIVE_INFINITY, index }: NearestQuery,
  { nq, k, firstId }: Pick<IndexSearchJob, 'nq' | 'k' | 'firstId'>,
): IndexSearchJob {
  const { memoryId, memory, byteOffset } = view.index!.region
  // Property by property, and all of them: that is several times as fast as a copy that gets some added.
  return {
    family,
    memoryId,
    memory,
    index: byteOffset,
    vectors: view.parts.at(0)?.region.byteOffset ?? 0,
    file: view.file ?? null,
    rowCount: view.rowCount,
    dataType,
    dim,
    spec: index!.spec,
    params: index!.params,
    queries: 0,
    nq,
    mask: 0,
    near,
    heaps: 0,
    k,
    firstId,
    scratch: 0,
  }
}

function shareOut(nq: number, threadCount: number): { begin: number; count: number }[] {
  const size = Math.ceil(nq / threadCount)
  const shares: { begin: number; count: number }[] = []
  for (let begin = 0; begin < nq; begin += size) {
    shares.push({ begin, count: Math.min(size, nq - begin) })
  }
  return shares
}

/** To the line of a cache. */
function aligned(byteLength: number): number {
  return Math.ceil(byteLength / 64) * 64
}

/** Kernels read a mask in words of 64 rows. */
function wholeWords(mask: Uint8Array): Uint8Array {
  if (mask.length % 8 === 0) return mask
  const words = new Uint8Array(Math.ceil(mask.length / 8) * 8)
  words.set(mask)
  return words
}
