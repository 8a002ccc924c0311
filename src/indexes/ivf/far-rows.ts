import { scanKernelsOn } from '../../kernels/scan-kernels.js'
import type { IndexSearchJob } from '../index-family.js'
import type { IvfPlan, IvfScratch } from './ivf-plan.js'
import { maskOf, probesOf } from './nearest-lists.js'

/**
 * Whether the rows that may be found lie elsewhere than the query: of those in the nearest lists, enough to tell,
 * they are less than half the share that they are of all.
 */
export function areRowsFar(job: IndexSearchJob, plan: IvfPlan, scratch: IvfScratch): boolean {
  const { memoryId, memory, mask, rowCount } = job
  if (mask === 0 || plan.farCandidateCount === plan.candidateCount) return false
  const kernels = scanKernelsOn(memoryId, memory)
  const { begins, probes } = probesOf(job, plan, scratch)
  let [seen, allowed] = [0, 0]
  for (const list of probes) {
    const begin = begins[list]
    const count = begins[list + 1] - begin
    const bits = maskOf(job, plan.layout, scratch, begin, count)
    if (bits !== 0) allowed += kernels.countRows(bits, count) >>> 0
    seen += count
    if (seen >= rowsToTell) break
  }
  const share = (kernels.countRows(mask, rowCount) >>> 0) / rowCount
  return allowed < farShare * share * seen
}

const rowsToTell = 256
const farShare = 0.5
