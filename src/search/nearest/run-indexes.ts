import { familyNamed } from '../../indexes/families.js'
import type { IndexSearchJob } from '../../indexes/index-family.js'
import { searchCost } from '../../indexes/search-cost.js'
import type { WorkerPool } from '../../workers/worker-job.js'
import { looksAt } from './looks-at.js'
import { apart, runOnThreads, workOf } from './run-on-threads.js'
import { isDoneHere } from './work-here.js'

/** Searches indexes on the threads, a share a thread, or here where that is a matter of microseconds. */
export async function runIndexes(
  pool: WorkerPool,
  shares: readonly (readonly IndexSearchJob[])[],
  signal: AbortSignal | undefined,
): Promise<void> {
  if (shares.length === 0) return
  const jobs = shares.length === 1 ? shares[0] : shares.flat()
  let workBytes = 0
  let microseconds = 0
  let readsFile = false
  for (const job of jobs) {
    const bytes = indexWorkBytes(job)
    workBytes += bytes
    microseconds += microsecondsOf(job, bytes)
    if (job.file) readsFile = true
  }
  if (!readsFile && isDoneHere(microseconds)) {
    pool.noteShortWork()
    runHere(jobs, signal)
  } else await runThere(pool, shares, workOf(workBytes, readsFile), signal)
}

function runHere(jobs: readonly IndexSearchJob[], signal: AbortSignal | undefined): void {
  for (const job of jobs) familyNamed(job.family).search(job, looksAt(signal))
}

async function runThere(
  pool: WorkerPool,
  shares: readonly (readonly IndexSearchJob[])[],
  work: ReturnType<typeof workOf>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const posts = shares.map((share) => {
    const posts = share.map(apart)
    return {
      job: posts.map(({ job }) => job),
      memories: posts.flatMap(({ memories }) => memories),
    }
  })
  await runOnThreads(pool, work, indexModule, posts, signal)
}

const indexModule = new URL('../../indexes/index-search-job.js', import.meta.url)

/** What would have to be scanned in the time that the search of an index takes. */
function indexWorkBytes(job: IndexSearchJob): number {
  const { spec, params, nq, k, dim, file } = job
  return (
    searchCost(spec, params, job, 1, k, file !== null) * nq * dim * Float32Array.BYTES_PER_ELEMENT
  )
}

/** Rows of an index come from all over the memory, and of a large one seldom from a cache. */
function microsecondsOf({ nq, rowCount }: IndexSearchJob, workBytes: number): number {
  const reach = Math.max(1, Math.log10(rowCount / rowsCached))
  return nq * startMicroseconds + (workBytes * reach) / bytesOfMicrosecond
}

const rowsCached = 2000
const startMicroseconds = 25
const bytesOfMicrosecond = 5500
