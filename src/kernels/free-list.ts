/** A hole: `byteLength` free bytes at `byteOffset`. */
interface Hole {
  byteOffset: number
  byteLength: number
}

/** The free bytes of one memory, as holes in the order of their offsets, no two of which touch. */
export class FreeList {
  readonly #holes: Hole[] = []

  /** Takes bytes that end by `byteEnd` from the first hole that has them. @returns their offset, or -1 */
  take(byteLength: number, byteEnd: number): number {
    const index = this.#holes.findIndex((hole) => hole.byteLength >= byteLength)
    if (index < 0 || this.#holes[index].byteOffset + byteLength > byteEnd) return -1
    const hole = this.#holes[index]
    const { byteOffset } = hole
    hole.byteOffset += byteLength
    hole.byteLength -= byteLength
    if (hole.byteLength === 0) this.#holes.splice(index, 1)
    return byteOffset
  }

  /** Gives bytes back, or new ones in, and joins them with the holes they touch. */
  give(byteOffset: number, byteLength: number): void {
    const index = this.#indexAfter(byteOffset)
    const before = this.#holes[index - 1]
    const after = this.#holes[index]
    const touchesBefore = before && before.byteOffset + before.byteLength === byteOffset
    const touchesAfter = after && byteOffset + byteLength === after.byteOffset
    if (touchesBefore) {
      before.byteLength += byteLength + (touchesAfter ? after.byteLength : 0)
      if (touchesAfter) this.#holes.splice(index, 1)
    } else if (touchesAfter) {
      after.byteOffset = byteOffset
      after.byteLength += byteLength
    } else {
      this.#holes.splice(index, 0, { byteOffset, byteLength })
    }
  }

  /** The free bytes that end at `byteOffset`, where a memory can grow. */
  bytesBefore(byteOffset: number): number {
    const last = this.#holes.at(-1)
    return last && last.byteOffset + last.byteLength === byteOffset ? last.byteLength : 0
  }

  #indexAfter(byteOffset: number): number {
    let low = 0
    let high = this.#holes.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#holes[middle].byteOffset < byteOffset) low = middle + 1
      else high = middle
    }
    return low
  }
}
