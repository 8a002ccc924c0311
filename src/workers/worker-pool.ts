import { availableParallelism } from 'node:os'
import { StandingBack } from './standing-back.js'
import type { LaneName, WorkerPool } from './worker-job.js'
import { WorkerLane } from './worker-lane.js'

/**
 * The threads of this process: lanes of up to `threadCount` each. The operating system shares the cores among
 * them; while there are interactive jobs it gives them to those first.
 */
export function createWorkerPool(threadCount = availableParallelism()): WorkerPool {
  const lanes = {
    interactive: new WorkerLane(threadCount),
    lengthy: new WorkerLane(threadCount),
    batch: new WorkerLane(threadCount),
  } satisfies Record<LaneName, WorkerLane>
  const standingBack = new StandingBack((niceness) => lanes.batch.standBack(niceness))
  return {
    threadCount,
    load: (module, lane) => lanes[lane].load(module),
    run: (module, input, options) => {
      if (options.lane === 'interactive') standingBack.noteJob()
      return lanes[options.lane].run(module, input, options)
    },
    close: async () => {
      standingBack.close()
      await Promise.all(Object.values(lanes).map((lane) => lane.close()))
    },
  }
}
