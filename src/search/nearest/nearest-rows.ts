import type { Neighbors } from './nearest-query.js'

/** The k nearest so far, and up to as many again that wait to be sorted in. */
export class NearestRows {
  readonly #k: number
  #places: Place[] = []
  #farthest = Infinity

  constructor(k: number) {
    this.#k = k
  }

  /** Rows come in the order in which ties are broken. */
  offer(distance: number, segment: number, row: number): void {
    if (distance >= this.#farthest) return
    this.#places.push({ distance, segment, row })
    if (this.#places.length >= 2 * this.#k) this.#cut()
  }

  /** Those of another look, at rows behind the ones so far. */
  offerAll({ distances, segments, rows }: Neighbors): void {
    for (let at = 0; at < rows.length; at++) this.offer(distances[at], segments[at], rows[at])
  }

  neighbors(): Neighbors {
    this.#cut()
    return {
      distances: Float32Array.from(this.#places, ({ distance }) => distance),
      segments: Uint32Array.from(this.#places, ({ segment }) => segment),
      rows: Uint32Array.from(this.#places, ({ row }) => row),
    }
  }

  #cut(): void {
    this.#places = this.#places
      .sort((left, right) => left.distance - right.distance)
      .slice(0, this.#k)
    if (this.#places.length === this.#k) this.#farthest = this.#places[this.#k - 1].distance
  }
}

interface Place {
  readonly distance: number
  readonly segment: number
  readonly row: number
}
