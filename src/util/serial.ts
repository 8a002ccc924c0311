/** Runs asynchronous work one piece after the other, in the order it was asked for. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve()

  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work, work)
    this.#last = result.catch(() => {})
    return result
  }

  /** Settles when everything asked for until now has ended, and what that asked for itself. */
  async idle(): Promise<void> {
    for (let last: unknown = null; last !== this.#last; ) {
      last = this.#last
      await last
    }
  }
}
