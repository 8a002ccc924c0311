import { MillraceError } from '../../errors.js'
import { hnswKernelsOn } from '../../kernels/hnsw-kernels.js'
import { heapPlaceBytes, scanKernelsOn } from '../../kernels/scan-kernels.js'
import type { WorkerContext } from '../../workers/worker-job.js'
import type { IndexSearchJob } from '../index-family.js'
import { type GraphQuery, graphQueryOf } from './graph-query.js'
import { scanRows } from './scan-rows.js'
import { crossingCost, sparseShare, walkCost, walksPlain } from './walk-cost.js'

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
  if (search.hasRows && isScanned(search)) scanRows(job, 0, nq, context)
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
  const { metric, element, places } = query
  kernels.hnswOpenSearch(metric, element, job.vectors, mask, near, places, scratch)
  const nodeCount = kernels.hnswNodes() >>> 0
  const findableCount = mask === 0 ? nodeCount : maskedCount(job)
  const hasRows = job.vectors !== 0 && nodeCount === job.rowCount
  return { kernels, job, context, query, nodeCount, findableCount, hasRows }
}

function maskedCount({ memoryId, memory, mask, rowCount }: IndexSearchJob): number {
  return scanKernelsOn(memoryId, memory).countRows(mask, rowCount) >>> 0
}

function isScanned(search: Search): boolean {
  const { job, query, findableCount } = search
  if (job.mask !== 0 && job.near > -Infinity) return isScannedForCrossing(search, query.ef)
  return findableCount < walkCost(query.ef, shareOf(search))
}

function isScannedForCrossing(search: Search, ef: number): boolean {
  return search.findableCount < crossingCost(ef) || shareOf(search) < sparseShare
}

function shareOf({ findableCount, nodeCount }: Search): number {
  return nodeCount === 0 ? 0 : findableCount / nodeCount
}

function goesPlain(search: Search): boolean {
  const { mask, near } = search.job
  return mask !== 0 && near === -Infinity && walksPlain(search.query.ef, shareOf(search))
}

function searchOne(search: Search, index: number): void {
  const { job, context, query, findableCount } = search
  const address = job.queries + index * query.queryBytes
  const isStarted = goesPlain(search) && startsPlain(search, address)
  if (!isStarted && !startsCrossing(search, address)) {
    scanRows(job, index, 1, context)
    return
  }
  walk(search)
  if (finish(search, index) >= Math.min(job.k, findableCount)) return
  if (search.hasRows) scanRows(job, index, 1, context)
  else scanCodes(search, index, address)
}

/** @returns false where what may be found lies elsewhere */
function startsPlain(search: Search, address: number): boolean {
  const { kernels, query } = search
  const shareNear = kernels.hnswStartPlainQuery(address, query.ef, query.places)
  return shareNear >= farShare * shareOf(search)
}

/** @returns false where a scan is the better way */
function startsCrossing(search: Search, address: number): boolean {
  const { kernels, job, query } = search
  const shareNear = kernels.hnswStartQuery(address, query.ef)
  if (job.mask === 0 || shareNear >= farShare * shareOf(search)) return true
  // What may be found lies elsewhere, on all sides: a walk for as many candidates would see one of them.
  if (search.hasRows && isScannedForCrossing(search, query.efFar)) return false
  kernels.hnswStartQuery(address, query.efFar)
  return true
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
