import { rowKernelsOn } from '../../kernels/row-kernels.js'
import { heapPlaceBytes, scanKernelsOn } from '../../kernels/scan-kernels.js'
import type { IndexSearchJob } from '../index-family.js'
import type { IvfLayout } from './ivf-layout.js'
import type { IvfPlan, IvfScratch } from './ivf-plan.js'
import type { IvfShape } from './ivf-shape.js'

/** So few are cheaper one by one. */
const queriesAlone = 2

/** Leaves the lists to look into in the heaps of probes of `count` queries, nearest first. */
export function findLists(
  job: IndexSearchJob,
  { shape, layout, probeCount }: IvfPlan,
  scratch: IvfScratch,
  queries: number,
  count: number,
): void {
  const { memoryId, memory, index } = job
  const { listMetric, width, centroidBytes, isBits } = shape
  const kernels = scanKernelsOn(memoryId, memory)
  const centroids = index + layout.centroids
  const wanted = normalizedQueries(job, shape, scratch.queries, queries, count)
  kernels.clearHeaps(scratch.probes, count, probeCount)
  if (isBits) {
    kernels.scan(
      ...([listMetric, 0, width, centroids, layout.listCount, 0, 0, wanted, count] as const),
      ...([Number.NEGATIVE_INFINITY, scratch.probes, probeCount, scratch.scan] as const),
    )
  } else if (count > queriesAlone) {
    kernels.scanTogether(
      ...([listMetric, width, centroids, layout.listCount, wanted, count] as const),
      ...([scratch.probes, probeCount, scratch.scan] as const),
    )
  } else {
    for (let at = 0; at < count; at++) {
      const heap = scratch.probes + at * probeCount * heapPlaceBytes
      const query = wanted + at * centroidBytes
      kernels.scanCentroids(listMetric, width, centroids, layout.listCount, query, heap, probeCount)
    }
  }
  kernels.sortHeaps(scratch.probes, count, probeCount)
}

/** The lists that were found, nearest first, and where each list begins. */
export function probesOf(
  { memory, index }: IndexSearchJob,
  { layout, probeCount }: IvfPlan,
  scratch: IvfScratch,
): { begins: Uint32Array; probes: Uint32Array } {
  const begins = new Uint32Array(memory.buffer, index + layout.lists, layout.listCount + 1)
  const places = new Uint32Array(memory.buffer, scratch.probes, probeCount * 2)
  const probes = new Uint32Array(probeCount)
  for (let at = 0; at < probeCount; at++) probes[at] = places[at * 2]
  return { begins, probes }
}

/** Queries as rows are before they are clustered; a copy of them at `target` where that changes them. */
export function normalizedQueries(
  { memoryId, memory }: IndexSearchJob,
  { isNormalized, width, centroidBytes }: IvfShape,
  target: number,
  queries: number,
  count: number,
): number {
  if (!isNormalized) return queries
  new Uint8Array(memory.buffer).copyWithin(target, queries, queries + count * centroidBytes)
  rowKernelsOn(memoryId, memory).normalizeRows(width, target, count)
  return target
}

/** The bits of a list's rows; 0: all may be found. */
export function maskOf(
  { memoryId, memory, index, mask }: IndexSearchJob,
  layout: IvfLayout,
  scratch: IvfScratch,
  begin: number,
  count: number,
): number {
  if (mask === 0 || count === 0) return 0
  const ids = index + layout.ids + begin * 4
  rowKernelsOn(memoryId, memory).gatherMask(mask, ids, count, scratch.mask)
  return scratch.mask
}
