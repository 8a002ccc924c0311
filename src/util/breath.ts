import { setImmediate } from 'node:timers/promises'

/** What work may take on the main thread before others have their turn. */
const turnMs = 5

/** For long work on the main thread, which asks now and then: whatever else came has its turn every few milliseconds. */
export class Breath {
  #beganMs = performance.now()

  get isDue(): boolean {
    return performance.now() - this.#beganMs >= turnMs
  }

  async take(): Promise<void> {
    await setImmediate()
    this.#beganMs = performance.now()
  }
}
