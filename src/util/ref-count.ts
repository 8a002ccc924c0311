/** Counts the users of something that may only go when the last one has left. Begins with its maker's. */
export class RefCount {
  readonly #dispose: () => void
  #count = 1

  constructor(dispose: () => void) {
    this.#dispose = dispose
  }

  retain(): void {
    if (this.#count === 0) throw new TypeError('retained after the last user had left')
    this.#count++
  }

  release(): void {
    this.#count--
    if (this.#count === 0) this.#dispose()
    if (this.#count < 0) throw new TypeError('released more often than retained')
  }
}
