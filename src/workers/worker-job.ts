/**
 * A worker module exports one function, `run`, which does a piece of work in a worker thread. The pool
 * imports the module there by its URL, so that this room knows nothing of what is done.
 */
export interface WorkerModule<Input, Result> {
  run(input: Input, context: WorkerContext): Promise<Result> | Result
}

export interface WorkerContext {
  /** True once the caller's signal was aborted; long loops look at it every few milliseconds. */
  isCancelled(): boolean
  /**
   * Long loops call it every millisecond or so: outside the interactive lane, the thread gives way there to short work.
   * @throws MillraceError `cancelled` once the caller's signal was aborted
   */
  throwIfCancelled(): void
  /** Sends a value to the caller's `onProgress`. */
  reportProgress(value: number): void
  /** A memory that came with this job or an earlier one of this thread. */
  memory(memoryId: number): WebAssembly.Memory
  /** Moves these buffers to the caller with the result, instead of copying them. */
  transfer(...buffers: ArrayBuffer[]): void
}

/**
 * Each lane has threads of its own, so that short work never waits behind long work, nor any that somebody waits
 * for behind an import: `interactive` is a matter of milliseconds, `lengthy` of more (a search with thousands of
 * vectors, the load of an index), `batch` is an import, an index or a compaction.
 */
export type LaneName = 'interactive' | 'lengthy' | 'batch'

/** A shared memory and the number that is its own in this process. */
export interface NumberedMemory {
  readonly memoryId: number
  readonly memory: WebAssembly.Memory
}

export interface JobOptions {
  readonly lane: LaneName
  readonly signal?: AbortSignal
  /** A matter of less than a millisecond: it may go to a thread together with others, and then is not stopped. */
  readonly isShort?: boolean
  readonly onProgress?: (value: number) => void
  /** Sent to a thread that does not have them yet: each costs more than the job of a small search. */
  readonly memories?: readonly NumberedMemory[]
  /** Moved to the worker instead of copied. */
  readonly transfer?: readonly ArrayBuffer[]
}

/** Runs worker modules on a bounded number of threads, which start when first needed. */
export interface WorkerPool {
  /** Threads of one lane: the number of cores. */
  readonly threadCount: number
  /**
   * Runs the module's `run(input)` on a free thread of the lane, first come, first served.
   * @throws what `run` threw (a MillraceError keeps its kind and place), or `cancelled`.
   */
  run<Input, Result>(module: URL, input: Input, options: JobOptions): Promise<Result>
  /** Starts a thread of the lane that has the module at hand, ahead of the first job. */
  load(module: URL, lane: LaneName): Promise<void>
  /** Short work was done without a thread: long work gives way to what may follow, too. */
  noteShortWork(): void
  /** Waits for running jobs, refuses new ones, ends the threads. */
  close(): Promise<void>
}
