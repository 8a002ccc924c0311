import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { MillraceError } from '../errors.js'
import type { WorkerContext } from '../workers/worker-job.js'

export interface ReadIndexInput {
  readonly path: string
  /** That the file is to have. */
  readonly fileBytes: number
  /** In shared memory, for the bytes of the file from `byteOffset` on. */
  readonly bytes: Uint8Array
  readonly byteOffset: number
}

/** Reads a part of an index's file. @returns its CRC-32 @throws ioFailed */
export function run(input: ReadIndexInput, context: WorkerContext): number {
  const { path, fileBytes, bytes, byteOffset } = input
  const descriptor = openSync(path, 'r')
  try {
    const { size } = fstatSync(descriptor)
    if (size !== fileBytes) {
      const text = `index file ${path}: expected ${fileBytes} bytes, got ${size}`
      throw new MillraceError('ioFailed', text)
    }
    let checksum = 0
    for (let begin = 0; begin < bytes.length; ) {
      context.throwIfCancelled()
      const piece = bytes.subarray(begin, begin + pieceBytes)
      const count = readSync(descriptor, piece, 0, piece.length, byteOffset + begin)
      if (count === 0) throw new MillraceError('ioFailed', `index file ${path} became shorter`)
      checksum = crc32(piece.subarray(0, count), checksum)
      begin += count
    }
    return checksum
  } finally {
    closeSync(descriptor)
  }
}

/** So small that it is in the cache when its checksum is made. */
const pieceBytes = 512 * 1024
