import { layoutOf } from '../column/column.js'
import { MillraceError } from '../errors.js'
import type { IndexSearchJob } from '../indexes/index-family.js'
import { searchCost } from '../indexes/search-cost.js'
import { heapPlaceBytes, kernelElements, kernelMetrics } from '../kernels/scan-kernels.js'
import type { VectorMemory } from '../kernels/vector-memory.js'
import { DataType, dataTypeName } from '../schema/data-type.js'
import { isBitMetric } from '../schema/metric.js'
import type { JobOptions, NumberedMemory, WorkerPool } from '../workers/worker-job.js'
import { choosesIndex, survivorsOf } from './index-choice.js'
import { openIndexSearch } from './index-search.js'
import { areFull, firstIdsOf, type HeapSource, mergeHeaps, noNeighbors } from './merge-heaps.js'
import type { NearestQuery, Neighbors, SegmentVectors } from './nearest-query.js'
import { kernelQueries } from './query-floats.js'
import { type ScanJob, scanRows } from './scan-job.js'
import { openScan, type ScanQueries } from './scan-plan.js'

/**
 * The k nearest rows of each query over some segments: by their indexes where that is asked for and pays, else
 * by a scan, which is exact. The work is done on all threads of the interactive lane, or on this one when it
 * is a matter of microseconds.
 * @throws unsupported for types and metrics without a kernel, parameterInvalid for bytes that are not nq
 *   rows, memoryExceeded, cancelled
 */
export async function nearest(
  pool: WorkerPool,
  memory: VectorMemory,
  views: readonly SegmentVectors[],
  query: NearestQuery,
): Promise<Neighbors[]> {
  const kernel = kernelOf(query)
  const rowBytes = rowBytesOf(query)
  refuseOddBytes(query, rowBytes)
  const isBits = query.dataType === DataType.BinaryVector
  const width = isBits ? rowBytes : query.dim
  const near = query.near ?? Number.NEGATIVE_INFINITY
  const k = Math.min(query.k, rowCountOf(views))
  if (k === 0) return Array.from({ length: query.nq }, noNeighbors)
  const byIndex = views.map((view) => choosesIndex(view, query, k))
  const found: Neighbors[] = []
  const step = queriesAtOnce(k, pool.threadCount)
  for (let first = 0; first < query.nq; first += step) {
    const nq = Math.min(step, query.nq - first)
    const bytes = query.bytes.subarray(first * rowBytes, (first + nq) * rowBytes)
    const queryRows = kernelQueries(query.dataType, bytes)
    const queries = { ...kernel, width, rowBytes, nq, near, k, bytes: queryRows }
    found.push(...(await nearestOfSome({ pool, memory, views, query, queries }, byIndex)))
  }
  return found
}

/** Some of the queries of a search. */
interface SomeQueries {
  readonly pool: WorkerPool
  readonly memory: VectorMemory
  readonly views: readonly SegmentVectors[]
  readonly query: NearestQuery
  readonly queries: ScanQueries
}

/** Where an index finds fewer rows than there are to be found, its segment is scanned after all. */
async function nearestOfSome(some: SomeQueries, byIndex: readonly boolean[]): Promise<Neighbors[]> {
  const { pool, memory, views, query, queries } = some
  const { nq, k } = queries
  const firstIds = firstIdsOf(views)
  const indexed = views.flatMap((view, index) =>
    byIndex[index] ? [{ view, firstId: firstIds[index] }] : [],
  )
  const byIndexes = openIndexSearch(memory, indexed, queries, query, pool.threadCount)
  try {
    await runIndexes(pool, byIndexes.shares, query.signal)
    const full = byIndexes.sources.filter((source) => areFull(source, nq, k))
    const isScanned = views.map((view, index) => {
      if (!byIndex[index]) return true
      const at = indexed.findIndex((each) => each.view === view)
      return !full.includes(byIndexes.sources[at])
    })
    return await scanRest(some, isScanned, full)
  } finally {
    byIndexes.close()
  }
}

async function scanRest(
  { pool, memory, views, query, queries }: SomeQueries,
  isScanned: readonly boolean[],
  found: readonly HeapSource[],
): Promise<Neighbors[]> {
  if (!isScanned.includes(true)) return mergeHeaps(found, views, queries.nq, queries.k)
  const scanned = views.map((view, index) =>
    isScanned[index] ? view : { ...view, parts: [], file: null },
  )
  const readsFile = scanned.some(({ file }) => file)
  const rows = scanned.reduce(
    (sum, view) => sum + (view.parts.length > 0 || view.file ? rowsToScan(view) : 0),
    0,
  )
  const workBytes = rows * queries.rowBytes * queries.nq
  const jobCount = Math.min(pool.threadCount, Math.ceil(workBytes / workBytesOfJob))
  const scan = openScan(memory, scanned, queries, Math.max(1, jobCount))
  try {
    if (workBytes < workBytesHere && !readsFile) runHere(scan.jobs, query.signal)
    else {
      const work = workOf(workBytes, readsFile)
      await runOnThreads(pool, work, scanModule, scan.jobs.map(apart), query.signal)
    }
    return mergeHeaps([...found, ...scan.jobs], views, queries.nq, queries.k)
  } finally {
    scan.close()
  }
}

async function runIndexes(
  pool: WorkerPool,
  shares: readonly (readonly IndexSearchJob[])[],
  signal: AbortSignal | undefined,
): Promise<void> {
  if (shares.length === 0) return
  const jobs = shares.flat()
  const workBytes = jobs.reduce((sum, job) => sum + indexWorkBytes(job), 0)
  const work = workOf(
    workBytes,
    jobs.some(({ file }) => file),
  )
  const posts = shares.map((share) => {
    const posts = share.map(apart)
    return {
      job: posts.map(({ job }) => job),
      memories: posts.flatMap(({ memories }) => memories),
    }
  })
  await runOnThreads(pool, work, indexModule, posts, signal)
}

function runHere(jobs: readonly ScanJob[], signal: AbortSignal | undefined): void {
  const throwIfCancelled = () => {
    if (signal?.aborted) throw new MillraceError('cancelled', 'the search was cancelled')
  }
  for (const job of jobs) scanRows(job, { throwIfCancelled })
}

/** A job as it is sent to a thread, which keeps the memories it was sent before. */
interface Post<Job> {
  readonly job: Job
  readonly memories: readonly NumberedMemory[]
}

function apart<Job extends NumberedMemory>({ memory, ...job }: Job): Post<Omit<Job, 'memory'>> {
  return { job, memories: [{ memoryId: job.memoryId, memory }] }
}

/** Waits for every job, also when one fails: until then they write into the search's memory. */
async function runOnThreads<Job>(
  pool: WorkerPool,
  work: Work,
  module: URL,
  posts: readonly Post<Job>[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const options = { ...work, ...(signal && { signal }) }
  const results = await Promise.allSettled(
    posts.map(({ job, memories }) => pool.run<Job, void>(module, job, { ...options, memories })),
  )
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

const indexModule = new URL('../indexes/index-search-job.js', import.meta.url)
const scanModule = new URL('./scan-job.js', import.meta.url)

/** Short searches do not wait behind long ones, which have threads of their own. */
function workOf(workBytes: number, readsFile: boolean): Work {
  return {
    lane: workBytes > lengthyWorkBytes ? 'lengthy' : 'interactive',
    isShort: workBytes < shortWorkBytes && !readsFile,
  }
}

type Work = Pick<JobOptions, 'lane' | 'isShort'>

/** A thread goes over these in less than a millisecond. */
const shortWorkBytes = 4 * 1024 ** 2
/** A thread goes over these in some ten milliseconds. */
const lengthyWorkBytes = 128 * 1024 ** 2

/** What would have to be scanned in the time that the search of an index takes. */
function indexWorkBytes({ spec, params, rowCount, nq, k, dim, file }: IndexSearchJob): number {
  const cost = searchCost(spec, params, rowCount, 1, k, file !== null)
  return cost * nq * dim * Float32Array.BYTES_PER_ELEMENT
}

/** Below it a scan is done before a message has reached a thread and come back. */
const workBytesHere = 2000 * 128 * 4

/** A smaller share is a sliver: asking a thread for it takes longer. */
const workBytesOfJob = 4096 * 128 * 4

/** Those that may be found, and what it takes to pass over the others. */
function rowsToScan(view: SegmentVectors): number {
  return view.mask
    ? survivorsOf(view.mask, view.rowCount) + view.rowCount / rowsPassedAtOnce
    : view.rowCount
}

/** A word of a mask without a bit takes less than a row. */
const rowsPassedAtOnce = 256

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

function kernelOf({ dataType, metric }: NearestQuery): { metric: number; element: number } {
  const isBits = isBitMetric(metric)
  const number = kernelMetrics[metric]
  const element = isBits ? 0 : kernelElements[dataType]
  if (
    number !== undefined &&
    element !== undefined &&
    isBits === (dataType === DataType.BinaryVector)
  ) {
    return { metric: number, element }
  }
  throw new MillraceError(
    'unsupported',
    `search: expected vectors of numbers with L2, IP or COSINE, or BinaryVector with a metric of bits, got ${dataTypeName(dataType)} with ${metric}`,
  )
}

function rowBytesOf({ dataType, dim }: NearestQuery): number {
  const layout = layoutOf({ dataType, elementType: DataType.None, dim })
  if (layout.shape === 'fixed') return layout.width * layout.valuesType.BYTES_PER_ELEMENT
  throw new TypeError(`${dataTypeName(dataType)} has no rows of fixed length`)
}

function refuseOddBytes({ nq, dim, bytes }: NearestQuery, rowBytes: number): void {
  if (bytes.byteLength === nq * rowBytes) return
  throw new MillraceError(
    'parameterInvalid',
    `search: expected ${nq} vectors of dimension ${dim}, ${nq * rowBytes} bytes, got ${bytes.byteLength}`,
  )
}
