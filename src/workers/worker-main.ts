import { parentPort, workerData } from 'node:worker_threads'
import { MillraceError, millraceErrorFrom } from '../errors.js'
import { pauseBy } from './give-way.js'
import { GivingWay } from './giving-way.js'
import type { WorkerContext, WorkerModule } from './worker-job.js'
import type { JobMessage, JobReply, PlainError, Progress, ThreadStart } from './worker-message.js'

// The entry of a thread: runs one job after the other, as the pool sends them.
parentPort?.on('message', runJobs)

const { cancelFlag, givesWayTo }: ThreadStart = workerData
const givingWay = givesWayTo && new GivingWay(givesWayTo)
pauseBy(givingWay)
const modules = new Map<string, Promise<WorkerModule<unknown, unknown>>>()
const memoriesHere = new Map<number, WebAssembly.Memory>()

async function runJobs(jobs: readonly JobMessage[]): Promise<void> {
  const moved: ArrayBuffer[] = []
  const replies: JobReply[] = []
  for (const job of jobs) replies.push(await replyTo(job, moved))
  try {
    parentPort?.postMessage(replies, moved)
  } catch (error) {
    // A result that cannot be sent.
    parentPort?.postMessage(jobs.map(() => errorReply(error)))
  }
}

async function replyTo(
  { type, moduleUrl, input, memories }: JobMessage,
  moved: ArrayBuffer[],
): Promise<JobReply> {
  for (const { memoryId, memory } of memories) memoriesHere.set(memoryId, memory)
  try {
    const module = await loadModule(moduleUrl)
    if (type === 'load') return null
    givingWay?.begin()
    const result = await module.run(input, contextOf(moved))
    return result === undefined ? null : { type: 'result', result }
  } catch (error) {
    return errorReply(error)
  } finally {
    givingWay?.end()
  }
}

function errorReply(error: unknown): JobReply {
  return { type: 'error', error: plainErrorFrom(error) }
}

function loadModule(moduleUrl: string): Promise<WorkerModule<unknown, unknown>> {
  let module = modules.get(moduleUrl)
  if (!module) {
    module = import(moduleUrl)
    modules.set(moduleUrl, module)
  }
  return module
}

function contextOf(moved: ArrayBuffer[]): WorkerContext {
  const isCancelled = () => Atomics.load(cancelFlag, 0) !== 0
  return {
    isCancelled,
    throwIfCancelled: () => {
      givingWay?.giveWay()
      if (isCancelled()) throw new MillraceError('cancelled', 'the job was cancelled')
    },
    reportProgress: (value) => {
      const progress: Progress = { type: 'progress', value }
      parentPort?.postMessage(progress)
    },
    memory: (memoryId) => memoriesHere.get(memoryId)!,
    transfer: (...buffers) => moved.push(...buffers),
  }
}

function plainErrorFrom(thrown: unknown): PlainError {
  const error = millraceErrorFrom(thrown)
  const stack = thrown instanceof Error ? thrown.stack : error.stack
  return { kind: error.kind, message: error.message, place: error.place, stack }
}
