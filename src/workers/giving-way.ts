/** What is short and under way, in memory that all threads of a pool share; those who do long work look at it. */
export type ShortWorkWords = Int32Array

const countAt = 0
const cameAt = 1

/** The main thread's side. */
export class ShortWork {
  readonly words: ShortWorkWords = new Int32Array(new SharedArrayBuffer(8))

  begin(): void {
    this.note()
    Atomics.add(this.words, countAt, 1)
  }

  /** Some came that is done already. */
  note(): void {
    Atomics.store(this.words, cameAt, nowMs())
  }

  end(): void {
    Atomics.sub(this.words, countAt, 1)
  }
}

/**
 * The pauses of a thread that does long work. The system lets a thread run for ticks of some milliseconds before
 * another one that woke up gets its core, and a search wakes several threads, one after the other.
 */
export class GivingWay {
  readonly #words: ShortWorkWords
  #resumedAt = 0

  constructor(words: ShortWorkWords) {
    this.#words = words
  }

  /** A job begins. */
  begin(): void {
    this.#resumedAt = performance.now()
  }

  /**
   * Pauses while there is short work, for no longer than was worked since the last pause; for a moment where there
   * was some lately: the next may wait for a core by now, and who asked for it, too.
   */
  giveWay(): void {
    const now = performance.now()
    const workedMs = now - this.#resumedAt
    if (workedMs < workedMsMin) return
    this.#resumedAt = this.#wasShortWorkLately() ? this.#pause(now, workedMs) : now
  }

  #wasShortWorkLately(): boolean {
    const sinceMs = (nowMs() - Atomics.load(this.#words, cameAt)) & clockMask
    return sinceMs < latelyMs || Atomics.load(this.#words, countAt) > 0
  }

  /** @returns when it is over */
  #pause(now: number, workedMs: number): number {
    const endsAt = now + Math.min(workedMs, pauseMsMax)
    let at = now
    do {
      const count = Atomics.load(this.#words, countAt)
      Atomics.wait(this.#words, countAt, count, napMs)
      at = performance.now()
    } while (at < endsAt && Atomics.load(this.#words, countAt) > 0)
    return at
  }
}

/** A clock that all threads share, in what an Int32Array holds. */
function nowMs(): number {
  return Date.now() & clockMask
}

const clockMask = 0x7fff_ffff
const workedMsMin = 0.5
const pauseMsMax = 5
const napMs = 0.05
const latelyMs = 50
