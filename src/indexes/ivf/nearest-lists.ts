import { rowKernelsOn } from '../../kernels/row-kernels.js'
import { scanKernelsOn } from '../../kernels/scan-kernels.js'
import type { IndexSearchJob } from '../index-family.js'
import type { IvfLayout } from './ivf-layout.js'
import type { IvfPlan, IvfScratch } from './ivf-plan.js'
import type { IvfShape } from './ivf-shape.js'

/** Leaves the lists to look into in the heap of probes, nearest first. */
export function findLists(
  job: IndexSearchJob,
  { shape, layout, probeCount }: IvfPlan,
  scratch: IvfScratch,
  query: number,
): void {
  const { memoryId, memory, index } = job
  const kernels = scanKernelsOn(memoryId, memory)
  const centroids = index + layout.centroids
  const wanted = normalizedQuery(job, shape, scratch, query)
  kernels.clearHeaps(scratch.probes, 1, probeCount)
  kernels.scan(
    ...([shape.listMetric, 0, shape.width, centroids, layout.listCount, 0, 0] as const),
    ...([wanted, 1, Number.NEGATIVE_INFINITY, scratch.probes, probeCount, scratch.scan] as const),
  )
  kernels.sortHeaps(scratch.probes, 1, probeCount)
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

export function normalizedQuery(
  { memoryId, memory }: IndexSearchJob,
  { isNormalized, width, centroidBytes }: IvfShape,
  scratch: IvfScratch,
  query: number,
): number {
  if (!isNormalized) return query
  new Uint8Array(memory.buffer).copyWithin(scratch.query, query, query + centroidBytes)
  rowKernelsOn(memoryId, memory).normalizeRows(width, scratch.query, 1)
  return scratch.query
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
