/** The speed of what is counted in bytes, from when it began to move. */
export class Speedometer {
  #beganMs: number | null = null
  #beganBytes = 0
  #bytes = 0

  see(bytes: number, nowMs: number = performance.now()): void {
    if (this.#beganMs === null && bytes > 0) {
      this.#beganMs = nowMs
      this.#beganBytes = bytes
    }
    this.#bytes = bytes
  }

  /** null where there is nothing to tell it from. */
  of(
    bytesTotal: number,
    nowMs: number = performance.now(),
  ): { bytesPerSecond: number | null; remainingSeconds: number | null } {
    const seconds = this.#beganMs === null ? 0 : (nowMs - this.#beganMs) / 1000
    const bytesDone = this.#bytes - this.#beganBytes
    if (seconds <= 0 || bytesDone <= 0) return { bytesPerSecond: null, remainingSeconds: null }
    const bytesPerSecond = bytesDone / seconds
    return { bytesPerSecond, remainingSeconds: (bytesTotal - this.#bytes) / bytesPerSecond }
  }
}
