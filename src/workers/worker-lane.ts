import { setMaxListeners } from 'node:events'
import { MillraceError } from '../errors.js'
import type { JobOptions, NumberedMemory } from './worker-job.js'
import type { JobMessage } from './worker-message.js'
import { type JobListener, WorkerThread } from './worker-thread.js'

interface Job extends JobListener {
  readonly type: JobMessage['type']
  readonly moduleUrl: string
  readonly input: unknown
  readonly memories: readonly NumberedMemory[]
  readonly transfer: readonly ArrayBuffer[]
  /** The one that runs it; null before and after. */
  thread: WorkerThread | null
}

/** A queue of jobs and the threads that take them, first come, first served. */
export class WorkerLane {
  readonly #threadCount: number
  readonly #threads = new Set<WorkerThread>()
  readonly #idle: WorkerThread[] = []
  readonly #running = new Set<Promise<unknown>>()
  #queue: Job[] = []
  #isClosed = false
  #niceness = 0

  constructor(threadCount: number) {
    this.#threadCount = threadCount
  }

  /** Starts a thread that has the module, ahead of the first job. */
  async load(module: URL): Promise<void> {
    await this.#submit('load', module, undefined, {})
  }

  run<Result>(module: URL, input: unknown, options: JobOptions): Promise<Result> {
    return this.#submit('run', module, input, options)
  }

  /**
   * Lets all threads stand back where others want a core, at once; 0 lets none: those that did are replaced, as
   * soon as they are free.
   */
  standBack(niceness: number): void {
    this.#niceness = niceness
    if (niceness > 0) for (const thread of this.#threads) thread.standBack(niceness)
    else for (const thread of this.#idle.filter((each) => each.niceness > 0)) this.#retire(thread)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const waiting = this.#queue
    this.#queue = []
    for (const job of waiting) job.onError(closedError())
    await Promise.all(this.#running)
    await Promise.all(Array.from(this.#threads, (thread) => thread.terminate()))
  }

  async #submit<Result>(
    type: Job['type'],
    module: URL,
    input: unknown,
    options: Omit<JobOptions, 'lane'>,
  ): Promise<Result> {
    const { signal } = options
    if (this.#isClosed) throw closedError()
    if (signal?.aborted) throw cancelledError(module)
    const { promise, resolve, reject } = resolvers<Result>()
    const job: Job = {
      type,
      moduleUrl: module.href,
      input,
      memories: options.memories ?? [],
      transfer: options.transfer ?? [],
      onProgress: (value) => options.onProgress?.(value),
      onResult: (result) =>
        signal?.aborted ? reject(cancelledError(module)) : resolve(result as Result),
      onError: reject,
      thread: null,
    }
    const abort = () => this.#cancel(job, cancelledError(module))
    // Many jobs may share a signal: their listeners are no leak.
    if (signal) setMaxListeners(0, signal)
    signal?.addEventListener('abort', abort)
    this.#queue.push(job)
    this.#startJobs()
    return promise.finally(() => signal?.removeEventListener('abort', abort))
  }

  #startJobs(): void {
    while (this.#queue.length > 0) {
      const thread = this.#idle.pop() ?? this.#newThread()
      if (!thread) return
      this.#start(thread, this.#queue.shift()!)
    }
  }

  #newThread(): WorkerThread | undefined {
    if (this.#threads.size === this.#threadCount) return undefined
    const thread = new WorkerThread(() => this.#remove(thread))
    if (this.#niceness > 0) thread.standBack(this.#niceness)
    this.#threads.add(thread)
    return thread
  }

  #start(thread: WorkerThread, job: Job): void {
    const { promise: ended, resolve } = resolvers<void>()
    const settle = (tell: () => void) => {
      this.#running.delete(ended)
      job.thread = null
      resolve()
      this.#free(thread)
      tell()
      this.#startJobs()
    }
    this.#running.add(ended)
    job.thread = thread
    const { type, moduleUrl, input, memories } = job
    try {
      thread.start({ type, moduleUrl, input, memories }, job.transfer, {
        onProgress: job.onProgress,
        onResult: (result) => settle(() => job.onResult(result)),
        onError: (error) => settle(() => job.onError(error)),
      })
    } catch (error) {
      settle(() => job.onError(error))
    }
  }

  #free(thread: WorkerThread): void {
    if (!this.#threads.has(thread)) return
    if (thread.niceness <= this.#niceness) this.#idle.push(thread)
    else this.#retire(thread)
  }

  /** It is replaced when a job needs it. */
  #retire(thread: WorkerThread): void {
    this.#remove(thread)
    void thread.terminate()
  }

  /** A thread that died is replaced when the next job needs it. */
  #remove(thread: WorkerThread): void {
    this.#threads.delete(thread)
    const index = this.#idle.indexOf(thread)
    if (index >= 0) this.#idle.splice(index, 1)
  }

  /** A job that runs finds the flag; one that waits never runs. */
  #cancel(job: Job, error: MillraceError): void {
    job.thread?.cancel()
    const index = this.#queue.indexOf(job)
    if (index < 0) return
    this.#queue.splice(index, 1)
    job.onError(error)
  }
}

interface Resolvers<Result> {
  readonly promise: Promise<Result>
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function resolvers<Result>(): Resolvers<Result> {
  let resolve: (result: Result) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<Result>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise
    reject = rejectPromise
  })
  return { promise, resolve, reject }
}

function cancelledError(module: URL): MillraceError {
  const name = module.pathname.slice(module.pathname.lastIndexOf('/') + 1)
  return new MillraceError('cancelled', `${name}: the job was cancelled`)
}

function closedError(): MillraceError {
  return new MillraceError('serviceUnavailable', 'no new work is taken: the server is closing')
}
