import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { WorkerContext } from '../workers/worker-job.js'

export interface WriteIndexInput {
  readonly path: string
  /** In shared memory. */
  readonly bytes: Uint8Array
}

/** Writes an index as a file, synced; its name is not. @returns the file's CRC-32 */
export function run({ path, bytes }: WriteIndexInput, context: WorkerContext): number {
  const descriptor = openSync(path, 'w')
  try {
    let checksum = 0
    for (let begin = 0; begin < bytes.length; ) {
      context.throwIfCancelled()
      const piece = bytes.subarray(begin, begin + pieceBytes)
      const written = writeSync(descriptor, piece)
      checksum = crc32(piece.subarray(0, written), checksum)
      begin += written
    }
    fsyncSync(descriptor)
    return checksum
  } finally {
    closeSync(descriptor)
  }
}

/** A fraction of a millisecond, and in the cache when its checksum is made. */
const pieceBytes = 512 * 1024
