import { availableParallelism } from 'node:os'
import { ShortWork } from './giving-way.js'
import type { JobOptions, LaneName, WorkerPool } from './worker-job.js'
import { WorkerLane } from './worker-lane.js'

/**
 * The threads of this process: lanes of up to `threadCount` each. The operating system shares the cores among
 * them, and long work gives way to short one, which would else wait for a tick of the system's clock. What nobody waits
 * for leaves a core to it, for as long as it comes.
 */
export function createWorkerPool(threadCount = availableParallelism()): WorkerPool {
  const shortWork = new ShortWork(Math.max(1, threadCount - 1))
  const lanes = {
    interactive: new WorkerLane(threadCount, null),
    lengthy: new WorkerLane(threadCount, shortWork.wordsWithoutTurns),
    batch: new WorkerLane(threadCount, shortWork.words),
  } satisfies Record<LaneName, WorkerLane>
  return {
    threadCount,
    load: (module, lane) => lanes[lane].load(module),
    run: <Input, Result>(module: URL, input: Input, options: JobOptions): Promise<Result> => {
      if (options.lane !== 'interactive') return lanes[options.lane].run(module, input, options)
      shortWork.begin()
      const result = lanes.interactive.run<Result>(module, input, options)
      return result.finally(() => shortWork.end())
    },
    noteShortWork: () => shortWork.note(),
    close: async () => {
      await Promise.all(Object.values(lanes).map((lane) => lane.close()))
    },
  }
}
