/** A search gets the larger part of a core; an import that competes with it still gets more than a quarter. */
const niceness = 4
/** Searches are over when none came for so long. */
const quietMs = 3000

/**
 * Decides when batch work stands back: while interactive jobs come. Without them it is as eager as any other
 * program, so that an import loses nothing beside whatever else the machine does.
 */
export class StandingBack {
  readonly #change: (niceness: number) => void
  #lastMs = 0
  #timer: NodeJS.Timeout | null = null

  /** @param change told how far batch work is to stand back from now on */
  constructor(change: (niceness: number) => void) {
    this.#change = change
  }

  noteJob(): void {
    this.#lastMs = performance.now()
    if (this.#timer) return
    this.#change(niceness)
    this.#timer = setInterval(() => this.#look(), quietMs).unref()
  }

  close(): void {
    if (this.#timer) clearInterval(this.#timer)
    this.#timer = null
  }

  #look(): void {
    if (performance.now() - this.#lastMs < quietMs) return
    this.close()
    this.#change(0)
  }
}
