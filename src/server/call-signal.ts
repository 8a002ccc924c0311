/**
 * An AbortSignal. Each call has one and hardly any is aborted, so that it counts what making one costs: a
 * fortieth of an AbortController's, which takes as long as the rest of a small call's way in. What asks for
 * Node's own class (`fetch`, `AbortSignal.any`) refuses it.
 */
export class CallSignal extends EventTarget implements AbortSignal {
  onabort: AbortSignal['onabort'] = null
  #reason: unknown

  get aborted(): boolean {
    return this.#reason !== undefined
  }

  get reason(): unknown {
    return this.#reason
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.#reason
  }

  abort(): void {
    if (this.aborted) return
    this.#reason = new DOMException('This operation was aborted', 'AbortError')
    const event = new Event('abort')
    this.onabort?.(event)
    this.dispatchEvent(event)
  }
}
