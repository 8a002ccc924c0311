import type { VectorMemory } from '../../kernels/vector-memory.js'
import type { WorkerPool } from '../../workers/worker-job.js'
import { survivorsOf } from './index-choice.js'
import { looksAt } from './looks-at.js'
import { type HeapSource, mergeHeaps } from './merge-heaps.js'
import type { NearestQuery, Neighbors, SegmentVectors } from './nearest-query.js'
import { apart, runOnThreads, workOf } from './run-on-threads.js'
import { type ScanJob, scanRows } from './scan-job.js'
import { openScan, type ScanQueries } from './scan-plan.js'
import { isDoneHere } from './work-here.js'

/** Some of the queries of a search. */
export interface SomeQueries {
  readonly pool: WorkerPool
  readonly memory: VectorMemory
  readonly views: readonly SegmentVectors[]
  readonly query: NearestQuery
  readonly queries: ScanQueries
}

/**
 * Scans the segments that are to be scanned, and merges what it finds with what was found in the others
 * by their indexes.
 */
export async function scanRest(
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
    if (!readsFile && isDoneHere(workBytes / bytesOfMicrosecond)) {
      pool.noteShortWork()
      runHere(scan.jobs, query.signal)
    } else {
      const work = workOf(workBytes, readsFile)
      await runOnThreads(pool, work, scanModule, scan.jobs.map(apart), query.signal)
    }
    return await mergeHeaps([...found, ...scan.jobs], views, queries.nq, queries.k)
  } finally {
    scan.close()
  }
}

const scanModule = new URL('./scan-job.js', import.meta.url)

/** Rows lie side by side, mostly: a scan goes over so many bytes in a microsecond. */
const bytesOfMicrosecond = 10_000

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

function runHere(jobs: readonly ScanJob[], signal: AbortSignal | undefined): void {
  for (const job of jobs) scanRows(job, looksAt(signal))
}
