/** Bounds what all sources of one thread keep in memory together. */
export class ByteBudget {
  #free: number

  constructor(byteCount: number) {
    this.#free = byteCount
  }

  /** False where so much is not free; then nothing was taken. */
  take(byteCount: number): boolean {
    if (byteCount > this.#free) return false
    this.#free -= byteCount
    return true
  }

  /** For what cannot wait: the next ones find less. */
  overdraw(byteCount: number): void {
    this.#free -= byteCount
  }

  give(byteCount: number): void {
    this.#free += byteCount
  }
}
