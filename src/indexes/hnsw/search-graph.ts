import { countBits } from '../../column/bitmap.js'
import { MillraceError } from '../../errors.js'
import { hnswKernelsOn } from '../../kernels/hnsw-kernels.js'
import { heapPlaceBytes, scanKernelsOn } from '../../kernels/scan-kernels.js'
import type { WorkerContext } from '../../workers/worker-job.js'
import type { IndexSearchJob } from '../index-family.js'
import { graphQueryOf } from './graph-query.js'
import { scanRows } from './scan-rows.js'

type Cancellation = Pick<WorkerContext, 'throwIfCancelled'>
type Kernels = ReturnType<typeof hnswKernelsOn>

/**
 * Walks the graph for each query. Where few rows may be found, all of them are looked at instead; so they are,
 * too, where the walk came to its end with fewer than there are.
 */
export function searchGraph(job: IndexSearchJob, context: Cancellation): void {
  const { heaps, nq, k } = job
  const kernels = openIndex(job)
  const scan = scanKernelsOn(job.memoryId, job.memory)
  const nodeCount = kernels.hnswNodes() >>> 0
  const wantedMax = job.mask ? survivorCount(job) : nodeCount
  scan.clearHeaps(heaps, nq, k)
  // A row without a vector has no node, but a place among the rows.
  const hasAllRows = nodeCount === job.rowCount
  if (job.vectors && hasAllRows && isFew(wantedMax, nodeCount, graphQueryOf(job).ef)) {
    scanRows(job, 0, nq, context)
  } else {
    openSearch(kernels, job)
    for (let query = 0; query < nq; query++) {
      const found = walk(kernels, job, query, context)
      if (found >= Math.min(k, wantedMax)) continue
      if (job.vectors && hasAllRows) scanRows(job, query, 1, context)
      else scanCodes(kernels, job, query, nodeCount, context)
    }
  }
  scan.sortHeaps(heaps, nq, k)
}

function openIndex({ memoryId, memory, index }: IndexSearchJob): Kernels {
  const kernels = hnswKernelsOn(memoryId, memory)
  if (kernels.hnswOpen(index)) return kernels
  throw new MillraceError('unexpected', `there is no graph at ${index} of memory ${memoryId}`)
}

function survivorCount({ memory, mask, rowCount }: IndexSearchJob): number {
  return countBits(new Uint8Array(memory.buffer, mask, Math.ceil(rowCount / 8)), rowCount)
}

/** Below this a scan is faster than the walk, which has less and less to go on. */
function isFew(survivors: number, nodeCount: number, ef: number): boolean {
  return survivors < Math.max(scannedShare * nodeCount, scannedForEf * ef)
}

const scannedShare = 0.02
const scannedForEf = 16

function openSearch(kernels: Kernels, job: IndexSearchJob): void {
  const { metric, element, ef } = graphQueryOf(job)
  const { vectors, mask, near, scratch } = job
  kernels.hnswOpenSearch(metric, element, vectors, mask, near, ef, scratch)
}

/** @returns how many rows were found */
function walk(kernels: Kernels, job: IndexSearchJob, query: number, context: Cancellation): number {
  start(kernels, job, query)
  do context.throwIfCancelled()
  while (kernels.hnswWalk(nodesBetweenLooks))
  return finish(kernels, job, query)
}

const nodesBetweenLooks = 256

function scanCodes(
  kernels: Kernels,
  job: IndexSearchJob,
  query: number,
  nodeCount: number,
  context: Cancellation,
): void {
  start(kernels, job, query)
  for (let first = 0; first < nodeCount; first += codesBetweenLooks) {
    context.throwIfCancelled()
    kernels.hnswScanCodes(first, Math.min(first + codesBetweenLooks, nodeCount))
  }
  scanKernelsOn(job.memoryId, job.memory).clearHeaps(heapOf(job, query), 1, job.k)
  finish(kernels, job, query)
}

const codesBetweenLooks = 65_536

function start(kernels: Kernels, job: IndexSearchJob, query: number): void {
  const { ef, queryBytes } = graphQueryOf(job)
  kernels.hnswStartQuery(job.queries + query * queryBytes, ef)
}

function finish(kernels: Kernels, job: IndexSearchJob, query: number): number {
  const { k, firstId } = job
  return kernels.hnswFinishQuery(graphQueryOf(job).ef, heapOf(job, query), k, firstId) >>> 0
}

function heapOf({ heaps, k }: IndexSearchJob, query: number): number {
  return heaps + query * k * heapPlaceBytes
}
