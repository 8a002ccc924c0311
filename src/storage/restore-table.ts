import { type Edit, keyFromId, type Store } from './store.js'

/** A snapshot that was restored. */
export interface RestoreRecord {
  readonly jobId: bigint
  readonly snapshotName: string
  readonly dbName: string
  readonly collectionName: string
  readonly collectionId: bigint
  readonly startedTimestamp: bigint
  readonly endedTimestamp: bigint
}

/** What was restored, for those who ask how far it is: in memory for reading, in the store for good. */
export class RestoreTable {
  readonly #restores = new Map<bigint, RestoreRecord>()

  constructor(store: Store) {
    for (const record of store.values<RestoreRecord>('restores')) {
      this.#restores.set(record.jobId, record)
    }
  }

  all(): RestoreRecord[] {
    return [...this.#restores.values()]
  }

  find(jobId: bigint): RestoreRecord | undefined {
    return this.#restores.get(jobId)
  }

  /**
   * Adds one, and forgets those that ended before a time.
   * @param commit stores the edits, with others
   */
  async put(
    record: RestoreRecord,
    oldestTimestamp: bigint,
    commit: (edits: readonly Edit[]) => Promise<void>,
  ): Promise<void> {
    const old = this.all().filter(({ endedTimestamp }) => endedTimestamp < oldestTimestamp)
    await commit([
      { table: 'restores', key: keyFromId(record.jobId), value: record },
      ...old.map(({ jobId }): Edit => ({ table: 'restores', key: keyFromId(jobId), remove: true })),
    ])
    for (const { jobId } of old) this.#restores.delete(jobId)
    this.#restores.set(record.jobId, record)
  }
}
