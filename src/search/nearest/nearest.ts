import { heapPlaceBytes } from '../../kernels/scan-kernels.js'
import type { VectorMemory } from '../../kernels/vector-memory.js'
import { DataType } from '../../schema/data-type.js'
import type { WorkerPool } from '../../workers/worker-job.js'
import { choosesIndex } from './index-choice.js'
import { openIndexSearch } from './index-search.js'
import { areFull, firstIdsOf, noNeighbors } from './merge-heaps.js'
import type { NearestQuery, Neighbors, SegmentVectors } from './nearest-query.js'
import { kernelQueries } from './query-floats.js'
import { kernelOf, refuseOddBytes, rowBytesOf } from './query-kernel.js'
import { runIndexes } from './run-indexes.js'
import { type SomeQueries, scanRest } from './scan-rest.js'

/**
 * The k nearest rows of each query over some segments: by their indexes where that is asked for and pays, else
 * by a scan, which is exact. The work is done on all threads of the interactive lane, or on this one when it
 * is a matter of microseconds.
 * @throws unsupported for types and metrics without a kernel, parameterInvalid for bytes that are not nq
 *   rows, memoryExceeded, cancelled
 */
export async function nearest(
  pool: WorkerPool,
  memory: VectorMemory,
  views: readonly SegmentVectors[],
  query: NearestQuery,
): Promise<Neighbors[]> {
  const { metric, element } = kernelOf(query)
  const rowBytes = rowBytesOf(query)
  refuseOddBytes(query, rowBytes)
  const isBits = query.dataType === DataType.BinaryVector
  const width = isBits ? rowBytes : query.dim
  const near = query.near ?? Number.NEGATIVE_INFINITY
  const k = Math.min(query.k, rowCountOf(views))
  if (k === 0) return Array.from({ length: query.nq }, noNeighbors)
  const byIndex = views.map((view) => choosesIndex(view, query, k))
  const found: Neighbors[] = []
  const step = queriesAtOnce(k, pool.threadCount)
  for (let first = 0; first < query.nq; first += step) {
    const nq = Math.min(step, query.nq - first)
    const bytes = query.bytes.subarray(first * rowBytes, (first + nq) * rowBytes)
    const queryRows = kernelQueries(query.dataType, bytes)
    const queries = { metric, element, width, rowBytes, nq, near, k, bytes: queryRows }
    found.push(...(await nearestOfSome({ pool, memory, views, query, queries }, byIndex)))
  }
  return found
}

/** Where an index finds fewer rows than there are to be found, its segment is scanned after all. */
async function nearestOfSome(some: SomeQueries, byIndex: readonly boolean[]): Promise<Neighbors[]> {
  const { pool, memory, views, query, queries } = some
  if (!byIndex.includes(true)) {
    const isScanned = byIndex.map((isIndexed) => !isIndexed)
    return scanRest(some, isScanned, [])
  }
  const { nq, k } = queries
  const firstIds = firstIdsOf(views)
  const indexed = views.flatMap((view, index) =>
    byIndex[index] ? [{ view, firstId: firstIds[index] }] : [],
  )
  const byIndexes = openIndexSearch(memory, indexed, queries, query, pool.threadCount)
  try {
    await runIndexes(pool, byIndexes.shares, query.signal)
    const full = byIndexes.sources.filter((source) => areFull(source, nq, k))
    const isScanned = views.map((view, index) => {
      if (!byIndex[index]) return true
      const at = indexed.findIndex((each) => each.view === view)
      return !full.includes(byIndexes.sources[at])
    })
    return await scanRest(some, isScanned, full)
  } finally {
    byIndexes.close()
  }
}

/** Bounds the memory of heaps, and the time of one kernel call. */
function queriesAtOnce(k: number, threadCount: number): number {
  const heapBytes = k * heapPlaceBytes * threadCount
  return Math.max(1, Math.min(1024, Math.floor(heapBytesMax / heapBytes)))
}

const heapBytesMax = 64 * 1024 * 1024

function rowCountOf(views: readonly SegmentVectors[]): number {
  let rowCount = 0
  for (const view of views) rowCount += view.rowCount
  return rowCount
}
