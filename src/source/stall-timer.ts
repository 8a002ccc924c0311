/** A server that sends nothing for so long is asked again. */
const stallMs = 30_000

/** Gives up a request on which nothing moves, or whose asker has gone. */
export class StallTimer {
  readonly signal: AbortSignal
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout

  constructor(asker?: AbortSignal) {
    const own = this.#controller.signal
    this.signal = asker ? AbortSignal.any([asker, own]) : own
    this.#timer = setTimeout(() => {
      this.#controller.abort(new Error(`nothing came for ${stallMs / 1000} seconds`))
    }, stallMs)
  }

  /** Something came. */
  touch(): void {
    this.#timer.refresh()
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}
