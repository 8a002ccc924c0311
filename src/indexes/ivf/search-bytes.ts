import { byteKernelsOn, byteQueryMax } from '../../kernels/byte-kernels.js'
import { scanKernelsOn } from '../../kernels/scan-kernels.js'
import type { IndexSearchJob } from '../index-family.js'
import type { IvfPlan, IvfScratch } from './ivf-plan.js'
import { listsFound, maskOf, normalizedQuery } from './nearest-lists.js'

/** Leaves the best candidates of the lists that were found, by their int8 codes. */
export function searchBytes(
  job: IndexSearchJob,
  plan: IvfPlan,
  scratch: IvfScratch,
  query: number,
): void {
  quantizeQuery(job, plan, scratch, query)
  const { memoryId, memory, index } = job
  const { shape, layout, candidateCount } = plan
  const { tables, candidates } = scratch
  const kernels = byteKernelsOn(memoryId, memory)
  const scans = scanKernelsOn(memoryId, memory)
  const begins = new Uint32Array(memory.buffer, index + layout.lists, layout.listCount + 1)
  scans.clearHeaps(candidates, 1, candidateCount)
  for (const list of listsFound(job, plan, scratch)) {
    const begin = begins[list]
    const count = begins[list + 1] - begin
    const mask = maskOf(job, layout, scratch, begin, count)
    const codes = index + layout.codes + begin * shape.codeBytes
    kernels.scanBytes(
      ...([shape.isProduct ? 1 : 0, shape.width, codes, count, begin, mask] as const),
      ...([tables, candidates, candidateCount] as const),
    )
  }
  scans.sortHeaps(candidates, 1, candidateCount)
}

/**
 * The query among the codes. For products the offsets do not count, which add the same to all rows, nor does
 * its length, of which they use as much as fits.
 */
function quantizeQuery(
  job: IndexSearchJob,
  { shape, layout, step }: IvfPlan,
  scratch: IvfScratch,
  query: number,
): void {
  const { memoryId, memory, index } = job
  const { width, isProduct } = shape
  const source = new Float32Array(memory.buffer, normalizedQuery(job, shape, scratch, query), width)
  const target = new Float32Array(memory.buffer, scratch.query, width)
  const offsets = new Float32Array(memory.buffer, index + layout.offsets, width)
  let largest = 0
  for (let at = 0; at < width; at++) {
    target[at] = isProduct ? source[at] : source[at] - offsets[at]
    largest = Math.max(largest, Math.abs(target[at]))
  }
  const scale = isProduct ? byteQueryMax / (largest || 1) : 1 / step
  byteKernelsOn(memoryId, memory).fillByteQuery(width, scratch.query, scale, scratch.tables)
}
