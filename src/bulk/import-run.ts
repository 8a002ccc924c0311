import { MillraceError } from '../errors.js'
import type { SourceAddress } from '../source/byte-source.js'
import { Serial } from '../util/serial.js'
import { ImportState } from './import-state.js'
import type { ImportTask } from './import-task.js'

interface ImportRunWatcher {
  /** The per cent that are shown when everything is read. */
  readingMax(): number
  onChange(task: ImportTask): void
}

/** One task while it is under way: its last durable state, how far its units are, and why it must stop. */
export class ImportRun {
  /** The real places of the request's files. */
  addresses: readonly (readonly SourceAddress[])[] = []
  #task: ImportTask
  #progress: number
  readonly #bytesRead = new Map<number, number>()
  readonly #changes = new Serial()
  readonly #abort = new AbortController()
  #stoppedBy: unknown = null

  readonly #watcher: ImportRunWatcher

  constructor(task: ImportTask, watcher: ImportRunWatcher) {
    this.#task = task
    this.#progress = task.progress
    this.#watcher = watcher
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
    if (!this.#abort.signal.aborted) return
    throw new MillraceError('cancelled', `import task ${this.#task.taskId} was stopped`)
  }

  /** Makes a change durable, then seen. Changes of one task come one after the other. */
  change(
    next: (task: ImportTask) => ImportTask,
    write: (task: ImportTask) => Promise<void>,
  ): Promise<ImportTask> {
    return this.#changes.run(async () => {
      const task = next({ ...this.#task, progress: this.progress })
      await write(task)
      this.#task = task
      this.#watcher.onChange(task)
      return task
    })
  }

  /** A unit's worker has read so many of the input's bytes and written what they hold. */
  report(unitIndex: number, bytesRead: number): void {
    this.#bytesRead.set(unitIndex, bytesRead)
  }

  /** Whole per cent, never less than before. */
  get progress(): number {
    this.#progress = Math.max(this.#progress, this.#task.progress, this.#percentRead())
    return this.#progress
  }

  #percentRead(): number {
    const { plan, state } = this.#task
    if (state === ImportState.Persisted) return this.#watcher.readingMax()
    if (plan === null || plan.bytesTotal === 0) return 0
    let bytes = 0
    plan.units.forEach((unit, unitIndex) => {
      const bytesRead = unit.isDone ? Infinity : (this.#bytesRead.get(unitIndex) ?? 0)
      bytes += Math.min(unit.part.bytes, bytesRead)
    })
    return Math.floor((bytes / plan.bytesTotal) * this.#watcher.readingMax())
  }
}
