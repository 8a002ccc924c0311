import { MillraceError } from '../../errors.js'
import { hnswKernelsOn } from '../../kernels/hnsw-kernels.js'
import { heapPlaceBytes, scanKernelsOn } from '../../kernels/scan-kernels.js'
import { RowFileReader } from '../../source/row-file.js'
import type { WorkerContext } from '../../workers/worker-job.js'
import type { IndexSearchJob } from '../index-family.js'
import { candidatesAt, type GraphQuery, graphQueryOf } from './graph-query.js'
import { isRefined } from './graph-shape.js'
import { scanRows } from './scan-rows.js'
import { codeScanCost, crossingCost, rowScanCost, sparseShare, walkCost } from './walk-cost.js'

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
  /** The raw rows can be scanned: they are in memory, and each has a vector. */
  readonly hasRows: boolean
  /** Where the raw rows of candidates are read; null: they are in memory, or not looked at. */
  readonly reader: RowFileReader | null
}

/**
 * Walks the graph for each query. Where few rows may be found, all of them are looked at instead; so they are
 * where a walk came to its end with fewer than there are.
 */
export function searchGraph(job: IndexSearchJob, context: Cancellation): void {
  const { heaps, nq, k } = job
  const scan = scanKernelsOn(job.memoryId, job.memory)
  const search = openSearch(job, context)
  try {
    scan.clearHeaps(heaps, nq, k)
    searchAll(search)
    scan.sortHeaps(heaps, nq, k)
  } finally {
    search.reader?.close()
  }
}

function openSearch(job: IndexSearchJob, context: Cancellation): Search {
  const { memoryId, memory, index, mask, near, scratch } = job
  const kernels = hnswKernelsOn(memoryId, memory)
  if (!kernels.hnswOpen(index)) {
    throw new MillraceError('unexpected', `there is no graph at ${index} of memory ${memoryId}`)
  }
  const query = graphQueryOf(job)
  const { metric, element, places } = query
  const refines = isRefined(job.spec, job.dataType)
  const vectors = refines ? job.vectors : 0
  kernels.hnswOpenSearch(metric, element, vectors, mask, near, places, scratch)
  const nodeCount = kernels.hnswNodes() >>> 0
  const findableCount = mask === 0 ? nodeCount : maskedCount(job)
  const hasRows = vectors !== 0 && nodeCount === job.rowCount
  const reader = refines && job.file ? new RowFileReader(job.file) : null
  return { kernels, job, context, query, nodeCount, findableCount, hasRows, reader }
}

function searchAll(search: Search): void {
  const { job, context } = search
  const isScannedAtOnce = isScanned(search)
  if (isScannedAtOnce && !scansCodes(search, job.nq)) {
    scanRows(job, 0, job.nq, context)
    return
  }
  for (let index = 0; index < job.nq; index++) {
    if (isScannedAtOnce) scanCodes(search, index)
    else searchOne(search, index)
  }
}

function maskedCount({ memoryId, memory, mask, rowCount }: IndexSearchJob): number {
  return scanKernelsOn(memoryId, memory).countRows(mask, rowCount) >>> 0
}

/** Whether all that may be found is looked at. */
function isScanned(search: Search): boolean {
  const { job, query } = search
  if (search.hasRows && job.mask !== 0 && job.near > -Infinity) {
    return isScannedForCrossing(search, query.ef)
  }
  return scanCost(search, job.nq) < walkCost(query.ef, shareOf(search))
}

function scanCost(search: Search, nq: number): number {
  return scansCodes(search, nq) ? costOfCodes(search) : rowScanCost(search.findableCount, nq)
}

/** Codes are looked at where rows cannot be, or take longer and need not all be seen. */
function scansCodes(search: Search, nq: number): boolean {
  const { job, query, findableCount, hasRows } = search
  if (!hasRows) return true
  if (query.scannedCount === 0 || job.near > -Infinity) return false
  return costOfCodes(search) < rowScanCost(findableCount, nq)
}

function costOfCodes(search: Search): number {
  const { nodeCount, query, hasRows } = search
  return codeScanCost(nodeCount, shareOf(search), hasRows ? query.scannedCount : 0)
}

function isScannedForCrossing(search: Search, ef: number): boolean {
  return search.findableCount < crossingCost(ef) || shareOf(search) < sparseShare
}

function isScannedFar(search: Search): boolean {
  if (isScannedForCrossing(search, search.query.efFar)) return true
  return scanCost(search, 1) < crossingCost(search.query.efFar)
}

function shareOf({ findableCount, nodeCount }: Search): number {
  return nodeCount === 0 ? 0 : findableCount / nodeCount
}

function goesPlain(search: Search): boolean {
  const { mask, near } = search.job
  return mask !== 0 && near === -Infinity && shareOf(search) >= sparseShare
}

function searchOne(search: Search, index: number): void {
  const { job, context, query, findableCount } = search
  const address = job.queries + index * query.queryBytes
  const isStarted = goesPlain(search) && startsPlain(search, address)
  const candidateCount = isStarted ? query.candidateCount : startCrossing(search, address)
  if (candidateCount > 0) {
    walk(search)
    if (finish(search, index, candidateCount) >= Math.min(job.k, findableCount)) return
  }
  if (scansCodes(search, 1)) scanCodes(search, index)
  else scanRows(job, index, 1, context)
}

/** @returns false where what may be found lies elsewhere */
function startsPlain(search: Search, address: number): boolean {
  const { kernels, query } = search
  const shareNear = kernels.hnswStartPlainQuery(address, query.ef, query.places)
  return shareNear >= farShare * shareOf(search)
}

/** @returns how many candidates are looked at; 0: a scan is the better way */
function startCrossing(search: Search, address: number): number {
  const { kernels, query } = search
  if (!isFar(search, kernels.hnswStartQuery(address, query.ef))) return query.candidateCount
  // What may be found lies elsewhere, on all sides: a walk for as many candidates would see one of them.
  if (search.hasRows && isScannedFar(search)) return 0
  kernels.hnswStartQuery(address, query.efFar)
  return query.farCandidateCount
}

function isFar(search: Search, shareNear: number): boolean {
  return search.job.mask !== 0 && shareNear < farShare * shareOf(search)
}

const farShare = 0.25

function walk({ kernels, context }: Search): void {
  do context.throwIfCancelled()
  while (kernels.hnswWalk(nodesBetweenLooks))
}

const nodesBetweenLooks = 256

function scanCodes(search: Search, index: number): void {
  const { kernels, job, context, query, nodeCount } = search
  const candidateCount = startScan(search, job.queries + index * query.queryBytes)
  for (let first = 0; first < nodeCount; first += codesBetweenLooks) {
    context.throwIfCancelled()
    kernels.hnswScanCodes(first, Math.min(first + codesBetweenLooks, nodeCount))
  }
  scanKernelsOn(job.memoryId, job.memory).clearHeaps(heapOf(job, index), 1, job.k)
  finish(search, index, candidateCount)
  if (search.hasRows && isDoubtful(search, candidateCount)) scanRows(job, index, 1, context)
}

/** Where rows are found among the farther candidates there are some behind them: these codes tell too little. */
function isDoubtful({ kernels, job, findableCount }: Search, candidateCount: number): boolean {
  return candidateCount < findableCount && kernels.hnswLateCount() > job.k * doubtfulShare
}

const doubtfulShare = 0.02

/** @returns how many candidates are looked at */
function startScan(search: Search, address: number): number {
  const candidateCount = scannedCountOf(search, address)
  search.kernels.hnswStartScan(address, candidateCount)
  return candidateCount
}

/** Rows of a file are read one by one, so that more of them are looked at only where it must be. */
function scannedCountOf(search: Search, address: number): number {
  const { kernels, query, hasRows } = search
  if (hasRows) return query.scannedCount
  const isNear = !isFar(search, kernels.hnswStartQuery(address, query.ef))
  return isNear ? query.candidateCount : query.farCandidateCount
}

const codesBetweenLooks = 65_536

/** @returns how many rows were found */
function finish(
  { kernels, job, query, reader }: Search,
  index: number,
  candidateCount: number,
): number {
  const { k, firstId } = job
  const heap = heapOf(job, index)
  if (reader === null) return kernels.hnswFinishQuery(candidateCount, heap, k, firstId) >>> 0
  const list = candidatesAt(job, query)
  const count = kernels.hnswListCandidates(candidateCount, list) >>> 0
  const stored = list + Math.ceil(count / 4) * 16
  const rows = new Uint32Array(job.memory.buffer, list, count).sort()
  reader.gather(rows, new Uint8Array(job.memory.buffer), stored)
  return kernels.hnswOfferRows(list, stored, count, heap, k, firstId) >>> 0
}

function heapOf({ heaps, k }: IndexSearchJob, index: number): number {
  return heaps + index * k * heapPlaceBytes
}
