import { readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { MillraceError, millraceErrorFrom } from '../errors.js'
import type { WorkerContext, WorkerModule } from './worker-job.js'
import type { JobMessage, JobReply, PlainError, ThreadStart } from './worker-message.js'

// The entry of a thread: runs one job after the other, as the pool sends them.
parentPort?.on('message', runJob)

const { cancelFlag }: ThreadStart = workerData
const systemId = systemIdOfThread()
if (systemId !== null) reply({ type: 'thread', systemId })
const modules = new Map<string, Promise<WorkerModule<unknown, unknown>>>()
const memoriesHere = new Map<number, WebAssembly.Memory>()

/** The number by which the system knows this thread: Linux tells it. */
function systemIdOfThread(): number | null {
  if (process.platform !== 'linux') return null
  try {
    return Number(basename(readlinkSync('/proc/thread-self')))
  } catch {
    return null
  }
}

async function runJob({ type, moduleUrl, input, memories }: JobMessage): Promise<void> {
  const moved: ArrayBuffer[] = []
  for (const { memoryId, memory } of memories) memoriesHere.set(memoryId, memory)
  try {
    const module = await loadModule(moduleUrl)
    const isRun = type === 'run'
    const result = isRun ? await module.run(input, contextOf(moved)) : undefined
    reply({ type: 'result', result }, moved)
  } catch (error) {
    reply({ type: 'error', error: plainErrorFrom(error) })
  }
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
      if (isCancelled()) throw new MillraceError('cancelled', 'the job was cancelled')
    },
    reportProgress: (value) => reply({ type: 'progress', value }),
    memory: (memoryId) => memoriesHere.get(memoryId)!,
    transfer: (...buffers) => moved.push(...buffers),
  }
}

function plainErrorFrom(thrown: unknown): PlainError {
  const error = millraceErrorFrom(thrown)
  const stack = thrown instanceof Error ? thrown.stack : error.stack
  return { kind: error.kind, message: error.message, place: error.place, stack }
}

function reply(message: JobReply, moved: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, moved)
}
