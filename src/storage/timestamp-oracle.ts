import type { Store } from './store.js'

const counterBits = 18n
/** How far ahead of the clock the promised bound lies, and when it is moved on. */
const boundAheadMs = 10_000
const renewBelowMs = 5_000
/** Where numbers run ahead of the clock, the bound stays near them, so that restarts add little. */
const boundPastNumberMs = 2_000

/**
 * The greater of the two counts. A raise that blocks may overtake a renewal under way, which must not
 * then put a smaller bound in its place: so each has a key.
 */
const boundKeys = ['timestampBound', 'timestampBoundAhead'] as const

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
    this.#last = boundKeys
      .map((key) => store.get<bigint>('meta', key) ?? 0n)
      .reduce((one, other) => (one > other ? one : other))
    this.#bound = this.#last
  }

  static open(store: Store, nowMs: () => number = Date.now): TimestampOracle {
    const oracle = new TimestampOracle(store, nowMs)
    oracle.#raiseBoundSync(oracle.#last)
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
    const bound = this.#boundAbove(atLeast)
    this.#store.commitSync([{ table: 'meta', key: boundKeys[0], value: bound }])
    this.#bound = bound
  }

  #renewBound(): void {
    if (this.#renewal) return
    const bound = this.#boundAbove(this.#last)
    this.#renewal = this.#store
      .commit([{ table: 'meta', key: boundKeys[1], value: bound }])
      .then(() => {
        if (bound > this.#bound) this.#bound = bound
      })
      .catch(() => {}) // The next number asks again, and at the bound the raise tells.
      .finally(() => {
        this.#renewal = null
      })
  }

  #boundAbove(number: bigint): bigint {
    const aheadOfClock = BigInt(this.#nowMs() + boundAheadMs) << counterBits
    const pastNumber = number + (BigInt(boundPastNumberMs) << counterBits)
    return aheadOfClock > pastNumber ? aheadOfClock : pastNumber
  }
}
