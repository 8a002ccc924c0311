import type { ErrorKind, ErrorPlace } from '../errors.js'
import type { ShortWorkWords } from './giving-way.js'
import type { NumberedMemory } from './worker-job.js'

/** What a thread begins with. */
export interface ThreadStart {
  /** One word of shared memory; not 0: the job that runs is to stop. */
  readonly cancelFlag: Int32Array
  /** What the thread gives way to; null: it does not. */
  readonly givesWayTo: ShortWorkWords | null
}

/** What the pool sends to a thread is a list of these; the next list comes when it has answered. */
export interface JobMessage {
  /** `load` only imports the module, so that a later `run` need not wait for that. */
  readonly type: 'load' | 'run'
  /** The URL of a `WorkerModule`. */
  readonly moduleUrl: string
  readonly input: unknown
  /** Those that the thread does not have yet. */
  readonly memories: readonly NumberedMemory[]
}

/** While a thread works. */
export interface Progress {
  readonly type: 'progress'
  readonly value: number
}

/** What a thread sends back in the end is a list of these, one for each job; null: it had nothing to give. */
export type JobReply =
  | null
  | { readonly type: 'result'; readonly result: unknown }
  | { readonly type: 'error'; readonly error: PlainError }

/** A MillraceError as it crosses threads, which would strip its class and place. */
export interface PlainError {
  readonly kind: ErrorKind
  readonly message: string
  readonly place: ErrorPlace
  readonly stack: string | undefined
}
