import { setPriority } from 'node:os'
import { Worker } from 'node:worker_threads'
import { MillraceError } from '../errors.js'
import type { JobMessage, JobReply, PlainError, ThreadStart } from './worker-message.js'

/** What becomes of the job that a thread runs. */
export interface JobListener {
  readonly onProgress: (value: number) => void
  readonly onResult: (result: unknown) => void
  readonly onError: (error: unknown) => void
}

/**
 * One thread and the job it runs, if any. It keeps the process alive only while it runs one, so that a
 * program may await a job and need not end the pool.
 */
export class WorkerThread {
  readonly #cancelFlag = new Int32Array(new SharedArrayBuffer(4))
  readonly #worker = startWorker({ cancelFlag: this.#cancelFlag })
  /** Which memories it has. */
  readonly #memoryIds = new Set<number>()
  readonly #onEnd: (thread: WorkerThread) => void
  #listener: JobListener | null = null
  #moduleUrl = ''
  #failure: unknown = null
  #systemId: number | null = null
  #niceness = 0

  /** @param onEnd called once when the thread has died: its job has failed by then */
  constructor(onEnd: (thread: WorkerThread) => void) {
    this.#onEnd = onEnd
    this.#worker.unref()
    this.#worker.on('message', (reply: JobReply) => this.#receive(reply))
    this.#worker.on('messageerror', (error) => this.#finish(({ onError }) => onError(error)))
    this.#worker.on('error', (error) => {
      this.#failure = error
    })
    this.#worker.on('exit', (exitCode) => this.#die(exitCode))
  }

  /** @throws DataCloneError when the input cannot be sent; the thread stays free then */
  start(job: JobMessage, transfer: readonly ArrayBuffer[], listener: JobListener): void {
    Atomics.store(this.#cancelFlag, 0, 0)
    const memories = job.memories.filter(({ memoryId }) => !this.#memoryIds.has(memoryId))
    this.#worker.postMessage({ ...job, memories }, transfer)
    for (const { memoryId } of memories) this.#memoryIds.add(memoryId)
    this.#worker.ref()
    this.#moduleUrl = job.moduleUrl
    this.#listener = listener
  }

  /** Tells the job that it runs to stop. */
  cancel(): void {
    Atomics.store(this.#cancelFlag, 0, 1)
  }

  /** How far it stands back where others want a core, as `nice` has it. */
  get niceness(): number {
    return this.#niceness
  }

  /**
   * Stands back from now on, also with the job that it runs. There is no way back: the system lets nobody but
   * root take niceness away. It is counted by thread on Linux alone; elsewhere nothing changes.
   */
  standBack(niceness: number): void {
    this.#niceness = niceness
    if (this.#systemId === null) return
    try {
      setPriority(this.#systemId, niceness)
    } catch {
      // A sandbox may forbid it; then the cores are shared evenly.
    }
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #receive(reply: JobReply): void {
    if (reply.type === 'thread') {
      this.#systemId = reply.systemId
      if (this.#niceness > 0) this.standBack(this.#niceness)
    } else if (reply.type === 'progress') this.#listener?.onProgress(reply.value)
    else if (reply.type === 'result') this.#finish(({ onResult }) => onResult(reply.result))
    else this.#finish(({ onError }) => onError(millraceErrorOf(reply.error)))
  }

  #finish(settle: (listener: JobListener) => void): void {
    const listener = this.#listener
    if (!listener) return
    this.#listener = null
    this.#worker.unref()
    settle(listener)
  }

  #die(exitCode: number): void {
    this.#onEnd(this)
    const reason =
      this.#failure instanceof Error ? this.#failure.message : `it left with code ${exitCode}`
    const message = `the thread that ran ${this.#moduleUrl} died: ${reason}`
    const error = new MillraceError('unexpected', message, {}, this.#failure ?? undefined)
    this.#finish(({ onError }) => onError(error))
  }
}

/** Flags of the program's own start, such as --input-type, would stop a thread from starting. */
function startWorker(workerData: ThreadStart): Worker {
  return new Worker(new URL('./worker-main.js', import.meta.url), { execArgv: [], workerData })
}

function millraceErrorOf({ kind, message, place, stack }: PlainError): MillraceError {
  const error = new MillraceError(kind, message, place)
  error.stack = stack
  return error
}
