import { MillraceError } from '../errors.js'
import type { ShortWorkWords } from './giving-way.js'
import { PooledJob } from './pooled-job.js'
import type { JobOptions } from './worker-job.js'
import { WorkerThread } from './worker-thread.js'

/** A queue of jobs and the threads that take them, first come, first served. */
export class WorkerLane {
  readonly #threadCount: number
  readonly #givesWayTo: ShortWorkWords | null
  readonly #threads = new Set<WorkerThread>()
  readonly #idle: WorkerThread[] = []
  readonly #running = new Map<WorkerThread, readonly PooledJob[]>()
  #queue: PooledJob[] = []
  #isClosed = false
  #isStarting = false

  /** @param givesWayTo what its threads pause for, where they call `throwIfCancelled` */
  constructor(threadCount: number, givesWayTo: ShortWorkWords | null) {
    this.#threadCount = threadCount
    this.#givesWayTo = givesWayTo
  }

  /** Starts a thread that has the module, ahead of the first job. */
  async load(module: URL): Promise<void> {
    const job = new PooledJob('load', module, undefined, {})
    this.#submit(job)
    await job.ended
  }

  run<Result>(module: URL, input: unknown, options: JobOptions): Promise<Result> {
    const job = new PooledJob('run', module, input, options)
    this.#submit(job)
    return job.ended as Promise<Result>
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const waiting = this.#queue
    this.#queue = []
    for (const job of waiting) job.onError(closedError())
    const running = Array.from(this.#running.values()).flat()
    await Promise.allSettled(running.map(({ ended }) => ended))
    await Promise.all(Array.from(this.#threads, (thread) => thread.terminate()))
  }

  #submit(job: PooledJob): void {
    if (this.#isClosed) job.onError(closedError())
    else if (job.isCancelled) job.cancel()
    else this.#enqueue(job)
  }

  #enqueue(job: PooledJob): void {
    // A short one is not worth a listener: its signal is looked at before it starts and when it has ended.
    if (!job.isShort) job.listen(() => this.#cancel(job))
    this.#queue.push(job)
    // One that comes alone need not wait for others.
    if (job.isShort && this.#running.size > 0) this.#startSoon()
    else this.#startJobs()
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
      if (freeThreads === 0) return
      const share = Math.max(shareMin, Math.ceil(this.#queue.length / freeThreads))
      const jobs = this.#take(Math.min(share, shareMax))
      if (jobs.length > 0) this.#start(this.#idle.pop() ?? this.#newThread(), jobs)
    }
  }

  /** The next job, and as many short ones with it, if it is short; without those that nobody wants any more. */
  #take(share: number): readonly PooledJob[] {
    let count = 0
    while (count < share && this.#queue[count]?.isShort) count++
    const jobs = this.#queue.splice(0, Math.max(1, count))
    if (!jobs.some(isCancelled)) return jobs
    for (const job of jobs) if (job.isCancelled) job.cancel()
    return jobs.filter((job) => !job.isCancelled)
  }

  #newThread(): WorkerThread {
    const thread = new WorkerThread(
      this.#givesWayTo,
      () => this.#startAfter(thread),
      () => this.#remove(thread),
    )
    this.#threads.add(thread)
    return thread
  }

  #start(thread: WorkerThread, jobs: readonly PooledJob[]): void {
    try {
      thread.start(jobs)
      this.#running.set(thread, jobs)
    } catch (error) {
      this.#idle.push(thread)
      for (const job of jobs) job.onError(error)
    }
  }

  /** The thread's jobs have ended. */
  #startAfter(thread: WorkerThread): void {
    this.#running.delete(thread)
    if (this.#threads.has(thread)) this.#idle.push(thread)
    this.#startJobs()
  }

  /** A thread that died is replaced when the next job needs it. */
  #remove(thread: WorkerThread): void {
    this.#threads.delete(thread)
    const index = this.#idle.indexOf(thread)
    if (index >= 0) this.#idle.splice(index, 1)
  }

  /** A job that runs finds the flag; one that waits never runs. */
  #cancel(job: PooledJob): void {
    for (const [thread, jobs] of this.#running) if (jobs.includes(job)) thread.cancel()
    const index = this.#queue.indexOf(job)
    if (index < 0) return
    this.#queue.splice(index, 1)
    job.cancel()
  }
}

/** Short jobs that a thread gets at once: less is not worth another thread's wake-up, more keeps others waiting. */
const shareMin = 4
const shareMax = 16

function isCancelled(job: PooledJob): boolean {
  return job.isCancelled
}

function closedError(): MillraceError {
  return new MillraceError('serviceUnavailable', 'no new work is taken: the server is closing')
}
