import type { MillraceError } from '../../errors.js'

/** Collections that are loaded again after a start, and why some of them could not be. */
export class Reloads {
  readonly #loading = new Map<bigint, Promise<void>>()
  readonly #faults = new Map<bigint, MillraceError>()

  /** @param faultFrom the collection's fault, until it is loaded anew or released */
  begin(
    collectionId: bigint,
    load: () => Promise<void>,
    faultFrom: (error: unknown) => MillraceError,
  ): void {
    const loading = load()
      .catch((error) => void this.#faults.set(collectionId, faultFrom(error)))
      .finally(() => this.#loading.delete(collectionId))
    this.#loading.set(collectionId, loading)
  }

  isUnderWay(collectionId: bigint): boolean {
    return this.#loading.has(collectionId)
  }

  /** Settles when the collection is loaded again, or could not be. */
  async ended(collectionId: bigint): Promise<void> {
    await this.#loading.get(collectionId)
  }

  hasFault(collectionId: bigint): boolean {
    return this.#faults.has(collectionId)
  }

  throwFault(collectionId: bigint): void {
    const fault = this.#faults.get(collectionId)
    if (fault) throw fault
  }

  forgetFault(collectionId: bigint): void {
    this.#faults.delete(collectionId)
  }
}
