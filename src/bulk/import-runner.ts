import { setTimeout as delay } from 'node:timers/promises'
import { MillraceError } from '../errors.js'
import { Serial } from '../util/serial.js'
import { cleanedTask, failedTask, ImportAbandoned, pausedTask } from './import-changes.js'
import { type ImportSurroundings, liveImport } from './import-life.js'
import { ImportRun } from './import-run.js'
import { ImportState, isFinished } from './import-state.js'
import { type ImportRequest, type ImportTask, newImportTask } from './import-task.js'
import { JobSlots } from './job-slots.js'

interface ImportRunnerOptions extends Omit<ImportSurroundings, 'slots'> {
  /** From Failed to FailedAndCleaned. Milvus 2.3: 300,000. */
  readonly cleanedAfterMs: number
  /** Called for every change of a task, once it is durable. */
  readonly onChange: (task: ImportTask) => void
  /** Called when the store would not take a task's failure (the disk is full, say); it is tried again. */
  readonly onWriteError: (task: ImportTask, error: unknown) => void
}

/** Milvus: `dataCoord.import.maxImportJobNum`. */
const activeMax = 1024
/** Until a failure that the store would not take is written again. */
const retryMs = 1000

/** Why the runs of a server that stops are stopped. */
const closing = Symbol('closing')

interface FollowedRun {
  readonly run: ImportRun
  readonly ended: Promise<void>
  /** Nothing is written by the run any more, be its end on record or, on a full disk, not yet. */
  readonly quiet: Promise<void>
}

/**
 * Runs the imports of one server. The oldest task goes first; as many units as there are cores run at a
 * time, of however many tasks. An error is its task's alone.
 */
export class ImportRunner {
  readonly #options: ImportRunnerOptions
  readonly #around: ImportSurroundings
  readonly #tasks = new Map<bigint, ImportTask>()
  readonly #runs = new Map<bigint, FollowedRun>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #cleaning = new Serial()
  readonly #closed = new AbortController()

  private constructor(options: ImportRunnerOptions) {
    this.#options = options
    this.#around = { ...options, slots: new JobSlots(options.pool.threadCount) }
  }

  /** Goes on with what an earlier process left unfinished, in the order of the tasks' ids. */
  static start(options: ImportRunnerOptions): ImportRunner {
    const runner = new ImportRunner(options)
    for (const task of options.target.tasks()) runner.#tasks.set(task.taskId, task)
    for (const task of runner.tasks()) {
      if (!isFinished(task.state)) runner.#follow(runner.#runOf(task), Promise.resolve())
      if (task.state === ImportState.Failed) runner.#cleanLater(task)
    }
    return runner
  }

  /** In the order of their ids. */
  tasks(): ImportTask[] {
    return [...this.#tasks.values()].sort((one, other) => (one.taskId < other.taskId ? -1 : 1))
  }

  task(taskId: bigint): ImportTask | undefined {
    return this.#tasks.get(taskId)
  }

  /** Whole per cent; never falls. 0 for a task that is not there. */
  progress(taskId: bigint): number {
    return this.#runs.get(taskId)?.run.progress ?? this.#tasks.get(taskId)?.progress ?? 0
  }

  /**
   * Takes a checked request. The task is durable when this settles.
   * @throws importSystemFailed when too many tasks wait, ioFailed when the task could not be stored
   */
  async submit(request: ImportRequest): Promise<ImportTask> {
    this.#checkRoom()
    const { target, nowMs } = this.#options
    const task = newImportTask(target.allocate(1), request, nowMs(), ImportState.Pending)
    const run = this.#runOf(task)
    const accepted = run.change(
      (unchanged) => unchanged,
      (pending) => target.putTask(pending),
    )
    this.#follow(run, accepted)
    return accepted
  }

  /**
   * Ends what fills a collection, or one of its partitions, as Failed with this reason; for when that is
   * to be dropped. Settles when nothing is written there any more.
   */
  async abandon(collectionId: bigint, partitionId: bigint | null, reason: string): Promise<void> {
    const concerned = [...this.#runs.values()].filter(({ run }) => {
      const { request } = run.task
      if (request.collectionId !== collectionId) return false
      return partitionId === null || (request.partitionId ?? partitionId) === partitionId
    })
    for (const { run } of concerned) this.#stop(run, new ImportAbandoned(reason))
    await Promise.all(concerned.map(({ quiet }) => quiet))
  }

  /** Stops everything without failing it: the next start goes on from the last durable segments. */
  async close(): Promise<void> {
    this.#closed.abort()
    for (const timer of this.#timers) clearTimeout(timer)
    const runs = [...this.#runs.values()]
    for (const { run } of runs) this.#stop(run, closing)
    await Promise.all(runs.map(({ ended }) => ended))
    await this.#cleaning.idle()
  }

  #checkRoom(): void {
    if (this.#closed.signal.aborted) {
      throw new MillraceError('serviceUnavailable', 'the server is about to stop')
    }
    if (this.#runs.size < activeMax) return
    throw new MillraceError(
      'importSystemFailed',
      'The number of jobs has reached the limit, please try again later. If your request is set to only import a single file, please consider importing multiple files in one request for better efficiency.',
    )
  }

  #runOf(task: ImportTask): ImportRun {
    const { target } = this.#options
    const { collectionId } = task.request
    return new ImportRun(task, {
      readingMax: () => (target.indexesRows(collectionId) ? 90 : 99),
      onChange: (changed) => this.#see(changed),
    })
  }

  #see(task: ImportTask): void {
    this.#tasks.set(task.taskId, task)
    this.#options.onChange(task)
  }

  /** @param accepted when the task is durable; until it is, nothing runs. */
  #follow(run: ImportRun, accepted: Promise<unknown>): void {
    const { taskId } = run.task
    let noteStuck = () => {}
    const stuck = new Promise<void>((resolve) => {
      noteStuck = resolve
    })
    const ended = accepted
      .then(
        () => this.#live(run, noteStuck),
        () => {}, // Told to whoever submitted it.
      )
      .finally(() => this.#runs.delete(taskId))
    this.#runs.set(taskId, { run, ended, quiet: Promise.race([ended, stuck]) })
  }

  async #live(run: ImportRun, noteStuck: () => void): Promise<void> {
    const attemptsBefore = run.task.attempts
    try {
      await liveImport(run, this.#around)
    } catch (error) {
      const reason = run.stoppedBy ?? error
      if (reason === closing) await this.#pause(run, attemptsBefore)
      else await this.#fail(run, reason, noteStuck)
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
    const { target, nowMs, onWriteError } = this.#options
    while (!this.#closed.signal.aborted) {
      try {
        this.#cleanLater(
          await run.change(
            (task) => failedTask(task, nowMs(), reason),
            (task) => target.discard(task),
          ),
        )
        return
      } catch (error) {
        onWriteError(run.task, error)
        noteStuck()
        await delay(retryMs, undefined, { signal: this.#closed.signal, ref: false }).catch(() => {})
      }
    }
  }

  #stop(run: ImportRun, reason: unknown): void {
    run.stop(reason)
    this.#around.slots.drop(run.task.taskId)
  }

  #cleanLater(task: ImportTask): void {
    if (this.#closed.signal.aborted) return
    const { cleanedAfterMs, nowMs } = this.#options
    const waitMs = Math.max(0, task.completedMs! + cleanedAfterMs - nowMs())
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#cleaning.run(() => this.#clean(task)).catch(() => {}) // The next start tries again.
    }, waitMs)
    this.#timers.add(timer.unref())
  }

  async #clean(task: ImportTask): Promise<void> {
    const cleaned = cleanedTask(task)
    await this.#options.target.putTask(cleaned)
    this.#see(cleaned)
  }
}
