import { Worker } from 'node:worker_threads'
import { MillraceError } from '../errors.js'
import type { ShortWorkWords } from './giving-way.js'
import type { JobMessage, JobReply, PlainError, Progress, ThreadStart } from './worker-message.js'

/** What becomes of a job that a thread runs. */
export interface JobListener {
  onProgress(value: number): void
  onResult(result: unknown): void
  onError(error: unknown): void
}

/** A job to be run. */
interface ThreadJob extends JobMessage, JobListener {
  /** Moved to the thread instead of copied. */
  readonly transfer: readonly ArrayBuffer[]
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
  readonly #onFree: () => void
  readonly #onDeath: () => void
  #jobs: readonly ThreadJob[] = []
  #failure: unknown = null

  /**
   * @param onFree called when the jobs that ran have been told their end
   * @param onDeath called once, before they are told of it
   */
  constructor(givesWayTo: ShortWorkWords | null, onFree: () => void, onDeath: () => void) {
    this.#worker = startWorker({ cancelFlag: this.#cancelFlag, givesWayTo })
    this.#onFree = onFree
    this.#onDeath = onDeath
    this.#worker.unref()
    this.#worker.on('message', (reply: Progress | readonly JobReply[]) => this.#receive(reply))
    this.#worker.on('messageerror', (error) => this.#finish((job) => job.onError(error)))
    this.#worker.on('error', (error) => {
      this.#failure = error
    })
    this.#worker.on('exit', (exitCode) => this.#die(exitCode))
  }

  /** @throws DataCloneError when an input cannot be sent; the thread stays free then */
  start(jobs: readonly ThreadJob[]): void {
    Atomics.store(this.#cancelFlag, 0, 0)
    this.#worker.postMessage(
      jobs.map((job) => this.#messageOf(job)),
      jobs.flatMap(({ transfer }) => transfer),
    )
    for (const { memories } of jobs) {
      for (const { memoryId } of memories) this.#memoryIds.add(memoryId)
    }
    this.#worker.ref()
    this.#jobs = jobs
  }

  /** Tells the job that it runs to stop. */
  cancel(): void {
    Atomics.store(this.#cancelFlag, 0, 1)
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  /** With those memories that the thread does not have yet. */
  #messageOf({ type, moduleUrl, input, memories }: JobMessage): JobMessage {
    const fresh = memories.filter(({ memoryId }) => !this.#memoryIds.has(memoryId))
    return { type, moduleUrl, input, memories: fresh }
  }

  /** Progress is told by jobs that are alone. */
  #receive(reply: Progress | readonly JobReply[]): void {
    if ('type' in reply) this.#jobs[0]?.onProgress(reply.value)
    else this.#finish((job, at) => settle(job, reply[at]))
  }

  #finish(tell: (job: JobListener, at: number) => void): void {
    const jobs = this.#jobs
    if (jobs.length === 0) return
    this.#jobs = []
    this.#worker.unref()
    for (let at = 0; at < jobs.length; at++) tell(jobs[at], at)
    this.#onFree()
  }

  #die(exitCode: number): void {
    this.#onDeath()
    const reason =
      this.#failure instanceof Error ? this.#failure.message : `it left with code ${exitCode}`
    const message = `the thread that ran ${this.#jobs[0]?.moduleUrl} died: ${reason}`
    const error = new MillraceError('unexpected', message, {}, this.#failure ?? undefined)
    this.#finish((job) => job.onError(error))
  }
}

function settle(job: JobListener, reply: JobReply): void {
  if (reply === null) job.onResult(undefined)
  else if (reply.type === 'result') job.onResult(reply.result)
  else job.onError(millraceErrorOf(reply.error))
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
