import { join } from 'node:path'
import { type Database, open, type RootDatabase } from 'lmdb'
import { MillraceError } from '../errors.js'
import { parseExact, stringifyExact } from '../util/exact-json.js'

/** The tables of the store: each maps a key of strings and numbers to bytes. */
const tables = [
  'meta',
  'collections',
  'segments',
  'deletions',
  'tasks',
  'rows',
  'databases',
] as const

type TableName = (typeof tables)[number]
export type Key = string | (string | number)[]

/** One change of one table. `value` is stored as exact JSON, `bytes` as they are. */
export type Edit =
  | { readonly table: TableName; readonly key: Key; readonly value: unknown }
  | { readonly table: TableName; readonly key: Key; readonly bytes: Uint8Array }
  | { readonly table: TableName; readonly key: Key; readonly remove: true }

/**
 * Everything that changes and must survive kill -9, in one LMDB environment. A commit is a list of edits
 * that was computed beforehand, so that nothing can throw half-way through a transaction; its promise
 * resolves when the edits are on disk. Commits asked for at the same time share one sync.
 */
export class Store {
  readonly #root: RootDatabase
  readonly #tables: Record<TableName, Database<Uint8Array, Key>>

  private constructor(root: RootDatabase) {
    this.#root = root
    const opened = tables.map((name) => [name, root.openDB({ name, encoding: 'binary' })])
    this.#tables = Object.fromEntries(opened)
  }

  static open(directory: string): Store {
    const root = open({
      path: join(directory, 'store.mdb'),
      noSubdir: true,
      maxDbs: tables.length,
      // By default lmdb-js acknowledges before the sync; the promise of a commit is that it is on disk.
      overlappingSync: false,
      compression: false,
    })
    return new Store(root)
  }

  /**
   * @throws ioFailed when the edits could not be written (a full disk, say); then none of them is.
   */
  async commit(edits: readonly Edit[]): Promise<void> {
    if (edits.length === 0) return
    const encoded = edits.map((edit) => ({ ...edit, bytes: encodedValue(edit) }))
    try {
      await this.#root.transaction(() => {
        for (const { table, key, bytes } of encoded) {
          if (bytes === null) this.#tables[table].remove(key)
          else
            this.#tables[table].put(
              key,
              Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
            )
        }
      })
    } catch (error) {
      throw new MillraceError(
        'ioFailed',
        `the store could not be written: ${String(error)}`,
        {},
        error,
      )
    }
  }

  /** As `commit`, blocking: for start-up, where nobody waits. */
  commitSync(edits: readonly Edit[]): void {
    const encoded = edits.map((edit) => ({ ...edit, bytes: encodedValue(edit) }))
    this.#root.transactionSync(() => {
      for (const { table, key, bytes } of encoded) {
        if (bytes === null) this.#tables[table].removeSync(key)
        else this.#tables[table].putSync(key, Buffer.from(bytes))
      }
    })
  }

  /** Sets `key` to `value` if it still holds `expected`, against other processes too. */
  replaceSync(table: TableName, key: Key, expected: unknown, value: unknown): boolean {
    return this.#root.transactionSync(() => {
      const found = this.get(table, key)
      if (stringifyExact(found ?? null) !== stringifyExact(expected ?? null)) return false
      this.#tables[table].putSync(key, Buffer.from(stringifyExact(value)))
      return true
    })
  }

  get<Value>(table: TableName, key: Key): Value | undefined {
    const bytes = this.#tables[table].get(key)
    return bytes === undefined ? undefined : parseExact<Value>(text(bytes))
  }

  getBytes(table: TableName, key: Key): Uint8Array | undefined {
    return this.#tables[table].get(key)
  }

  *values<Value>(table: TableName): IterableIterator<Value> {
    for (const { value } of this.#tables[table].getRange({})) yield parseExact<Value>(text(value))
  }

  /** The entries whose key begins with `prefix`, in key order. */
  *entriesUnder(
    table: TableName,
    prefix: readonly (string | number)[],
  ): IterableIterator<{ key: Key; bytes: Uint8Array }> {
    for (const { key, value } of this.#tables[table].getRange({ start: [...prefix] })) {
      if (!Array.isArray(key) || prefix.some((part, index) => key[index] !== part)) return
      yield { key, bytes: value }
    }
  }

  async close(): Promise<void> {
    await this.#root.close()
  }
}

function encodedValue(edit: Edit): Uint8Array | null {
  if ('remove' in edit) return null
  return 'bytes' in edit ? edit.bytes : new TextEncoder().encode(stringifyExact(edit.value))
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

/** A 64-bit id as a key part that sorts as the number does. */
export function keyFromId(id: bigint): string {
  return id.toString(16).padStart(16, '0')
}
