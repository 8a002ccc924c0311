import { closeSync, existsSync, openSync, readSync, statfsSync, statSync } from 'node:fs'
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
  'users',
  'roles',
  'privilegeGroups',
  'resourceGroups',
  'snapshots',
  'snapshotSegments',
  'snapshotDeletions',
  'snapshotPins',
  'restores',
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
  readonly #directory: string
  readonly #root: RootDatabase
  readonly #tables: Record<TableName, Database<Uint8Array, Key>>

  private constructor(directory: string, root: RootDatabase) {
    this.#directory = directory
    this.#root = root
    const opened = tables.map((name) => [name, root.openDB({ name, encoding: 'binary' })])
    this.#tables = Object.fromEntries(opened)
  }

  /** @throws ioFailed when there is no store to be had, or what is there is none. */
  static open(directory: string): Store {
    const path = join(directory, 'store.mdb')
    try {
      refuseForeignFile(path)
      return new Store(directory, openEnvironment(path))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new MillraceError(
        'ioFailed',
        `the store ${path} could not be opened: ${reason}`,
        {},
        error,
      )
    }
  }

  /**
   * @throws ioFailed when the edits could not be written (a full disk, say); then none of them is.
   */
  async commit(edits: readonly Edit[]): Promise<void> {
    if (edits.length === 0) return
    const encoded = edits.map(encodedEdit)
    try {
      // A callback of `transaction` would write from this thread, where a full disk may hang it.
      await this.#root.batch(() => {
        for (const { table, key, bytes } of encoded) {
          if (bytes === null) this.#tables[table].remove(key)
          else this.#tables[table].put(key, bytes)
        }
      })
    } catch (error) {
      throw this.#writeError(await causeOf(error), encoded)
    }
  }

  /** As `commit`, blocking: for start-up, where nobody waits. @throws ioFailed */
  commitSync(edits: readonly Edit[]): void {
    const encoded = edits.map(encodedEdit)
    try {
      this.#root.transactionSync(() => {
        for (const { table, key, bytes } of encoded) {
          if (bytes === null) this.#tables[table].removeSync(key)
          else this.#tables[table].putSync(key, bytes)
        }
      })
    } catch (error) {
      throw this.#writeError(error, encoded)
    }
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

  /** As `entriesUnder`, without the values. */
  *keysUnder(table: TableName, prefix: readonly (string | number)[]): IterableIterator<Key> {
    for (const key of this.#tables[table].getKeys({ start: [...prefix] })) {
      if (!Array.isArray(key) || prefix.some((part, index) => key[index] !== part)) return
      yield key
    }
  }

  async close(): Promise<void> {
    await this.#root.close()
  }

  #writeError(error: unknown, edits: readonly EncodedEdit[]): MillraceError {
    const byteLength = edits.reduce((sum, { bytes }) => sum + (bytes?.byteLength ?? 0), 0)
    const reason = error instanceof Error ? error.message : String(error)
    return new MillraceError(
      'ioFailed',
      `the store could not be written: ${fullDiskText(this.#directory, byteLength) ?? reason}`,
      {},
      error,
    )
  }
}

/** LMDB maps whatever it finds, and a file that is none of its own ends the process. */
function refuseForeignFile(path: string): void {
  if (!existsSync(path) || statSync(path).size === 0) return
  const head = Buffer.alloc(64)
  const descriptor = openSync(path, 'r')
  readSync(descriptor, head, 0, head.length, 0)
  closeSync(descriptor)
  if (head.includes(lmdbMagic)) return
  throw new MillraceError('ioFailed', 'the file is not an LMDB store')
}

/** 0xbeefc0de, behind the head of the first page. */
const lmdbMagic = Buffer.from([0xde, 0xc0, 0xef, 0xbe])

function openEnvironment(path: string): RootDatabase {
  return open({
    path,
    noSubdir: true,
    maxDbs: tables.length,
    // By default lmdb-js acknowledges before the sync; the promise of a commit is that it is on disk.
    overlappingSync: false,
    // It keeps a promise for each turn that nobody handles when a commit fails, which ends the process.
    eventTurnBatching: false,
    compression: false,
  })
}

interface EncodedEdit {
  readonly table: TableName
  readonly key: Key
  /** null: removed. */
  readonly bytes: Buffer | null
}

function encodedEdit(edit: Edit): EncodedEdit {
  const { table, key } = edit
  if ('remove' in edit) return { table, key, bytes: null }
  if (!('bytes' in edit)) return { table, key, bytes: Buffer.from(stringifyExact(edit.value)) }
  const { buffer, byteOffset, byteLength } = edit.bytes
  return { table, key, bytes: Buffer.from(buffer, byteOffset, byteLength) }
}

/** lmdb-js tells the true reason by a promise that rejects. */
async function causeOf(error: unknown): Promise<unknown> {
  try {
    await (error as { readonly commitError?: Promise<never> }).commitError
    return error
  } catch (cause) {
    return cause
  }
}

/** LMDB calls a full disk an input/output error. */
function fullDiskText(directory: string, neededBytes: number): string | null {
  const { bavail, bsize } = statfsSync(directory)
  const freeBytes = bavail * bsize
  if (freeBytes > neededBytes + fullDiskSlackBytes) return null
  return `no space left on the disk of ${directory}: ${freeBytes} bytes are free`
}

/** Pages of LMDB's own that a commit writes beside its values. */
const fullDiskSlackBytes = 1024 ** 2

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

/** A 64-bit id as a key part that sorts as the number does. */
export function keyFromId(id: bigint): string {
  return id.toString(16).padStart(16, '0')
}
