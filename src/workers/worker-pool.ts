import { availableParallelism } from 'node:os'
import type { WorkerPool } from './worker-job.js'
import { WorkerLane } from './worker-lane.js'

/**
 * The threads of this process: two lanes of up to `threadCount`, so that a search never waits behind an
 * import; the operating system shares the cores among them.
 */
export function createWorkerPool(threadCount = availableParallelism()): WorkerPool {
  const lanes = {
    interactive: new WorkerLane(threadCount),
    batch: new WorkerLane(threadCount),
  }
  return {
    threadCount,
    load: (module, lane) => lanes[lane].load(module),
    run: (module, input, options) => lanes[options.lane].run(module, input, options),
    close: async () => {
      await Promise.all([lanes.interactive.close(), lanes.batch.close()])
    },
  }
}
