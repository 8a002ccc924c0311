import { setMaxListeners } from 'node:events'
import { MillraceError } from '../errors.js'
import type { JobOptions, NumberedMemory } from './worker-job.js'
import type { JobMessage } from './worker-message.js'
import type { JobListener } from './worker-thread.js'

type PooledOptions = Omit<JobOptions, 'lane'>

/** A job from when it is asked for until it has ended. Of short ones there are thousands in a second. */
export class PooledJob implements JobMessage, JobListener {
  readonly type: JobMessage['type']
  readonly moduleUrl: string
  readonly input: unknown
  readonly memories: readonly NumberedMemory[]
  readonly transfer: readonly ArrayBuffer[]
  readonly isShort: boolean
  readonly ended: Promise<unknown>
  readonly #signal: AbortSignal | undefined
  readonly #tellProgress: ((value: number) => void) | undefined
  #resolve: (result: unknown) => void = () => {}
  #reject: (error: unknown) => void = () => {}
  #abort: (() => void) | null = null

  constructor(type: JobMessage['type'], module: URL, input: unknown, options: PooledOptions) {
    this.type = type
    this.moduleUrl = module.href
    this.input = input
    this.memories = options.memories ?? none
    this.transfer = options.transfer ?? none
    this.isShort = options.isShort ?? false
    this.#signal = options.signal
    this.#tellProgress = options.onProgress
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  get isCancelled(): boolean {
    return this.#signal?.aborted ?? false
  }

  /** @param onAbort called when the signal is aborted before the end */
  listen(onAbort: () => void): void {
    if (!this.#signal) return
    // Many jobs may share a signal: their listeners are no leak.
    setMaxListeners(0, this.#signal)
    this.#signal.addEventListener('abort', onAbort)
    this.#abort = onAbort
  }

  cancel(): void {
    const name = this.moduleUrl.slice(this.moduleUrl.lastIndexOf('/') + 1)
    this.onError(new MillraceError('cancelled', `${name}: the job was cancelled`))
  }

  onProgress(value: number): void {
    this.#tellProgress?.(value)
  }

  onResult(result: unknown): void {
    if (this.isCancelled) {
      this.cancel()
      return
    }
    this.#stopListening()
    this.#resolve(result)
  }

  onError(error: unknown): void {
    this.#stopListening()
    this.#reject(error)
  }

  #stopListening(): void {
    if (this.#abort) this.#signal?.removeEventListener('abort', this.#abort)
  }
}

const none: readonly never[] = []
