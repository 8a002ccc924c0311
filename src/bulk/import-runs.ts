import { setTimeout as delay } from 'node:timers/promises'
import { releaseSources } from '../source/resolve-source.js'
import { failedTask, ImportAbandoned, pausedTask } from './import-changes.js'
import { type ImportSurroundings, liveImport } from './import-life.js'
import { ImportRun } from './import-run.js'
import type { ImportTask } from './import-task.js'

interface ImportRunsOptions extends ImportSurroundings {
  /** Called for every change of a task, once it is durable. */
  readonly onChange: (task: ImportTask) => void
  /** Called for a task whose failure is durable. */
  readonly onFailed: (task: ImportTask) => void
  /** Called when the store would not take a task's failure (the disk is full, say); it is tried again. */
  readonly onWriteError: (task: ImportTask, error: unknown) => void
}

/** Until a failure that the store would not take is written again. */
const retryMs = 1000

/** Longer waits overflow a timer. */
const timerMsMax = 2 ** 31 - 1

interface Following {
  readonly run: ImportRun
  /** When the task is durable. */
  readonly accepted: Promise<ImportTask>
  readonly ended: Promise<void>
  /** Nothing is written by the run any more, be its end on record or, on a full disk, not yet. */
  readonly quiet: Promise<void>
}

/** Why the runs of a server that stops are stopped. */
const closing = Symbol('closing')

/** The tasks that are under way: each lives until it is completed, failed, or the server stops. */
export class ImportRuns {
  readonly #options: ImportRunsOptions
  readonly #runs = new Map<bigint, Following>()
  readonly #closed = new AbortController()

  constructor(options: ImportRunsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#runs.size
  }

  get isClosed(): boolean {
    return this.#closed.signal.aborted
  }

  /** Undefined for a task that is not under way. */
  get(taskId: bigint): Following | undefined {
    return this.#runs.get(taskId)
  }

  tasks(): ImportTask[] {
    return [...this.#runs.values()].map(({ run }) => run.task)
  }

  /** Takes a new task; it is durable when this settles. */
  begin(task: ImportTask): Promise<ImportTask> {
    const run = this.#runOf(task)
    const accepted = run.change(
      (unchanged) => unchanged,
      (pending) => this.#options.target.putTask(pending),
    )
    this.#follow(run, accepted)
    return accepted
  }

  /** Takes up a task that is durable. */
  resume(task: ImportTask): void {
    this.#follow(this.#runOf(task), Promise.resolve(task))
  }

  stop(run: ImportRun, reason: unknown): void {
    run.stop(reason)
    this.#options.slots.drop(run.task.taskId)
  }

  /** Ends what fills a collection or one of its partitions. Settles when nothing is written there. */
  async abandon(collectionId: bigint, partitionId: bigint | null, reason: string): Promise<void> {
    const concerned = [...this.#runs.values()].filter(({ run }) => {
      const { request } = run.task
      if (request.collectionId !== collectionId) return false
      return partitionId === null || (request.partitionId ?? partitionId) === partitionId
    })
    for (const { run } of concerned) this.stop(run, new ImportAbandoned(reason))
    await Promise.all(concerned.map(({ quiet }) => quiet))
  }

  /** Stops all without failing them. */
  async close(): Promise<void> {
    this.#closed.abort()
    const runs = [...this.#runs.values()]
    for (const { run } of runs) this.stop(run, closing)
    await Promise.all(runs.map(({ ended }) => ended))
  }

  #runOf(task: ImportTask): ImportRun {
    const { target, nowMs, onChange } = this.#options
    const { collectionId } = task.request
    const readingMax = () => (target.indexesRows(collectionId) ? 90 : 99)
    return new ImportRun(task, { nowMs, readingMax, onChange })
  }

  /** @param accepted when the task is durable; until it is, nothing runs. */
  #follow(run: ImportRun, accepted: Promise<ImportTask>): void {
    const { taskId } = run.task
    const timeout = this.#stopInTime(run)
    let noteStuck = () => {}
    const stuck = new Promise<void>((resolve) => {
      noteStuck = resolve
    })
    const ended = accepted
      .then(
        () => this.#live(run, noteStuck),
        () => {}, // Told to whoever submitted it.
      )
      .finally(() => {
        clearTimeout(timeout)
        this.#runs.delete(taskId)
      })
    this.#runs.set(taskId, { run, accepted, ended, quiet: Promise.race([ended, stuck]) })
  }

  #stopInTime(run: ImportRun): NodeJS.Timeout | undefined {
    const { timeoutMs } = run.options
    if (timeoutMs === null) return undefined
    const waitMs = Math.max(0, run.task.createdMs + timeoutMs - this.#options.nowMs())
    const stop = () => this.stop(run, new ImportAbandoned('import timeout'))
    return setTimeout(stop, Math.min(waitMs, timerMsMax)).unref()
  }

  async #live(run: ImportRun, noteStuck: () => void): Promise<void> {
    const attemptsBefore = run.task.attempts
    try {
      await liveImport(run, this.#options)
    } catch (error) {
      const reason = run.stoppedBy ?? error
      if (reason === closing) await this.#pause(run, attemptsBefore)
      else await this.#fail(run, reason, noteStuck)
    } finally {
      await releaseSources(run.addresses)
    }
  }

  async #pause(run: ImportRun, attemptsBefore: number): Promise<void> {
    if (run.task.attempts === attemptsBefore) return
    const { target } = this.#options
    await run
      .change(
        (task) => pausedTask(task, attemptsBefore),
        (task) => target.putTask(task),
      )
      .catch(() => {}) // Unwritten, this stop counts as a death: stricter, but no harm.
  }

  async #fail(run: ImportRun, reason: unknown, noteStuck: () => void): Promise<void> {
    const { target, rejects, nowMs, onFailed, onWriteError } = this.#options
    // What was left out until then may be why it failed.
    await rejects.finish(run.task).catch(() => {})
    while (!this.isClosed) {
      try {
        onFailed(
          await run.change(
            (task) => failedTask(task, nowMs(), reason),
            (task) => target.discard(task),
          ),
        )
        rejects.dropPart(run.task.taskId)
        return
      } catch (error) {
        onWriteError(run.task, error)
        noteStuck()
        await delay(retryMs, undefined, { signal: this.#closed.signal, ref: false }).catch(() => {})
      }
    }
  }
}
