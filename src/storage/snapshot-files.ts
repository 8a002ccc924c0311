import { readdirSync, rmSync } from 'node:fs'
import { copyFile, link, mkdir, open, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { MillraceError } from '../errors.js'
import { type DataDirectory, syncDirectory } from './data-directory.js'
import type { SegmentRecord } from './records.js'

/** A segment of a snapshot, and what it becomes where it is restored: as many indexes, in their order. */
export interface RestoredSegment {
  readonly from: SegmentRecord
  readonly record: SegmentRecord
}

/**
 * The files of snapshots, in a directory for each. They are links to those of the collection's segments,
 * which never change, so that they cost no space until those go; copies where links cannot be made.
 */
export class SnapshotFiles {
  readonly #directory: DataDirectory

  constructor(directory: DataDirectory) {
    this.#directory = directory
  }

  /** Durable when it settles. @throws ioFailed when a file is not there, or there is no room */
  async keep(snapshotId: bigint, segments: readonly SegmentRecord[]): Promise<void> {
    const path = this.#pathOf(snapshotId)
    await mkdir(path)
    for (const segment of segments) {
      for (const file of this.#filesOf(segment)) await linkFile(file, join(path, basename(file)))
    }
    await syncDirectory(path)
    await syncDirectory(this.#directory.snapshotsPath)
  }

  /** Files of segments that nothing names yet; durable when it settles. @throws ioFailed, as `keep` */
  async restore(snapshotId: bigint, segments: readonly RestoredSegment[]): Promise<void> {
    const path = this.#pathOf(snapshotId)
    for (const { from, record } of segments) {
      const targets = this.#filesOf(record)
      for (const [index, file] of this.#filesOf(from).entries()) {
        await linkFile(join(path, basename(file)), targets[index])
      }
    }
    await this.#directory.syncSegments()
    await this.#directory.syncIndexes()
  }

  /** What cannot be removed now is garbage that the next start sweeps. */
  async drop(snapshotId: bigint): Promise<void> {
    await rm(this.#pathOf(snapshotId), { recursive: true, force: true }).catch(() => {})
  }

  /** Removes the directories of snapshots that are not there; what a crash left behind. */
  sweep(isNamed: (snapshotId: bigint) => boolean): string[] {
    const path = this.#directory.snapshotsPath
    const swept = readdirSync(path).filter((name) => !/^\d+$/.test(name) || !isNamed(BigInt(name)))
    for (const name of swept) rmSync(join(path, name), { recursive: true, force: true })
    return swept
  }

  #pathOf(snapshotId: bigint): string {
    return join(this.#directory.snapshotsPath, String(snapshotId))
  }

  #filesOf({ segmentId, indexes }: SegmentRecord): string[] {
    const indexPaths = indexes.map(({ indexId }) => this.#directory.indexPath(segmentId, indexId))
    return [this.#directory.segmentPath(segmentId), ...indexPaths]
  }
}

async function linkFile(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch {
    await copyWhole(from, to)
  }
}

/** Not every file system has links, and some have few for a file. */
async function copyWhole(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to)
    const file = await open(to, 'r+')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MillraceError('ioFailed', `${from} could not be copied: ${reason}`, {}, error)
  }
}
