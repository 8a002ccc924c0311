import { setMaxListeners } from 'node:events'
import { MillraceError } from '../errors.js'
import type { ShortWorkWords } from './giving-way.js'
import type { JobOptions, NumberedMemory } from './worker-job.js'
import type { JobMessage } from './worker-message.js'
import { type JobListener, WorkerThread } from './worker-thread.js'

interface Job extends JobListener {
  readonly type: JobMessage['type']
  readonly moduleUrl: string
  readonly input: unknown
  readonly memories: readonly NumberedMemory[]
  readonly transfer: readonly ArrayBuffer[]
  readonly isShort: boolean
  /** The one that runs it; null before and after. */
  thread: WorkerThread | null
}

/** A queue of jobs and the threads that take them, first come, first served. */
export class WorkerLane {
  readonly #threadCount: number
  readonly #givesWayTo: ShortWorkWords | null
  readonly #threads = new Set<WorkerThread>()
  readonly #idle: WorkerThread[] = []
  readonly #running = new Set<Promise<unknown>>()
  #queue: Job[] = []
  #isClosed = false
  #isStarting = false

  /** @param givesWayTo what its threads pause for, where they call `throwIfCancelled` */
  constructor(threadCount: number, givesWayTo: ShortWorkWords | null) {
    this.#threadCount = threadCount
    this.#givesWayTo = givesWayTo
  }

  /** Starts a thread that has the module, ahead of the first job. */
  async load(module: URL): Promise<void> {
    await this.#submit('load', module, undefined, {})
  }

  run<Result>(module: URL, input: unknown, options: JobOptions): Promise<Result> {
    return this.#submit('run', module, input, options)
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
      isShort: options.isShort ?? false,
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
    // One that comes alone need not wait for others.
    if (job.isShort && this.#running.size > 0) this.#startSoon()
    else this.#startJobs()
    return promise.finally(() => signal?.removeEventListener('abort', abort))
  }

  /** Short jobs of one turn of the event loop go to threads together: each message costs more than one does. */
  #startSoon(): void {
    if (this.#isStarting) return
    this.#isStarting = true
    setImmediate(() => {
      this.#isStarting = false
      this.#startJobs()
    })
  }

  #startJobs(): void {
    while (this.#queue.length > 0) {
      const freeThreads = this.#idle.length + this.#threadCount - this.#threads.size
      const thread = this.#idle.pop() ?? this.#newThread()
      if (!thread) return
      const share = Math.max(shareMin, Math.ceil(this.#queue.length / freeThreads))
      this.#start(thread, this.#take(Math.min(share, shareMax)))
    }
  }

  /** The next job, and as many short ones with it, if it is short. */
  #take(share: number): readonly Job[] {
    let count = 0
    while (count < share && this.#queue[count]?.isShort) count++
    return this.#queue.splice(0, Math.max(1, count))
  }

  #newThread(): WorkerThread | undefined {
    if (this.#threads.size === this.#threadCount) return undefined
    const thread = new WorkerThread(this.#givesWayTo, () => this.#remove(thread))
    this.#threads.add(thread)
    return thread
  }

  #start(thread: WorkerThread, jobs: readonly Job[]): void {
    const { promise: ended, resolve } = resolvers<void>()
    let openCount = jobs.length
    const settle = (job: Job, tell: () => void) => {
      job.thread = null
      openCount--
      if (openCount === 0) {
        this.#running.delete(ended)
        resolve()
        if (this.#threads.has(thread)) this.#idle.push(thread)
      }
      tell()
      if (openCount === 0) this.#startJobs()
    }
    this.#running.add(ended)
    for (const job of jobs) job.thread = thread
    const listeners = jobs.map((job) => ({
      onProgress: job.onProgress,
      onResult: (result: unknown) => settle(job, () => job.onResult(result)),
      onError: (error: unknown) => settle(job, () => job.onError(error)),
    }))
    try {
      thread.start(
        jobs,
        jobs.flatMap(({ transfer }) => transfer),
        listeners,
      )
    } catch (error) {
      for (const { onError } of listeners) onError(error)
    }
  }

  /** A thread that died is replaced when the next job needs it. */
  #remove(thread: WorkerThread): void {
    this.#threads.delete(thread)
    const index = this.#idle.indexOf(thread)
    if (index >= 0) this.#idle.splice(index, 1)
  }

  /** A job that runs finds the flag, unless others run with it: those are short; one that waits never runs. */
  #cancel(job: Job, error: MillraceError): void {
    if (job.thread?.isSingle) job.thread.cancel()
    const index = this.#queue.indexOf(job)
    if (index < 0) return
    this.#queue.splice(index, 1)
    job.onError(error)
  }
}

/** Short jobs that a thread gets at once: less is not worth another thread's wake-up, more keeps others waiting. */
const shareMin = 4
const shareMax = 16

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
