import { heapPlaceBytes, scanKernelsOn } from '../../kernels/scan-kernels.js'
import { RowFileReader } from '../../source/row-file.js'
import type { WorkerContext } from '../../workers/worker-job.js'
import type { IndexSearchJob } from '../index-family.js'
import { areRowsFar } from './far-rows.js'
import { type IvfPlan, type IvfScratch, planOf, scratchFor } from './ivf-plan.js'
import { findLists, maskOf, probesOf } from './nearest-lists.js'
import { placesToRows, rankCandidates, rankReadCandidates } from './rank-candidates.js'
import { searchBytes } from './search-bytes.js'
import { searchExactly } from './search-exactly.js'
import { searchProducts } from './search-products.js'

export function ivfScratchBytes(job: Omit<IndexSearchJob, 'scratch'>): number {
  return scratchFor(planOf(job), 0).byteLength
}

export function searchIvf(
  job: IndexSearchJob,
  context: Pick<WorkerContext, 'throwIfCancelled'>,
): void {
  const plan = planOf(job)
  const reader = plan.readsRows ? new RowFileReader(job.file!) : null
  try {
    searchAll(job, plan, reader, context)
  } finally {
    reader?.close()
  }
}

function searchAll(
  job: IndexSearchJob,
  plan: IvfPlan,
  reader: RowFileReader | null,
  context: Pick<WorkerContext, 'throwIfCancelled'>,
): void {
  const scratch = scratchFor(plan, job.scratch)
  const queryBytes = plan.shape.isBits ? plan.shape.rowBytes : plan.shape.width * 4
  const probeBytes = plan.probeCount * heapPlaceBytes
  for (let begin = 0; begin < job.nq; begin += plan.together) {
    const end = Math.min(job.nq, begin + plan.together)
    findLists(job, plan, scratch, job.queries + begin * queryBytes, end - begin)
    for (let index = begin; index < end; index++) {
      context.throwIfCancelled()
      const probes = scratch.probes + (index - begin) * probeBytes
      const own = index === begin ? scratch : { ...scratch, probes }
      const query = job.queries + index * queryBytes
      searchOne(job, plan, own, reader, query, job.heaps + index * job.k * heapPlaceBytes)
    }
  }
}

function searchOne(
  job: IndexSearchJob,
  plan: IvfPlan,
  scratch: IvfScratch,
  reader: RowFileReader | null,
  query: number,
  heap: number,
): void {
  const { isQuantized, isExact, product } = plan.shape
  if (!isQuantized) {
    scanRows(job, plan, scratch, query, heap)
    placesToRows(job, plan, heap, job.k)
    return
  }
  if (isExact) {
    searchExactly(job, plan, scratch, query, heap)
    return
  }
  const isFar = areRowsFar(job, plan, scratch)
  const candidateCount = isFar ? plan.farCandidateCount : plan.candidateCount
  if (product) searchProducts(job, plan, scratch, candidateCount, query, product)
  else searchBytes(job, plan, scratch, candidateCount, query)
  if (reader) rankReadCandidates(reader, job, plan, scratch, candidateCount, query, heap)
  else rankCandidates(job, plan, scratch, candidateCount, query, heap)
}

/** In the order in which the lists lie, since places must ascend. */
function scanRows(
  job: IndexSearchJob,
  plan: IvfPlan,
  scratch: IvfScratch,
  query: number,
  heap: number,
): void {
  const { memoryId, memory, index, near } = job
  const { shape, layout, candidateCount } = plan
  const { metric, element, width } = shape
  const kernels = scanKernelsOn(memoryId, memory)
  const { begins, probes } = probesOf(job, plan, scratch)
  kernels.clearHeaps(heap, 1, candidateCount)
  for (const list of probes.sort()) {
    const begin = begins[list]
    const count = begins[list + 1] - begin
    const mask = maskOf(job, layout, scratch, begin, count)
    const codes = index + layout.codes + begin * shape.codeBytes
    kernels.scan(
      ...([metric, element, width, codes, count, begin, mask] as const),
      ...([query, 1, near, heap, candidateCount, scratch.scan] as const),
    )
  }
  kernels.sortHeaps(heap, 1, candidateCount)
}
