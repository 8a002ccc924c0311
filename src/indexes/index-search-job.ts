import type { WorkerContext } from '../workers/worker-job.js'
import { familyNamed } from './families.js'
import type { IndexSearchJob } from './index-family.js'

/** Searches indexes of segments, one after the other, in a thread that has their memories. */
export function run(
  jobs: readonly Omit<IndexSearchJob, 'memory'>[],
  context: Pick<WorkerContext, 'throwIfCancelled' | 'memory'>,
): void {
  for (const job of jobs) {
    context.throwIfCancelled()
    const memory = context.memory(job.memoryId)
    familyNamed(job.family).search({ ...job, memory }, context)
  }
}
