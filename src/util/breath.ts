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

/** The results of short pieces of work, of which there may be thousands. */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result,
): Promise<Result[]> {
  const breath = new Breath()
  const results: Result[] = []
  for (const item of items) {
    if (breath.isDue) await breath.take()
    results.push(work(item))
  }
  return results
}
