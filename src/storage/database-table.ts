import { MillraceError } from '../errors.js'
import type { DatabaseRecord } from './records.js'
import { type Edit, keyFromId, type Store } from './store.js'

/** Milvus: this database is always there, with this id. */
const defaultDatabase: DatabaseRecord = {
  databaseId: 1n,
  name: 'default',
  properties: [],
  createdTimestamp: 0n,
}

/** The databases: in memory for reading, in the store for good. */
export class DatabaseTable {
  readonly #store: Store
  readonly #databases = new Map([[defaultDatabase.name, defaultDatabase]])

  constructor(store: Store) {
    this.#store = store
    for (const record of store.values<DatabaseRecord>('databases')) {
      this.#databases.set(record.name, record)
    }
  }

  list(): DatabaseRecord[] {
    return [...this.#databases.values()]
  }

  find(name: string): DatabaseRecord | undefined {
    return this.#databases.get(name)
  }

  /** @throws databaseNotFound */
  named(name: string): DatabaseRecord {
    const record = this.#databases.get(name)
    if (record) return record
    throw new MillraceError('databaseNotFound', `database not found[database=${name}]`)
  }

  async put(record: DatabaseRecord): Promise<void> {
    await this.#commit({ table: 'databases', key: keyFromId(record.databaseId), value: record })
    this.#databases.set(record.name, record)
  }

  async drop({ databaseId, name }: DatabaseRecord): Promise<void> {
    await this.#commit({ table: 'databases', key: keyFromId(databaseId), remove: true })
    this.#databases.delete(name)
  }

  #commit(edit: Edit): Promise<void> {
    return this.#store.commit([edit])
  }
}
