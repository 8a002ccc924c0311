/**
 * What is short and under way, in memory that all threads of a pool share; those who do long work look at it. Behind
 * the two words about it lie the turns of those who take turns: of each, until when it is taken; 0: it is free.
 */
export type ShortWorkWords = Int32Array

const countAt = 0
const cameAt = 1
const turnsAt = 2

/** The main thread's side. */
export class ShortWork {
  /** For threads that take turns. */
  readonly words: ShortWorkWords
  /** For threads that pause, and go on without a turn. */
  readonly wordsWithoutTurns: ShortWorkWords

  /** @param turnCount how many threads go on with work that nobody waits for, while there is short work */
  constructor(turnCount: number) {
    this.words = new Int32Array(new SharedArrayBuffer((turnsAt + turnCount) * 4))
    this.wordsWithoutTurns = this.words.subarray(0, turnsAt)
  }

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
  /** Where its turn lies, and until when it has it; 0: it has none. */
  #turn = 0
  #turnEnd = 0

  constructor(words: ShortWorkWords) {
    this.#words = words
  }

  /** A job begins. */
  begin(): void {
    this.#resumedAt = performance.now()
  }

  /** A job has ended. */
  end(): void {
    this.#leaveTurn()
  }

  /**
   * Pauses while there is short work, for no longer than was worked since the last pause; for a moment where there
   * was some lately: the next may wait for a core by now, and who asked for it, too. Then it waits for its turn.
   */
  giveWay(): void {
    const now = performance.now()
    const workedMs = now - this.#resumedAt
    if (workedMs < workedMsMin) return
    this.#leaveTurn()
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
    this.#takeTurn()
    return performance.now()
  }

  /** Threads take turns, so that a core is left for what wakes up. */
  #takeTurn(): void {
    const words = this.#words
    if (words.length === turnsAt) return
    for (let turn = turnsAt; ; turn = turn + 1 < words.length ? turn + 1 : turnsAt) {
      const takenUntil = Atomics.load(words, turn)
      const end = (nowMs() + turnMs) & clockMask || 1
      const isOver = takenUntil === 0 || ((takenUntil - nowMs()) & clockMask) > turnMs
      if (isOver && Atomics.compareExchange(words, turn, takenUntil, end) === takenUntil) {
        this.#turn = turn
        this.#turnEnd = end
        return
      }
      Atomics.wait(words, turn, takenUntil, turnNapMs)
    }
  }

  /** It may be another's by now, where it took too long. */
  #leaveTurn(): void {
    if (this.#turnEnd === 0) return
    Atomics.compareExchange(this.#words, this.#turn, this.#turnEnd, 0)
    Atomics.notify(this.#words, this.#turn, 1)
    this.#turnEnd = 0
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
/** Who does not look for so long, waits for a disk or for somebody else. */
const turnMs = 10
const turnNapMs = 1
