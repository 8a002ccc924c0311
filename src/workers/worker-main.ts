import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { MillraceError, millraceErrorFrom } from '../errors.js'
import type { WorkerContext, WorkerModule } from './worker-job.js'
import type { JobMessage, JobReply, PlainError, ThreadStart } from './worker-message.js'

// The entry of a thread: runs one job after the other, as the pool sends them.
parentPort?.on('message', runJob)

const { cancelFlag, niceness }: ThreadStart = workerData
standBack()
const modules = new Map<string, Promise<WorkerModule<unknown, unknown>>>()
const memoriesHere = new Map<number, WebAssembly.Memory>()

/**
 * Linux counts niceness by thread, and 0 means the one that asks; elsewhere it would be the whole process. The
 * cores go to searches first then; where nobody else wants them, nothing is lost.
 */
function standBack(): void {
  if (niceness === 0 || process.platform !== 'linux') return
  try {
    setPriority(0, niceness)
  } catch {
    // A sandbox may forbid it; then the cores are shared evenly.
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
