import { MillraceError } from '../errors.js'
import type { SourceAddress } from '../source/byte-source.js'
import { Serial } from '../util/serial.js'
import { type ImportOptions, parseImportOptions } from './import-options.js'
import { ImportState } from './import-state.js'
import type { ImportTask } from './import-task.js'

interface ImportRunWatcher {
  /** The per cent that are shown when everything is read. */
  readingMax(): number
  nowMs(): number
  onChange(task: ImportTask): void
}

/** The speed that is told is the one of the last seconds. */
const speedWindowMs = 10_000

/** One task while it is under way: its last durable state, how far its units are, and why it must stop. */
export class ImportRun {
  readonly options: ImportOptions
  /** The real places of the request's files. */
  addresses: readonly (readonly SourceAddress[])[] = []
  /** Settles when the commit was asked for, and rejects when the run is stopped. */
  readonly commitment: Promise<void>
  #task: ImportTask
  #progress: number
  readonly #bytesRead = new Map<number, number>()
  readonly #samples: { readonly atMs: number; readonly bytes: number }[] = []
  readonly #changes = new Serial()
  readonly #abort = new AbortController()
  #stoppedBy: unknown = null
  #preparedShare = 0
  #askForCommit = () => {}

  readonly #watcher: ImportRunWatcher

  constructor(task: ImportTask, watcher: ImportRunWatcher) {
    this.options = parseImportOptions(task.request.options)
    this.#task = task
    this.#progress = task.progress
    this.#watcher = watcher
    this.commitment = new Promise((resolve, reject) => {
      this.#askForCommit = resolve
      this.signal.addEventListener('abort', () => reject(this.#stopped()))
    })
    this.commitment.catch(() => {}) // Most runs are stopped while nobody waits for this.
  }

  get task(): ImportTask {
    return this.#task
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** What stopped the run first, null while nothing has. */
  get stoppedBy(): unknown {
    return this.#stoppedBy
  }

  stop(reason: unknown): void {
    this.#stoppedBy ??= reason
    this.#abort.abort()
  }

  throwIfStopped(): void {
    if (this.#abort.signal.aborted) throw this.#stopped()
  }

  askForCommit(): void {
    this.#askForCommit()
  }

  /** Makes a change durable, then seen. Changes of one task come one after the other. */
  change(
    next: (task: ImportTask) => ImportTask,
    write: (task: ImportTask) => Promise<void>,
  ): Promise<ImportTask> {
    return this.replace(async (task) => {
      const changed = next(task)
      await write(changed)
      return changed
    })
  }

  /** As `change`, for what only writing tells: `write` gives the task that it stored. */
  replace(write: (task: ImportTask) => Promise<ImportTask>): Promise<ImportTask> {
    return this.#changes.run(async () => {
      const task = await write({ ...this.#task, progress: this.progress })
      this.#task = task
      this.#watcher.onChange(task)
      return task
    })
  }

  /** A unit's worker has read so many of the input's bytes and written what they hold. */
  report(unitIndex: number, bytesRead: number): void {
    this.#bytesRead.set(unitIndex, bytesRead)
    const atMs = this.#watcher.nowMs()
    this.#samples.push({ atMs, bytes: this.bytesRead })
    while (this.#samples[0].atMs < atMs - speedWindowMs) this.#samples.shift()
  }

  /** So much of what comes between the last row and the commit is done, from 0 to 1. */
  reportPrepared(share: number): void {
    this.#preparedShare = share
  }

  /** Whole per cent, never less than before. */
  get progress(): number {
    this.#progress = Math.max(this.#progress, this.#task.progress, this.#percentRead())
    return this.#progress
  }

  /** Of the input. */
  get bytesRead(): number {
    const units = this.#task.plan?.units ?? []
    return units.reduce((sum, _, unitIndex) => sum + this.bytesReadOf(unitIndex), 0)
  }

  bytesReadOf(unitIndex: number): number {
    const { part, bytesDone } = this.#task.plan!.units[unitIndex]
    return Math.min(part.bytes, Math.max(bytesDone, this.#bytesRead.get(unitIndex) ?? 0))
  }

  /** Of the last seconds; null before anything can be said. */
  get bytesPerSecond(): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    if (!first || !last || last.atMs <= first.atMs) return null
    return ((last.bytes - first.bytes) * 1000) / (last.atMs - first.atMs)
  }

  #percentRead(): number {
    const { plan, state } = this.#task
    if (this.#task.commitment !== 'open') return 99
    const readingMax = this.#watcher.readingMax()
    if (state === ImportState.Persisted) {
      return Math.floor(readingMax + (99 - readingMax) * this.#preparedShare)
    }
    if (plan === null || plan.bytesTotal === 0) return 0
    return Math.floor((this.bytesRead / plan.bytesTotal) * readingMax)
  }

  #stopped(): MillraceError {
    return new MillraceError('cancelled', `import task ${this.#task.taskId} was stopped`)
  }
}
