import { byteKernelsOn, byteQueryMax } from '../../kernels/byte-kernels.js'
import { scanKernelsOn } from '../../kernels/scan-kernels.js'
import type { IndexSearchJob } from '../index-family.js'
import type { IvfPlan, IvfScratch } from './ivf-plan.js'
import { maskOf, normalizedQueries, probesOf } from './nearest-lists.js'

/**
 * Leaves the best candidates of the lists that were found, by their int8 codes: in a heap, from the nearest list on,
 * so that few rows of those after it are worth a place.
 */
export function searchBytes(
  job: IndexSearchJob,
  plan: IvfPlan,
  scratch: IvfScratch,
  candidateCount: number,
  query: number,
): ByteQuery {
  const asked = quantizeQuery(job, plan, scratch, query)
  const { memoryId, memory, index } = job
  const { shape, layout } = plan
  const { tables, candidates } = scratch
  const kernels = byteKernelsOn(memoryId, memory)
  const { begins, probes } = probesOf(job, plan, scratch)
  scanKernelsOn(memoryId, memory).clearHeaps(candidates, 1, candidateCount)
  for (const list of probes) {
    const begin = begins[list]
    const count = begins[list + 1] - begin
    const mask = maskOf(job, layout, scratch, begin, count)
    const codes = index + layout.codes + begin * shape.codeBytes
    kernels.scanBytes(
      ...([shape.isProduct ? 1 : 0, shape.width, codes, count, begin, mask] as const),
      ...([tables, candidates, candidateCount] as const),
    )
  }
  return asked
}

/** A query as it is compared with codes. */
export interface ByteQuery {
  /** What it was multiplied by. */
  readonly scale: number
  /** The length of what rounding took from it. */
  readonly left: number
  /** Of products: its length, that of the offsets, and minus the product of both. */
  readonly length: number
  readonly offsetLength: number
  readonly offsetDistance: number
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
): ByteQuery {
  const { memoryId, memory, index } = job
  const { width, isProduct } = shape
  const source = new Float32Array(
    memory.buffer,
    normalizedQueries(job, shape, scratch.query, query, 1),
    width,
  )
  const target = new Float32Array(memory.buffer, scratch.query, width)
  const offsets = new Float32Array(memory.buffer, index + layout.offsets, width)
  let largest = 0
  for (let at = 0; at < width; at++) {
    target[at] = isProduct ? source[at] : source[at] - offsets[at]
    largest = Math.max(largest, Math.abs(target[at]))
  }
  const scale = isProduct ? byteQueryMax / (largest || 1) : 1 / step
  byteKernelsOn(memoryId, memory).fillByteQuery(width, scratch.query, scale, scratch.tables)
  if (!shape.isExact) return { scale, left: 0, length: 0, offsetLength: 0, offsetDistance: 0 }
  return measuredQuery(target, offsets, new Int16Array(memory.buffer, scratch.tables, width), scale)
}

function measuredQuery(
  query: Float32Array,
  offsets: Float32Array,
  whole: Int16Array,
  scale: number,
): ByteQuery {
  let leftSquared = 0
  let squared = 0
  let offsetSquared = 0
  let product = 0
  for (let at = 0; at < query.length; at++) {
    const value = query[at]
    const left = value - whole[at] / scale
    leftSquared += left * left
    squared += value * value
    offsetSquared += offsets[at] * offsets[at]
    product += value * offsets[at]
  }
  return {
    scale,
    left: Math.sqrt(leftSquared),
    length: Math.sqrt(squared),
    offsetLength: Math.sqrt(offsetSquared),
    offsetDistance: -product,
  }
}
