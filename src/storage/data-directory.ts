import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { claimDirectory, type Ownership } from './ownership.js'
import { Store } from './store.js'

/**
 * The one directory that a server owns:
 *
 *     <data>/store.mdb       the store (LMDB)
 *     <data>/segments/       <segment id>.arrow
 *     <data>/rejects/        <task id>.jsonl: rows that an import left out
 */
export class DataDirectory {
  readonly path: string
  readonly segmentsPath: string
  readonly store: Store
  readonly #ownership: Ownership

  private constructor(path: string, store: Store, ownership: Ownership) {
    this.path = path
    this.segmentsPath = join(path, 'segments')
    this.store = store
    this.#ownership = ownership
  }

  /** @throws serviceUnavailable when another server owns the directory. */
  static async open(path: string): Promise<DataDirectory> {
    mkdirSync(join(path, 'segments'), { recursive: true })
    const realPath = realpathSync(path)
    const store = Store.open(realPath)
    try {
      return new DataDirectory(realPath, store, await claimDirectory(realPath, store))
    } catch (error) {
      await store.close()
      throw error
    }
  }

  segmentPath(segmentId: bigint): string {
    return segmentPathIn(this.segmentsPath, segmentId)
  }

  /** Makes the names of files written before durable, which their own fsync does not. */
  syncSegments(): void {
    syncDirectory(this.segmentsPath)
  }

  /** Removes the segment files that nobody names; what a crash left behind. Returns their names. */
  sweep(isNamed: (segmentId: bigint) => boolean): string[] {
    const swept = readdirSync(this.segmentsPath).filter((name) => {
      const id = /^(\d+)\.arrow$/.exec(name)?.[1]
      return id === undefined || !isNamed(BigInt(id))
    })
    for (const name of swept)
      rmSync(join(this.segmentsPath, name), { recursive: true, force: true })
    return swept
  }

  removeSegment(segmentId: bigint): void {
    rmSync(this.segmentPath(segmentId), { force: true })
  }

  async close(): Promise<void> {
    await this.store.close()
    await this.#ownership.close()
  }
}

/** For workers, which have no DataDirectory. */
export function segmentPathIn(segmentsPath: string, segmentId: bigint): string {
  return join(segmentsPath, `${segmentId}.arrow`)
}

function syncDirectory(path: string): void {
  if (process.platform === 'win32') return // Windows has no handle for a directory's sync.
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
