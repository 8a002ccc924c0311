import { availableParallelism } from 'node:os'
import type { LaneName, WorkerPool } from './worker-job.js'
import { WorkerLane } from './worker-lane.js'

/**
 * The threads of this process: lanes of up to `threadCount` each. The operating system shares the cores among
 * them.
 */
export function createWorkerPool(threadCount = availableParallelism()): WorkerPool {
  const lanes = {
    interactive: new WorkerLane(threadCount),
    lengthy: new WorkerLane(threadCount),
    batch: new WorkerLane(threadCount),
  } satisfies Record<LaneName, WorkerLane>
  return {
    threadCount,
    load: (module, lane) => lanes[lane].load(module),
    run: (module, input, options) => lanes[options.lane].run(module, input, options),
    close: async () => {
      await Promise.all(Object.values(lanes).map((lane) => lane.close()))
    },
  }
}
