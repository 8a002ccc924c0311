import { mkdirSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { MillraceError } from '../errors.js'
import { Serial } from '../util/serial.js'
import { claimDirectory, type Ownership } from './ownership.js'
import { Store } from './store.js'

/**
 * The one directory that a server owns:
 *
 *     <data>/store.mdb       the store (LMDB)
 *     <data>/segments/       <segment id>.arrow
 *     <data>/indexes/        <segment id>-<index id>.index
 *     <data>/rejects/        <task id>.jsonl: rows that an import left out
 *     <data>/snapshots/      <snapshot id>/: files of segments and indexes, as they are called there
 */
export class DataDirectory {
  readonly path: string
  readonly segmentsPath: string
  readonly indexesPath: string
  readonly snapshotsPath: string
  readonly store: Store
  readonly #ownership: Ownership
  /** Segments whose files are to go. */
  #doomed = new Set<bigint>()
  /** A disk takes its time to give back gigabytes, and nobody is to wait for it. */
  readonly #removals = new Serial()

  private constructor(path: string, store: Store, ownership: Ownership) {
    this.path = path
    this.segmentsPath = join(path, 'segments')
    this.indexesPath = join(path, 'indexes')
    this.snapshotsPath = join(path, 'snapshots')
    this.store = store
    this.#ownership = ownership
  }

  /** @throws serviceUnavailable when another server owns the directory. */
  static async open(path: string): Promise<DataDirectory> {
    const realPath = madeDirectory(path)
    const store = Store.open(realPath)
    try {
      const ownership = await claimDirectory(realPath, store)
      await syncDirectory(realPath)
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

  syncIndexes(): Promise<void> {
    return syncDirectory(this.indexesPath)
  }

  /** Makes the names of files written before durable, which their own fsync does not. */
  syncSegments(): Promise<void> {
    return syncDirectory(this.segmentsPath)
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
    const path = this.indexPath(segmentId, indexId)
    void this.#removals.run(() => removeFile(path))
  }

  /** Removes the files of segments whose ids lie in `[begin, end)`. */
  async removeSegments(begin: bigint, end: bigint): Promise<void> {
    await this.#removals.run(async () => {
      for (const name of await readdir(this.segmentsPath)) {
        const id = segmentIdOf(name)
        if (id !== null && id >= begin && id < end) this.removeSegment(id)
      }
    })
    await this.removed()
  }

  /** Removes the file of a segment and those of its indexes. */
  removeSegment(segmentId: bigint): void {
    this.#doomed.add(segmentId)
    if (this.#doomed.size === 1) void this.#removals.run(() => this.#removeDoomed())
  }

  /** Settles when the files are gone that were to be removed until now. */
  removed(): Promise<void> {
    return this.#removals.idle()
  }

  async close(): Promise<void> {
    await this.removed()
    await this.store.close()
    await this.#ownership.close()
  }

  async #removeDoomed(): Promise<void> {
    const doomed = this.#doomed
    this.#doomed = new Set()
    for (const segmentId of doomed) await removeFile(this.segmentPath(segmentId))
    for (const name of await readdir(this.indexesPath)) {
      const id = /^(\d+)-/.exec(name)?.[1]
      if (id !== undefined && doomed.has(BigInt(id))) await removeFile(join(this.indexesPath, name))
    }
  }
}

/** @throws ioFailed when the directory is not there and cannot be made */
function madeDirectory(path: string): string {
  try {
    mkdirSync(join(path, 'segments'), { recursive: true })
    mkdirSync(join(path, 'indexes'), { recursive: true })
    mkdirSync(join(path, 'snapshots'), { recursive: true })
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

/** What cannot be removed now is garbage that the next start sweeps. */
async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => {})
}

export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return // Windows has no handle for a directory's sync.
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
