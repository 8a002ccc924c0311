import { distanceFromKey } from '../../kernels/scan-kernels.js'
import { Breath } from '../../util/breath.js'
import type { Neighbors, SegmentVectors } from './nearest-query.js'

/** Sorted heaps of all queries, one after the other. */
export interface HeapSource {
  readonly memory: WebAssembly.Memory
  readonly heaps: number
}

/** The k nearest of each query from all sources, which stay as they are until it settles. */
export async function mergeHeaps(
  sources: readonly HeapSource[],
  views: readonly SegmentVectors[],
  nq: number,
  k: number,
): Promise<Neighbors[]> {
  const heaps = sources.map((source) => heapsOf(source, nq, k))
  const firstIds = firstIdsOf(views)
  const found: Neighbors[] = []
  const breath = new Breath()
  for (let query = 0; query < nq; query++) {
    if (breath.isDue) await breath.take()
    found.push(mergeQuery(heaps, query, k, firstIds))
  }
  return found
}

/** Whether every query has found k rows. */
export function areFull(source: HeapSource, nq: number, k: number): boolean {
  const heaps = heapsOf(source, nq, k)
  for (let last = k - 1; last < nq * k; last += k) {
    if (heaps[last * 2 + 1] === emptyKey) return false
  }
  return true
}

export function noNeighbors(): Neighbors {
  return {
    distances: new Float32Array(0),
    segments: new Uint32Array(0),
    rows: new Uint32Array(0),
  }
}

function heapsOf({ memory, heaps }: HeapSource, nq: number, k: number): Uint32Array {
  return new Uint32Array(memory.buffer, heaps, nq * k * 2)
}

/** The number of each segment's first row among all rows of the search. */
export function firstIdsOf(views: readonly SegmentVectors[]): number[] {
  let next = 0
  return views.map(({ rowCount }) => {
    const first = next
    next += rowCount
    return first
  })
}

function mergeQuery(
  heaps: readonly Uint32Array[],
  query: number,
  k: number,
  firstIds: readonly number[],
): Neighbors {
  const distances = new Float32Array(k)
  const segments = new Uint32Array(k)
  const rows = new Uint32Array(k)
  const begin = query * k * 2
  const places = heaps.map(() => begin)
  let count = 0
  for (; count < k; count++) {
    const nearest = nearestHeap(heaps, places, begin + k * 2)
    if (nearest < 0) break
    const place = places[nearest]
    places[nearest] += 2
    const id = heaps[nearest][place]
    distances[count] = distanceFromKey(heaps[nearest][place + 1])
    segments[count] = segmentOf(id, firstIds)
    rows[count] = id - firstIds[segments[count]]
  }
  if (count === k) return { distances, segments, rows }
  return {
    distances: distances.slice(0, count),
    segments: segments.slice(0, count),
    rows: rows.slice(0, count),
  }
}

/** The heap whose next place is nearest: the smaller key, then the smaller id; -1 when all are empty. */
function nearestHeap(
  heaps: readonly Uint32Array[],
  places: readonly number[],
  end: number,
): number {
  let nearest = -1
  let key = emptyKey
  let id = 0
  for (let index = 0; index < heaps.length; index++) {
    const place = places[index]
    if (place === end) continue
    const nextKey = heaps[index][place + 1]
    if (nextKey > key || nextKey === emptyKey) continue
    const nextId = heaps[index][place]
    if (nextKey === key && nextId > id) continue
    nearest = index
    key = nextKey
    id = nextId
  }
  return nearest
}

/** No distance has it: its bits are a NaN's. */
const emptyKey = 0xffffffff

/** The last segment that begins at or before a row: so one without rows is never it. */
function segmentOf(id: number, firstIds: readonly number[]): number {
  let low = 0
  let high = firstIds.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (firstIds[middle] <= id) low = middle
    else high = middle
  }
  return low
}
