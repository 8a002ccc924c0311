import type { Store } from './store.js'

const counterBits = 18n
/** How far ahead of the clock the promised bound lies, and when it is moved on. */
const boundAheadMs = 10_000
const renewBelowMs = 5_000

/** The hybrid time of a time, or of a length of time. */
export function timestampFromMs(ms: number): bigint {
  return BigInt(ms) << counterBits
}

/**
 * The one source of timestamps and ids: hybrid numbers, `milliseconds << 18 | counter`, each greater than
 * every one before it, over restarts and clock steps too. A bound that no number given out passes is kept
 * in the store; a restart begins above it.
 */
export class TimestampOracle {
  readonly #store: Store
  readonly #nowMs: () => number
  #last: bigint
  #bound: bigint
  #renewal: Promise<void> | null = null

  private constructor(store: Store, nowMs: () => number) {
    this.#store = store
    this.#nowMs = nowMs
    this.#last = store.get<bigint>('meta', 'timestampBound') ?? 0n
    this.#bound = this.#last
  }

  static open(store: Store, nowMs: () => number = Date.now): TimestampOracle {
    const oracle = new TimestampOracle(store, nowMs)
    oracle.#raiseBoundSync(1n)
    return oracle
  }

  next(): bigint {
    return this.nextRange(1)
  }

  /** The first of `count` numbers in a row that nobody else gets. */
  nextRange(count: number): bigint {
    const fromClock = BigInt(this.#nowMs()) << counterBits
    const first = fromClock > this.#last ? fromClock : this.#last + 1n
    const last = first + BigInt(count) - 1n
    if (last > this.#bound) this.#raiseBoundSync(last)
    this.#last = last
    if (this.#bound - last < BigInt(renewBelowMs) << counterBits) this.#renewBound()
    return first
  }

  /** Settles when no renewal of the bound is under way any more. */
  async close(): Promise<void> {
    await this.#renewal
  }

  #raiseBoundSync(atLeast: bigint): void {
    this.#bound = this.#boundAbove(atLeast)
    this.#store.commitSync([{ table: 'meta', key: 'timestampBound', value: this.#bound }])
  }

  #renewBound(): void {
    if (this.#renewal) return
    const bound = this.#boundAbove(this.#last)
    this.#renewal = this.#store
      .commit([{ table: 'meta', key: 'timestampBound', value: bound }])
      .then(() => {
        if (bound > this.#bound) this.#bound = bound
      })
      .catch(() => {})
      .finally(() => {
        this.#renewal = null
      })
  }

  #boundAbove(number: bigint): bigint {
    const fromClock = BigInt(this.#nowMs()) << counterBits
    const base = fromClock > number ? fromClock : number
    return base + (BigInt(boundAheadMs) << counterBits)
  }
}
