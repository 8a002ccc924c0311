import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { MillraceError } from '../errors.js'
import type { WorkerContext } from '../workers/worker-job.js'

export interface ReadIndexInput {
  readonly path: string
  /** In shared memory, as long as the file. */
  readonly bytes: Uint8Array
  /** The file's CRC-32. */
  readonly checksum: number
}

/** Reads an index's file. @throws ioFailed when it is not what was written */
export function run({ path, bytes, checksum }: ReadIndexInput, context: WorkerContext): void {
  const found = readAll(path, bytes, context)
  if (found === checksum) return
  throw new MillraceError(
    'ioFailed',
    `index file ${path}: expected the checksum ${hex(checksum)}, got ${hex(found)}`,
  )
}

function readAll(path: string, bytes: Uint8Array, context: WorkerContext): number {
  const descriptor = openSync(path, 'r')
  try {
    const { size } = fstatSync(descriptor)
    if (size !== bytes.length) {
      const text = `index file ${path}: expected ${bytes.length} bytes, got ${size}`
      throw new MillraceError('ioFailed', text)
    }
    let checksum = 0
    for (let begin = 0; begin < bytes.length; ) {
      context.throwIfCancelled()
      const piece = bytes.subarray(begin, begin + pieceBytes)
      const count = readSync(descriptor, piece)
      checksum = crc32(piece.subarray(0, count), checksum)
      begin += count
    }
    return checksum
  } finally {
    closeSync(descriptor)
  }
}

const pieceBytes = 1024 ** 2

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0')
}
