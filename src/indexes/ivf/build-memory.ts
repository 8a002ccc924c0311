import type { VectorRegion } from '../../kernels/vector-region.js'
import type { BuildContext } from '../index-family.js'

/** What a build takes in the memory of the vectors, for as long as it lasts. */
export class BuildMemory {
  readonly #context: BuildContext
  #regions: VectorRegion[] = []

  constructor(context: BuildContext) {
    this.#context = context
  }

  take(byteLength: number): number {
    const { memory, vectors } = this.#context
    const region = memory.allocateIn(vectors.region.memoryId, byteLength)
    this.#regions.push(region)
    return region.byteOffset
  }

  put(bytes: Uint8Array): number {
    const { memory } = this.#context
    const address = this.take(bytes.byteLength)
    memory.bytesOf(this.#regions[this.#regions.length - 1]).set(bytes)
    return address
  }

  /** Gives everything back but for what lies at addresses that are still needed. */
  free(...kept: readonly number[]): void {
    for (const region of this.#regions) {
      if (!kept.includes(region.byteOffset)) this.#context.memory.free(region)
    }
    this.#regions = this.#regions.filter(({ byteOffset }) => kept.includes(byteOffset))
  }
}
