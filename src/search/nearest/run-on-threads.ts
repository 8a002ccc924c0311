import type { JobOptions, NumberedMemory, WorkerPool } from '../../workers/worker-job.js'

/** Waits for every job, also when one fails: until then they write into the search's memory. */
export async function runOnThreads<Job>(
  pool: WorkerPool,
  work: Work,
  module: URL,
  posts: readonly Post<Job>[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const options = { ...work, ...(signal && { signal }) }
  if (posts.length === 1) {
    const [{ job, memories }] = posts
    await pool.run<Job, void>(module, job, { ...options, memories })
    return
  }
  const results = await Promise.allSettled(
    posts.map(({ job, memories }) => pool.run<Job, void>(module, job, { ...options, memories })),
  )
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

/** A job as it is sent to a thread, which keeps the memories it was sent before. */
interface Post<Job> {
  readonly job: Job
  readonly memories: readonly NumberedMemory[]
}

/** Leaving the memory out would be a slow copy. */
export function apart<Job extends NumberedMemory>(job: Job): Post<Omit<Job, 'memory'>> {
  const { memoryId, memory } = job
  return { job: { ...job, memory: null }, memories: [{ memoryId, memory }] }
}

/** Short searches do not wait behind long ones, which have threads of their own. */
export function workOf(workBytes: number, readsFile: boolean): Work {
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
