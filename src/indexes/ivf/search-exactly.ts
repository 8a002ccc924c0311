import { distanceFromKey, kernelMetrics, scanKernelsOn } from '../../kernels/scan-kernels.js'
import type { IndexSearchJob } from '../index-family.js'
import { errorPlaces } from './ivf-layout.js'
import { type IvfPlan, type IvfScratch, manyCandidates } from './ivf-plan.js'
import { maskOf, probesOf } from './nearest-lists.js'
import { emptyKey, rankCandidates } from './rank-candidates.js'
import { type ByteQuery, searchBytes } from './search-bytes.js'

/**
 * Leaves what a scan of all rows of the lists would. Codes choose candidates, whose rows are looked at; how much
 * rounding can have moved a row tells the least distance that any other can have. Where that does not settle it,
 * more are looked at, at last all.
 */
export function searchExactly(
  job: IndexSearchJob,
  plan: IvfPlan,
  scratch: IvfScratch,
  query: number,
  heap: number,
): void {
  const { begins, probes } = probesOf(job, plan, scratch)
  let rowCount = 0
  for (const list of probes) rowCount += begins[list + 1] - begins[list]
  for (const count of [plan.candidateCount / manyCandidates, plan.candidateCount]) {
    // Rows that are gathered cost several times what their codes do.
    if (job.near !== Number.NEGATIVE_INFINITY || count * worthRows > rowCount) break
    const asked = searchBytes(job, plan, scratch, count, query)
    rankCandidates(job, plan, scratch, count, query, heap)
    if (isSettled(job, plan, scratch, count, asked, heap)) return
  }
  scanLists(job, plan, scratch, query, heap)
}

const worthRows = 2

function isSettled(
  job: IndexSearchJob,
  plan: IvfPlan,
  scratch: IvfScratch,
  candidateCount: number,
  query: ByteQuery,
  heap: number,
): boolean {
  const { memory, k } = job
  const farthestCandidate = new Uint32Array(memory.buffer, scratch.candidates, 2)[1]
  if (farthestCandidate === emptyKey) return true
  const farthest = new Uint32Array(memory.buffer, heap, k * 2)[k * 2 - 1]
  if (farthest === emptyKey || candidateCount === 0) return false
  const estimate = distanceFromKey(farthestCandidate)
  return distanceFromKey(farthest) < leastDistance(job, plan, scratch, query, estimate)
}

/** What no row with this estimate, or a greater one, is nearer than; the last digits of both are left out. */
function leastDistance(
  job: IndexSearchJob,
  plan: IvfPlan,
  scratch: IvfScratch,
  query: ByteQuery,
  estimate: number,
): number {
  const { isProduct, metric } = plan.shape
  const { left, stood } = errorsOf(job, plan, scratch)
  if (isProduct) {
    const moved = query.left * stood + query.length * left
    const digits = query.length * (query.offsetLength + stood + left) * roundingShare
    return query.offsetDistance + (estimate * plan.step) / query.scale - moved - digits
  }
  const length = Math.sqrt(estimate) * plan.step - query.left - left
  if (!(length > 0)) return Number.NEGATIVE_INFINITY
  const squared = length * length * (1 - roundingShare)
  return metric === kernelMetrics.COSINE ? squared / 2 - 1 - roundingShare : squared
}

const roundingShare = 1e-5

/** The greatest errors around the places of the lists. */
function errorsOf(
  job: IndexSearchJob,
  plan: IvfPlan,
  scratch: IvfScratch,
): { left: number; stood: number } {
  const { memory, index } = job
  const { layout } = plan
  const { begins, probes } = probesOf(job, plan, scratch)
  const count = Math.ceil(layout.rowCount / errorPlaces)
  const errors = new Float32Array(memory.buffer, index + layout.errors, count * 2)
  let [left, stood] = [0, 0]
  for (const list of probes) {
    const last = Math.ceil(begins[list + 1] / errorPlaces)
    for (let at = Math.floor(begins[list] / errorPlaces); at < last; at++) {
      left = Math.max(left, errors[at * 2])
      stood = Math.max(stood, errors[at * 2 + 1])
    }
  }
  return { left, stood }
}

/** All rows of the lists themselves. */
function scanLists(
  job: IndexSearchJob,
  plan: IvfPlan,
  scratch: IvfScratch,
  query: number,
  heap: number,
): void {
  const { memoryId, memory, index, vectors, near, k, firstId } = job
  const { shape, layout } = plan
  const kernels = scanKernelsOn(memoryId, memory)
  const { begins, probes } = probesOf(job, plan, scratch)
  kernels.clearHeaps(heap, 1, k)
  for (const list of probes) {
    const begin = begins[list]
    const count = begins[list + 1] - begin
    const mask = maskOf(job, layout, scratch, begin, count)
    kernels.scanIds(
      ...([shape.metric, shape.element, shape.width, vectors] as const),
      ...([index + layout.ids + begin * 4, count, mask] as const),
      ...([query, near, firstId, heap, k, scratch.row] as const),
    )
  }
  kernels.sortHeaps(heap, 1, k)
}
