import { countBits } from '../../column/bitmap.js'
import { MillraceError } from '../../errors.js'
import { hnswKernelsOn } from '../../kernels/hnsw-kernels.js'
import { heapPlaceBytes, scanKernelsOn } from '../../kernels/scan-kernels.js'
import type { WorkerContext } from '../../workers/worker-job.js'
import type { IndexSearchJob } from '../index-family.js'
import { efFarFactor, type GraphQuery, graphQueryOf } from './graph-query.js'
import { scanRows } from './scan-rows.js'

type Cancellation = Pick<WorkerContext, 'throwIfCancelled'>

/** A search under way. */
interface Search {
  readonly kernels: ReturnType<typeof hnswKernelsOn>
  readonly job: IndexSearchJob
  readonly context: Cancellation
  readonly query: GraphQuery
  readonly nodeCount: number
  /** Rows that may be found, whatever their distance. */
  readonly findableCount: number
  /** The raw rows can be scanned: they are there, and each has a vector. */
  readonly hasRows: boolean
}

/**
 * Walks the graph for each query. Where few rows may be found, all of them are looked at instead; so they are
 * where a walk came to its end with fewer than there are.
 */
export function searchGraph(job: IndexSearchJob, context: Cancellation): void {
  const { heaps, nq, k } = job
  const scan = scanKernelsOn(job.memoryId, job.memory)
  const search = openSearch(job, context)
  scan.clearHeaps(heaps, nq, k)
  if (search.hasRows && isFew(search, search.query.ef)) scanRows(job, 0, nq, context)
  else for (let index = 0; index < nq; index++) searchOne(search, index)
  scan.sortHeaps(heaps, nq, k)
}

function openSearch(job: IndexSearchJob, context: Cancellation): Search {
  const { memoryId, memory, index, mask, near, scratch } = job
  const kernels = hnswKernelsOn(memoryId, memory)
  if (!kernels.hnswOpen(index)) {
    throw new MillraceError('unexpected', `there is no graph at ${index} of memory ${memoryId}`)
  }
  const query = graphQueryOf(job)
  const { metric, element, ef } = query
  kernels.hnswOpenSearch(metric, element, job.vectors, mask, near, ef * efFarFactor, scratch)
  const nodeCount = kernels.hnswNodes() >>> 0
  const findableCount = mask === 0 ? nodeCount : maskedCount(job)
  const hasRows = job.vectors !== 0 && nodeCount === job.rowCount
  return { kernels, job, context, query, nodeCount, findableCount, hasRows }
}

function maskedCount({ memory, mask, rowCount }: IndexSearchJob): number {
  return countBits(new Uint8Array(memory.buffer, mask, Math.ceil(rowCount / 8)), rowCount)
}

/**
 * Whether a scan is faster than the walk. Among masked rows a walk has less and less to go on, and one step of
 * it takes as long as a scan of some 250 rows.
 */
function isFew({ job, findableCount, nodeCount }: Search, ef: number): boolean {
  if (job.mask === 0) return findableCount < scannedForEf * ef
  return findableCount < Math.max(scannedShare * nodeCount, scannedForEfMasked * ef)
}

const scannedForEf = 16
const scannedShare = 0.03
const scannedForEfMasked = 256

function searchOne(search: Search, index: number): void {
  const { kernels, job, context, query, findableCount } = search
  const address = job.queries + index * query.queryBytes
  const shareNear = kernels.hnswStartQuery(address, query.ef)
  // What may be found lies elsewhere, on all sides: a walk for as many candidates would see one of them.
  if (job.mask !== 0 && shareNear < (farShare * findableCount) / search.nodeCount) {
    const efFar = query.ef * efFarFactor
    if (search.hasRows && isFew(search, efFar)) {
      scanRows(job, index, 1, context)
      return
    }
    kernels.hnswStartQuery(address, efFar)
  }
  walk(search)
  if (finish(search, index) >= Math.min(job.k, findableCount)) return
  if (search.hasRows) scanRows(job, index, 1, context)
  else scanCodes(search, index, address)
}

const farShare = 0.25

function walk({ kernels, context }: Search): void {
  do context.throwIfCancelled()
  while (kernels.hnswWalk(nodesBetweenLooks))
}

const nodesBetweenLooks = 256

function scanCodes(search: Search, index: number, address: number): void {
  const { kernels, job, context, query, nodeCount } = search
  kernels.hnswStartQuery(address, query.ef)
  for (let first = 0; first < nodeCount; first += codesBetweenLooks) {
    context.throwIfCancelled()
    kernels.hnswScanCodes(first, Math.min(first + codesBetweenLooks, nodeCount))
  }
  scanKernelsOn(job.memoryId, job.memory).clearHeaps(heapOf(job, index), 1, job.k)
  finish(search, index)
}

const codesBetweenLooks = 65_536

/** @returns how many rows were found */
function finish({ kernels, job, query }: Search, index: number): number {
  const { candidateCount } = query
  return kernels.hnswFinishQuery(candidateCount, heapOf(job, index), job.k, job.firstId) >>> 0
}

function heapOf({ heaps, k }: IndexSearchJob, index: number): number {
  return heaps + index * k * heapPlaceBytes
}
