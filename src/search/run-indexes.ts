import type { IndexSearchJob } from '../indexes/index-family.js'
import { searchCost } from '../indexes/search-cost.js'
import type { WorkerPool } from '../workers/worker-job.js'
import { apart, runOnThreads, workOf } from './run-on-threads.js'

/** Searches indexes on the threads: a share a thread. */
export async function runIndexes(
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

const indexModule = new URL('../indexes/index-search-job.js', import.meta.url)

/** What would have to be scanned in the time that the search of an index takes. */
function indexWorkBytes({ spec, params, rowCount, nq, k, dim, file }: IndexSearchJob): number {
  const cost = searchCost(spec, params, rowCount, 1, k, file !== null)
  return cost * nq * dim * Float32Array.BYTES_PER_ELEMENT
}
