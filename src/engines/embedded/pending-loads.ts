import type { MillraceError } from '../../errors.js'

/** A load that is under way. */
export interface PendingLoad {
  /** Those that are still wanted: a release takes some out, a new partition comes in. */
  readonly partitionIds: Set<bigint>
  /** Whether it is of all partitions, also of those that are made meanwhile. */
  readonly isWhole: boolean
}

/** The loads of all collections that are under way, and why the last one of a collection failed. */
export class PendingLoads {
  readonly #loads = new Map<bigint, Set<PendingLoad>>()
  readonly #works = new Set<Promise<void>>()
  readonly #failures = new Map<bigint, MillraceError>()

  /** @param work its error becomes the collection's failure, until it is loaded anew or released */
  async run(
    collectionId: bigint,
    load: PendingLoad,
    work: () => Promise<void>,
    failureFrom: (error: unknown) => MillraceError,
  ): Promise<void> {
    const loads = this.#loads.get(collectionId) ?? new Set()
    this.#loads.set(collectionId, loads.add(load))
    this.#failures.delete(collectionId)
    const working = work()
    const ended = working.catch(() => {})
    this.#works.add(ended)
    try {
      await working
    } catch (error) {
      this.#failures.set(collectionId, failureFrom(error))
      throw error
    } finally {
      this.#works.delete(ended)
      loads.delete(load)
      if (loads.size === 0) this.#loads.delete(collectionId)
    }
  }

  /** The partitions of a collection that are being loaded. */
  partitionIds(collectionId: bigint): Set<bigint> {
    const loads = this.#loads.get(collectionId)
    if (!loads) return new Set()
    return new Set([...loads].flatMap(({ partitionIds }) => [...partitionIds]))
  }

  /** A load of all partitions of a collection. */
  whole(collectionId: bigint): PendingLoad | undefined {
    return [...(this.#loads.get(collectionId) ?? [])].find(({ isWhole }) => isWhole)
  }

  /** What was released is not loaded, whatever is read of it by now. */
  release(collectionId: bigint, partitionIds: readonly bigint[]): void {
    this.#failures.delete(collectionId)
    for (const load of this.#loads.get(collectionId) ?? []) {
      for (const partitionId of partitionIds) load.partitionIds.delete(partitionId)
    }
  }

  throwFailure(collectionId: bigint): void {
    const failure = this.#failures.get(collectionId)
    if (failure) throw failure
  }

  /** Settles when no load is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#works)
  }
}
