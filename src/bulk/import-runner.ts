import type { Compat } from '../config.js'
import { MillraceError } from '../errors.js'
import { Serial } from '../util/serial.js'
import { type KeyedRequest, taskUnderKey } from './idempotency.js'
import { askedTask, cleanedTask, ImportAbandoned } from './import-changes.js'
import type { ImportSurroundings } from './import-life.js'
import { type ImportProgress, importProgressOf } from './import-progress.js'
import { ImportRuns } from './import-runs.js'
import { ImportState, isFinished } from './import-state.js'
import { type ImportRequest, type ImportTask, newImportTask } from './import-task.js'
import { JobSlots } from './job-slots.js'
import { RejectsFiles } from './rejects-files.js'

interface ImportRunnerOptions extends Omit<ImportSurroundings, 'slots' | 'rejects'> {
  /** From Failed to FailedAndCleaned. Milvus 2.3: 300,000. */
  readonly cleanedAfterMs: number
  /** From its end until a task is forgotten. */
  readonly retentionMs: number
  /** Called for every change of a task, once it is durable. */
  readonly onChange: (task: ImportTask) => void
  /** Called when the store would not take a task's failure (the disk is full, say); it is tried again. */
  readonly onWriteError: (task: ImportTask, error: unknown) => void
}

/** Milvus: `dataCoord.import.maxImportJobNum`. */
const activeMax = 1024

const forgetEveryMs = 60_000

/**
 * Runs the imports of one server. The oldest task goes first; as many units as there are cores run at a
 * time, of however many tasks. An error is its task's alone.
 */
export class ImportRunner {
  readonly #options: ImportRunnerOptions
  readonly #tasks = new Map<bigint, ImportTask>()
  readonly #runs: ImportRuns
  readonly #rejects: RejectsFiles
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #cleaning = new Serial()

  private constructor(options: ImportRunnerOptions) {
    this.#options = options
    this.#rejects = new RejectsFiles(options.target.rejectsPath)
    this.#runs = new ImportRuns({
      ...options,
      slots: new JobSlots(options.pool.threadCount),
      rejects: this.#rejects,
      onChange: (task) => this.#see(task),
      onFailed: (task) => this.#cleanLater(task),
    })
  }

  /** Goes on with what an earlier process left unfinished, in the order of the tasks' ids. */
  static start(options: ImportRunnerOptions): ImportRunner {
    const runner = new ImportRunner(options)
    for (const task of options.target.tasks()) runner.#tasks.set(task.taskId, task)
    for (const task of runner.tasks()) {
      if (!isFinished(task.state)) runner.#runs.resume(task)
      if (task.state === ImportState.Failed) runner.#cleanLater(task)
    }
    runner.#forgetOld()
    return runner
  }

  get compat(): Compat {
    return this.#options.compat
  }

  /** In the order of their ids. */
  tasks(): ImportTask[] {
    return [...this.#tasks.values()].sort((one, other) => (one.taskId < other.taskId ? -1 : 1))
  }

  task(taskId: bigint): ImportTask | undefined {
    return this.#tasks.get(taskId)
  }

  /** Undefined for a task that is not there. */
  progress(taskId: bigint): ImportProgress | undefined {
    const task = this.#tasks.get(taskId)
    return task && importProgressOf(task, this.#runs.get(taskId)?.run ?? null)
  }

  /**
   * Takes a checked request. The task is durable when this settles. A request that was made before under
   * its idempotency key is the task that it was.
   * @throws parameterInvalid when another request was made under the key, importSystemFailed when too many tasks wait, ioFailed when the task could not be stored
   */
  async submit(request: ImportRequest): Promise<ImportTask> {
    // Nothing is waited for between the look and the task: a twin must not come between.
    const known = this.known(request)
    if (known) return known
    this.#checkRoom()
    const { target, nowMs } = this.#options
    return this.#runs.begin(
      newImportTask(target.allocate(1), request, nowMs(), ImportState.Pending),
    )
  }

  /** The task that was made before under a request's idempotency key. @throws as `submit` */
  known(request: KeyedRequest): Promise<ImportTask> | ImportTask | undefined {
    const tasks = [...this.#runs.tasks(), ...this.#tasks.values()]
    const known = taskUnderKey(request, tasks, this.#options.nowMs())
    return known && (this.#runs.get(known.taskId)?.accepted ?? known)
  }

  /**
   * Ends what fills a collection, or one of its partitions, as Failed with this reason; for when that is
   * to be dropped. Settles when nothing is written there any more.
   */
  abandon(collectionId: bigint, partitionId: bigint | null, reason: string): Promise<void> {
    return this.#runs.abandon(collectionId, partitionId, reason)
  }

  /**
   * Lets a task complete that waits for it. Nothing new for one that was asked for or is complete.
   * @throws importFailed in any other state
   */
  async commit(taskId: bigint): Promise<void> {
    const task = this.#existing(taskId)
    if (task.state === ImportState.Completed || task.commitment === 'asked') return
    const following = this.#runs.get(taskId)
    if (!following || task.commitment !== 'awaited') {
      const { phase } = importProgressOf(task, following?.run ?? null)
      throw refused(`job ${taskId} is in state ${phase}, expected Uncommitted`)
    }
    const { run } = following
    await run.change(askedTask, (asked) => this.#options.target.putTask(asked))
    run.askForCommit()
  }

  /**
   * Ends a task that is not committed, as Failed with this reason. Settles when that is durable.
   * @throws importFailed when it is completed, or completes meanwhile
   */
  async cancel(taskId: bigint, reason: string): Promise<void> {
    this.#existing(taskId)
    const following = this.#runs.get(taskId)
    if (following) {
      this.#runs.stop(following.run, new ImportAbandoned(reason))
      await following.ended
    }
    if (this.#tasks.get(taskId)?.state !== ImportState.Completed) return
    throw refused(`job ${taskId} is in terminal/committed state Completed, abort not allowed`)
  }

  /**
   * Forgets a finished task, with the rows it left out.
   * @throws importFailed while it is not finished
   */
  async remove(taskId: bigint): Promise<void> {
    const task = this.#existing(taskId)
    if (!isFinished(task.state) || this.#runs.get(taskId)) {
      throw refused(`job ${taskId} is not finished: cancel it first`)
    }
    await this.#cleaning.run(async () => {
      if (!this.#tasks.delete(taskId)) return
      this.#rejects.remove(taskId)
      await this.#options.target.removeTask(task)
    })
  }

  /** The rows that a finished task left out, as JSON lines. */
  rejects(taskId: bigint): AsyncIterable<Uint8Array> {
    this.#existing(taskId)
    return this.#rejects.read(taskId)
  }

  /** Stops everything without failing it: the next start goes on from the last durable segments. */
  async close(): Promise<void> {
    const stopped = this.#runs.close()
    for (const timer of this.#timers) clearTimeout(timer)
    await stopped
    await this.#cleaning.idle()
  }

  /** @throws keyNotFound */
  #existing(taskId: bigint): ImportTask {
    const task = this.#tasks.get(taskId)
    if (task) return task
    throw new MillraceError('keyNotFound', `key not found[key=importtask/${taskId}]`)
  }

  #checkRoom(): void {
    if (this.#runs.isClosed) {
      throw new MillraceError('serviceUnavailable', 'the server is about to stop')
    }
    if (this.#runs.size < activeMax) return
    throw new MillraceError(
      'importSystemFailed',
      'The number of jobs has reached the limit, please try again later. If your request is set to only import a single file, please consider importing multiple files in one request for better efficiency.',
    )
  }

  #see(task: ImportTask): void {
    this.#tasks.set(task.taskId, task)
    this.#options.onChange(task)
  }

  #cleanLater(task: ImportTask): void {
    if (this.#runs.isClosed) return
    const { cleanedAfterMs, nowMs } = this.#options
    const waitMs = Math.max(0, task.completedMs! + cleanedAfterMs - nowMs())
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#cleaning.run(() => this.#clean(task)).catch(() => {}) // The next start tries again.
    }, waitMs)
    this.#timers.add(timer.unref())
  }

  async #clean(task: ImportTask): Promise<void> {
    if (!this.#tasks.has(task.taskId)) return
    const cleaned = cleanedTask(task)
    await this.#options.target.putTask(cleaned)
    this.#see(cleaned)
  }

  /** Forgets the tasks whose time is over, now and then. */
  #forgetOld(): void {
    if (this.#runs.isClosed) return
    const { retentionMs, nowMs } = this.#options
    const old = this.tasks().filter(
      ({ taskId, state, completedMs }) =>
        isFinished(state) && !this.#runs.get(taskId) && completedMs! + retentionMs <= nowMs(),
    )
    for (const { taskId } of old) this.remove(taskId).catch(() => {}) // The next time tries again.
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer)
        this.#forgetOld()
      },
      Math.min(retentionMs, forgetEveryMs),
    )
    this.#timers.add(timer.unref())
  }
}

function refused(message: string): MillraceError {
  return new MillraceError('importFailed', `${message}: importing data failed`)
}
