import { MillraceError } from '../errors.js'

interface Waiter {
  readonly taskId: bigint
  readonly resolve: () => void
  readonly reject: (error: MillraceError) => void
}

/** Lets a bounded number of pieces of work run at a time; of those that wait, the oldest task's go first. */
export class JobSlots {
  #freeCount: number
  #waiters: Waiter[] = []

  constructor(slotCount: number) {
    this.#freeCount = slotCount
  }

  /** @throws cancelled when the task was dropped while this waited */
  async run<Result>(taskId: bigint, work: () => Promise<Result>): Promise<Result> {
    await this.#acquire(taskId)
    try {
      return await work()
    } finally {
      this.#release()
    }
  }

  /** Sends away what waits for a task. What runs is not touched. */
  drop(taskId: bigint): void {
    const dropped = this.#waiters.filter((waiter) => waiter.taskId === taskId)
    this.#waiters = this.#waiters.filter((waiter) => waiter.taskId !== taskId)
    for (const { reject } of dropped) {
      reject(new MillraceError('cancelled', `import task ${taskId} was stopped`))
    }
  }

  async #acquire(taskId: bigint): Promise<void> {
    if (this.#freeCount > 0) {
      this.#freeCount--
      return
    }
    await new Promise<void>((resolve, reject) => {
      const later = this.#waiters.findIndex((waiter) => waiter.taskId > taskId)
      const place = later < 0 ? this.#waiters.length : later
      this.#waiters.splice(place, 0, { taskId, resolve, reject })
    })
  }

  #release(): void {
    const next = this.#waiters.shift()
    if (next) next.resolve()
    else this.#freeCount++
  }
}
