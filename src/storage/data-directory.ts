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
import { MillraceError } from '../errors.js'
import { claimDirectory, type Ownership } from './ownership.js'
import { Store } from './store.js'

/**
 * The one directory that a server owns:
 *
 *     <data>/store.mdb       the store (LMDB)
 *     <data>/segments/       <segment id>.arrow
 *     <data>/indexes/        <segment id>-<index id>.index
 *     <data>/rejects/        <task id>.jsonl: rows that an import left out
 */
export class DataDirectory {
  readonly path: string
  readonly segmentsPath: string
  readonly indexesPath: string
  readonly store: Store
  readonly #ownership: Ownership

  private constructor(path: string, store: Store, ownership: Ownership) {
    this.path = path
    this.segmentsPath = join(path, 'segments')
    this.indexesPath = join(path, 'indexes')
    this.store = store
    this.#ownership = ownership
  }

  /** @throws serviceUnavailable when another server owns the directory. */
  static async open(path: string): Promise<DataDirectory> {
    const realPath = madeDirectory(path)
    const store = Store.open(realPath)
    try {
      const ownership = await claimDirectory(realPath, store)
      syncDirectory(realPath)
      return new DataDirectory(realPath, store, ownership)
    } catch (error) {
      await store.close()
      throw error
    }
  }

  segmentPath(segmentId: bigint): string {
    return segmentPathIn(this.segmentsPath, segmentId)
  }

  indexPath(segmentId: bigint, indexId: bigint): string {
    return join(this.indexesPath, `${segmentId}-${indexId}.index`)
  }

  syncIndexes(): void {
    syncDirectory(this.indexesPath)
  }

  /** Makes the names of files written before durable, which their own fsync does not. */
  syncSegments(): void {
    syncDirectory(this.segmentsPath)
  }

  /** Removes the segment files that nobody names; what a crash left behind. Returns their names. */
  sweep(isNamed: (segmentId: bigint) => boolean): string[] {
    const swept = readdirSync(this.segmentsPath).filter((name) => {
      const id = segmentIdOf(name)
      return id === null || !isNamed(id)
    })
    for (const name of swept)
      rmSync(join(this.segmentsPath, name), { recursive: true, force: true })
    return swept
  }

  /** As `sweep`, of the files of indexes. */
  sweepIndexes(isNamed: (segmentId: bigint, indexId: bigint) => boolean): string[] {
    const swept = readdirSync(this.indexesPath).filter((name) => {
      const ids = /^(\d+)-(\d+)\.index$/.exec(name)
      return ids === null || !isNamed(BigInt(ids[1]), BigInt(ids[2]))
    })
    for (const name of swept) rmSync(join(this.indexesPath, name), { recursive: true, force: true })
    return swept
  }

  removeIndex(segmentId: bigint, indexId: bigint): void {
    rmSync(this.indexPath(segmentId, indexId), { force: true })
  }

  /** Removes the files of segments whose ids lie in `[begin, end)`. */
  removeSegments(begin: bigint, end: bigint): void {
    for (const name of readdirSync(this.segmentsPath)) {
      const id = segmentIdOf(name)
      if (id !== null && id >= begin && id < end) this.removeSegment(id)
    }
  }

  /** Removes the file of a segment and those of its indexes. */
  removeSegment(segmentId: bigint): void {
    rmSync(this.segmentPath(segmentId), { force: true })
    const prefix = `${segmentId}-`
    for (const name of readdirSync(this.indexesPath)) {
      if (name.startsWith(prefix)) rmSync(join(this.indexesPath, name), { force: true })
    }
  }

  async close(): Promise<void> {
    await this.store.close()
    await this.#ownership.close()
  }
}

/** @throws ioFailed when the directory is not there and cannot be made */
function madeDirectory(path: string): string {
  try {
    mkdirSync(join(path, 'segments'), { recursive: true })
    mkdirSync(join(path, 'indexes'), { recursive: true })
    return realpathSync(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MillraceError(
      'ioFailed',
      `the data directory ${path} could not be made: ${reason}`,
      {},
      error,
    )
  }
}

/** For workers, which have no DataDirectory. */
export function segmentPathIn(segmentsPath: string, segmentId: bigint): string {
  return join(segmentsPath, `${segmentId}.arrow`)
}

function segmentIdOf(fileName: string): bigint | null {
  const id = /^(\d+)\.arrow$/.exec(fileName)?.[1]
  return id === undefined ? null : BigInt(id)
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
