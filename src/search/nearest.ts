import { MillraceError } from '../errors.js'
import { heapPlaceBytes, kernelMetrics } from '../kernels/scan-kernels.js'
import type { VectorMemory } from '../kernels/vector-memory.js'
import { DataType, dataTypeName } from '../schema/data-type.js'
import type { WorkerPool } from '../workers/worker-job.js'
import { mergeHeaps, noNeighbors } from './merge-heaps.js'
import type { NearestQuery, Neighbors, SegmentVectors } from './nearest-query.js'
import { run as runScanJob, type ScanJob } from './scan-job.js'
import { openScan, type ScanQueries } from './scan-plan.js'

/**
 * The exact k nearest rows of each query over some segments, by a scan on all threads of the interactive
 * lane, or on this one when it is a matter of microseconds.
 * @throws unsupported for types and metrics without a kernel, parameterInvalid for bytes that are not nq
 *   rows, memoryExceeded, cancelled
 */
export async function nearest(
  pool: WorkerPool,
  memory: VectorMemory,
  views: readonly SegmentVectors[],
  query: NearestQuery,
): Promise<Neighbors[]> {
  const metric = kernelMetricOf(query)
  const rowBytes = rowBytesOf(query)
  refuseOddBytes(query, rowBytes)
  const width = query.dataType === DataType.FloatVector ? query.dim : rowBytes
  const k = Math.min(query.k, rowCountOf(views))
  if (k === 0) return Array.from({ length: query.nq }, noNeighbors)
  const found: Neighbors[] = []
  const step = queriesAtOnce(k, pool.threadCount)
  for (let first = 0; first < query.nq; first += step) {
    const nq = Math.min(step, query.nq - first)
    const bytes = query.bytes.subarray(first * rowBytes, (first + nq) * rowBytes)
    const queries = { metric, width, rowBytes, nq, k, bytes }
    found.push(...(await nearestOfSome(pool, memory, views, queries, query.signal)))
  }
  return found
}

async function nearestOfSome(
  pool: WorkerPool,
  memory: VectorMemory,
  views: readonly SegmentVectors[],
  queries: ScanQueries,
  signal: AbortSignal | undefined,
): Promise<Neighbors[]> {
  const scan = openScan(memory, views, queries, pool.threadCount)
  try {
    const workBytes = rowCountOf(views) * queries.rowBytes * queries.nq
    if (workBytes < workBytesHere) runHere(scan.jobs, signal)
    else await runOnThreads(pool, scan.jobs, signal)
    return mergeHeaps(scan.jobs, views, queries.nq, queries.k)
  } finally {
    scan.close()
  }
}

function runHere(jobs: readonly ScanJob[], signal: AbortSignal | undefined): void {
  const throwIfCancelled = () => {
    if (signal?.aborted) throw new MillraceError('cancelled', 'the search was cancelled')
  }
  for (const job of jobs) runScanJob(job, { throwIfCancelled })
}

/** Waits for every job, also when one fails: until then they write into the scan's memory. */
async function runOnThreads(
  pool: WorkerPool,
  jobs: readonly ScanJob[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const options = { lane: 'interactive', ...(signal && { signal }) } as const
  const results = await Promise.allSettled(
    jobs.map((job) => pool.run<ScanJob, void>(scanModule, job, options)),
  )
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

const scanModule = new URL('./scan-job.js', import.meta.url)

/** Below it a scan is done before a message has reached a thread and come back. */
const workBytesHere = 2000 * 128 * 4

/** Bounds the memory of heaps, and the time of one kernel call. */
function queriesAtOnce(k: number, threadCount: number): number {
  const heapBytes = k * heapPlaceBytes * threadCount
  return Math.max(1, Math.min(1024, Math.floor(heapBytesMax / heapBytes)))
}

const heapBytesMax = 64 * 1024 * 1024

function rowCountOf(views: readonly SegmentVectors[]): number {
  let rowCount = 0
  for (const view of views) rowCount += view.rowCount
  return rowCount
}

function kernelMetricOf({ dataType, metric }: NearestQuery): number {
  const isBits = metric === 'HAMMING' || metric === 'JACCARD'
  const typeOfMetric = isBits ? DataType.BinaryVector : DataType.FloatVector
  const number = kernelMetrics[metric]
  if (number !== undefined && dataType === typeOfMetric) return number
  throw new MillraceError(
    'unsupported',
    `search: expected FloatVector with L2, IP or COSINE, or BinaryVector with HAMMING or JACCARD, got ${dataTypeName(dataType)} with ${metric}`,
  )
}

function rowBytesOf({ dataType, dim }: NearestQuery): number {
  return dataType === DataType.FloatVector ? dim * 4 : dim / 8
}

function refuseOddBytes({ nq, dim, bytes }: NearestQuery, rowBytes: number): void {
  if (bytes.byteLength === nq * rowBytes) return
  throw new MillraceError(
    'parameterInvalid',
    `search: expected ${nq} vectors of dimension ${dim}, ${nq * rowBytes} bytes, got ${bytes.byteLength}`,
  )
}
