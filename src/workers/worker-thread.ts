import { Worker } from 'node:worker_threads'
import { MillraceError } from '../errors.js'
import type { ShortWorkWords } from './giving-way.js'
import type { JobMessage, JobReply, PlainError, Progress, ThreadStart } from './worker-message.js'

/** What becomes of a job that a thread runs. */
export interface JobListener {
  readonly onProgress: (value: number) => void
  readonly onResult: (result: unknown) => void
  readonly onError: (error: unknown) => void
}

/**
 * One thread and the jobs it runs, if any. It keeps the process alive only while it runs one, so that a
 * program may await a job and need not end the pool.
 */
export class WorkerThread {
  readonly #cancelFlag = new Int32Array(new SharedArrayBuffer(4))
  readonly #worker: Worker
  /** Which memories it has. */
  readonly #memoryIds = new Set<number>()
  readonly #onEnd: (thread: WorkerThread) => void
  #listeners: readonly JobListener[] = []
  #moduleUrl = ''
  #failure: unknown = null

  /** @param onEnd called once when the thread has died: its job has failed by then */
  constructor(givesWayTo: ShortWorkWords | null, onEnd: (thread: WorkerThread) => void) {
    this.#worker = startWorker({ cancelFlag: this.#cancelFlag, givesWayTo })
    this.#onEnd = onEnd
    this.#worker.unref()
    this.#worker.on('message', (reply: Progress | readonly JobReply[]) => this.#receive(reply))
    this.#worker.on('messageerror', (error) => this.#finish(({ onError }) => onError(error)))
    this.#worker.on('error', (error) => {
      this.#failure = error
    })
    this.#worker.on('exit', (exitCode) => this.#die(exitCode))
  }

  /** @throws DataCloneError when an input cannot be sent; the thread stays free then */
  start(
    jobs: readonly JobMessage[],
    transfer: readonly ArrayBuffer[],
    listeners: readonly JobListener[],
  ): void {
    Atomics.store(this.#cancelFlag, 0, 0)
    this.#worker.postMessage(
      jobs.map((job) => this.#withNewMemories(job)),
      transfer,
    )
    for (const { memories } of jobs) {
      for (const { memoryId } of memories) this.#memoryIds.add(memoryId)
    }
    this.#worker.ref()
    this.#moduleUrl = jobs[0].moduleUrl
    this.#listeners = listeners
  }

  /** Whether one job alone runs, which may be told to stop. */
  get isSingle(): boolean {
    return this.#listeners.length === 1
  }

  /** Tells the job that it runs to stop. */
  cancel(): void {
    Atomics.store(this.#cancelFlag, 0, 1)
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #withNewMemories({ type, moduleUrl, input, memories }: JobMessage): JobMessage {
    const fresh = memories.filter(({ memoryId }) => !this.#memoryIds.has(memoryId))
    return { type, moduleUrl, input, memories: fresh }
  }

  /** Progress is told by jobs that are alone. */
  #receive(reply: Progress | readonly JobReply[]): void {
    if ('type' in reply) this.#listeners[0]?.onProgress(reply.value)
    else this.#finish((listener, at) => settle(listener, reply[at]))
  }

  #finish(tell: (listener: JobListener, at: number) => void): void {
    const listeners = this.#listeners
    if (listeners.length === 0) return
    this.#listeners = []
    this.#worker.unref()
    for (const [at, listener] of listeners.entries()) tell(listener, at)
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

function settle({ onResult, onError }: JobListener, reply: JobReply): void {
  if (reply.type === 'result') onResult(reply.result)
  else onError(millraceErrorOf(reply.error))
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
