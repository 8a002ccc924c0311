import type { WorkerContext } from '../workers/worker-job.js'
import { familyNamed } from './families.js'
import type { IndexSearchJob } from './index-family.js'

/** Searches indexes of segments, one after the other. Runs in any thread. */
export function run(
  jobs: readonly IndexSearchJob[],
  context: Pick<WorkerContext, 'throwIfCancelled'>,
): void {
  for (const job of jobs) {
    context.throwIfCancelled()
    familyNamed(job.family).search(job, context)
  }
}
