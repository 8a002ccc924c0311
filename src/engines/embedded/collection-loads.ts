import { MillraceError, millraceErrorFrom } from '../../errors.js'
import type { Catalog } from '../../storage/catalog.js'
import type { CollectionRows } from '../../storage/collection-rows.js'
import type { CollectionRecord, PartitionRecord } from '../../storage/records.js'
import { loadStateOf } from './load-state.js'
import { partitionIdsOf } from './partitions-named.js'
import { type PendingLoad, PendingLoads } from './pending-loads.js'
import { Reloads } from './reloads.js'

/** The collections that are loaded. */
interface OpenCollections {
  /** @throws collectionNotFound */
  named(dbName: string, name: string): OpenCollection
  withId(collectionId: bigint): OpenCollection | undefined
  inTurn<Result>(work: () => Promise<Result>): Promise<Result>
}

interface OpenCollection {
  readonly record: CollectionRecord
  readonly rows: CollectionRows
}

/** Which partitions of collections are loaded: by somebody now, or again after a start. */
export class CollectionLoads {
  readonly #catalog: Catalog
  readonly #collections: OpenCollections
  readonly #reloads = new Reloads()
  /** Loads that were asked for since the start. */
  readonly #pending = new PendingLoads()

  constructor(catalog: Catalog, collections: OpenCollections) {
    this.#catalog = catalog
    this.#collections = collections
  }

  /** Begins to load what was loaded before the last stop; searches wait for it. */
  reload(onError: (collectionName: string, error: unknown) => void): void {
    for (const { collectionId, loadedPartitionIds, schema } of this.#catalog.allCollections()) {
      const { rows } = this.#collections.withId(collectionId)!
      if (rows.fault) onError(schema.name, rows.fault)
      if (rows.fault || loadedPartitionIds.length === 0) continue
      const load = () => rows.load(loadedPartitionIds)
      this.#reloads.begin(collectionId, load, (error) => {
        onError(schema.name, error)
        return loadError(schema.name, error)
      })
    }
  }

  /** @throws what went wrong, until the collection is loaded anew or released */
  async reloaded(collectionId: bigint): Promise<void> {
    await this.#reloads.ended(collectionId)
    this.#reloads.throwFault(collectionId)
  }

  /**
   * @param askedIds partitions; null: the collection as a whole
   * @throws why what is asked about could not be loaded
   */
  stateOf({ collectionId, loadedPartitionIds }: CollectionRecord, askedIds: bigint[] | null) {
    const isReloading = this.#reloads.isUnderWay(collectionId)
    const isThere = !isReloading && !this.#reloads.hasFault(collectionId)
    const state = loadStateOf({
      loadedIds: new Set(isThere ? loadedPartitionIds : []),
      loadingIds: isReloading
        ? new Set(loadedPartitionIds)
        : this.#pending.partitionIds(collectionId),
      askedIds,
      progressOf: (ids) => this.#collections.withId(collectionId)!.rows.loadProgress(ids),
    })
    if (state.state === 'released') {
      const asked = askedIds ?? loadedPartitionIds
      const wasLoaded = asked.every((id) => loadedPartitionIds.includes(id))
      if (wasLoaded) this.#reloads.throwFault(collectionId)
      this.#pending.throwFailure(collectionId)
    }
    return state
  }

  /** The partitions of a collection that are being loaded, as somebody asked since the start. */
  partitionIds(collectionId: bigint): Set<bigint> {
    return this.#pending.partitionIds(collectionId)
  }

  /** A load of all partitions of a collection that is under way. */
  whole(collectionId: bigint): PendingLoad | undefined {
    return this.#pending.whole(collectionId)
  }

  /**
   * Loads partitions, and remembers it for the next start. Empty `partitionNames`: all. It may take long,
   * so that other changes do not wait for it.
   */
  async load(dbName: string, name: string, partitionNames: readonly string[]): Promise<void> {
    const { working } = await this.#collections.inTurn(async () => {
      const { record, rows } = this.#collections.named(dbName, name)
      const { collectionId, loadedPartitionIds, schema } = record
      const partitionIds = partitionIdsOf(record, partitionNames)
      // After a fault, nothing of what is to be loaded is.
      const isFaulty = this.#reloads.hasFault(collectionId)
      const load: PendingLoad = {
        partitionIds: new Set(isFaulty ? [...loadedPartitionIds, ...partitionIds] : partitionIds),
        isWhole: partitionNames.length === 0,
      }
      const work = () => this.#runLoad(collectionId, rows, load)
      const failureFrom = (error: unknown) => loadError(schema.name, error)
      return { working: this.#pending.run(collectionId, load, work, failureFrom) }
    })
    await working
  }

  release(dbName: string, name: string, partitionNames: readonly string[]): Promise<void> {
    return this.#collections.inTurn(async () => {
      const { record, rows } = this.#collections.named(dbName, name)
      const partitionIds = partitionIdsOf(record, partitionNames)
      const loaded = record.loadedPartitionIds.filter((id) => !partitionIds.includes(id))
      this.#pending.release(record.collectionId, partitionIds)
      await this.#catalog.putCollections([{ ...record, loadedPartitionIds: loaded }])
      await rows.release(partitionIds)
      if (loaded.length === 0) this.#reloads.forgetFault(record.collectionId)
    })
  }

  /** A collection is dropped. */
  forget(collectionId: bigint): void {
    this.#reloads.forgetFault(collectionId)
    this.#pending.release(collectionId, [])
  }

  /** Settles when no load is under way that somebody asked for. */
  async idle(): Promise<void> {
    await this.#pending.idle()
  }

  async #runLoad(
    collectionId: bigint,
    rows: CollectionRows,
    { partitionIds }: PendingLoad,
  ): Promise<void> {
    await this.#reloads.ended(collectionId)
    await rows.load([...partitionIds])
    await this.#collections.inTurn(async () => {
      const record = this.#catalog.collection(collectionId)
      if (!record) return
      this.#reloads.forgetFault(collectionId)
      const isLoaded = ({ partitionId }: PartitionRecord) =>
        partitionIds.has(partitionId) || record.loadedPartitionIds.includes(partitionId)
      const loaded = record.partitions.filter(isLoaded).map(({ partitionId }) => partitionId)
      await this.#catalog.putCollections([{ ...record, loadedPartitionIds: loaded }])
    })
  }
}

function loadError(collectionName: string, thrown: unknown): MillraceError {
  const { kind, message, place } = millraceErrorFrom(thrown)
  const text = `collection ${collectionName} could not be loaded: ${message}`
  return new MillraceError(kind, text, place, thrown)
}
