import { Worker } from 'node:worker_threads'
import { MillraceError } from '../errors.js'
import type { JobMessage, JobReply, PlainError } from './worker-message.js'

/** What becomes of the job that a thread runs. */
export interface JobListener {
  readonly onProgress: (value: number) => void
  readonly onResult: (result: unknown) => void
  readonly onError: (error: unknown) => void
}

/**
 * One thread and the job it runs, if any. It keeps the process alive only while it runs one, so that a
 * program may await a job and need not end the pool.
 */
export class WorkerThread {
  // Flags of the program's own start, such as --input-type, would stop a thread from starting.
  readonly #worker = new Worker(new URL('./worker-main.js', import.meta.url), { execArgv: [] })
  readonly #onEnd: (thread: WorkerThread) => void
  #listener: JobListener | null = null
  #moduleUrl = ''
  #failure: unknown = null

  /** @param onEnd called once when the thread has died: its job has failed by then */
  constructor(onEnd: (thread: WorkerThread) => void) {
    this.#onEnd = onEnd
    this.#worker.unref()
    this.#worker.on('message', (reply: JobReply) => this.#receive(reply))
    this.#worker.on('messageerror', (error) => this.#finish(({ onError }) => onError(error)))
    this.#worker.on('error', (error) => {
      this.#failure = error
    })
    this.#worker.on('exit', (exitCode) => this.#die(exitCode))
  }

  /** @throws DataCloneError when the input cannot be sent; the thread stays free then */
  start(job: JobMessage, transfer: readonly ArrayBuffer[], listener: JobListener): void {
    this.#worker.postMessage(job, transfer)
    this.#worker.ref()
    this.#moduleUrl = job.moduleUrl
    this.#listener = listener
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #receive(reply: JobReply): void {
    if (reply.type === 'progress') this.#listener?.onProgress(reply.value)
    else if (reply.type === 'result') this.#finish(({ onResult }) => onResult(reply.result))
    else this.#finish(({ onError }) => onError(millraceErrorOf(reply.error)))
  }

  #finish(settle: (listener: JobListener) => void): void {
    const listener = this.#listener
    if (!listener) return
    this.#listener = null
    this.#worker.unref()
    settle(listener)
  }

  #die(exitCode: number): void {
    this.#onEnd(this)
    const reason =
      this.#failure instanceof Error ? this.#failure.message : `it left with code ${exitCode}`
    const message = `the thread that ran ${this.#moduleUrl} died: ${reason}`
    const error = new MillraceError('unexpected', message, {}, this.#failure ?? undefined)
    this.#finish(({ onError }) => onError(error))
  }
}

function millraceErrorOf({ kind, message, place, stack }: PlainError): MillraceError {
  const error = new MillraceError(kind, message, place)
  error.stack = stack
  return error
}
