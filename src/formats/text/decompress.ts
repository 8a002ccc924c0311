import { Readable, type Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { Decompress } from 'fzstd'
import { MillraceError } from '../../errors.js'
import type { ByteSource } from '../../source/byte-source.js'
import { decodingReason, importError } from '../import-error.js'
import { refuseLargeWindow } from '../zstd-frame.js'

export type Compression = 'gzip' | 'zstd'

/** How a file is compressed, told by its first bytes: no text begins like that. */
export async function compressionOf(source: ByteSource): Promise<Compression | null> {
  const start = new Uint8Array(4)
  const count = await source.read(0, start)
  if (count >= 2 && start[0] === 0x1f && start[1] === 0x8b) return 'gzip'
  const isFrame = start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd
  return isFrame ? 'zstd' : null
}

/**
 * The file's bytes, decompressed, in chunks.
 * @param reportUsed is told how many of the file's bytes were used
 * @throws importFailed where the file is broken
 */
export async function* decompressed(
  source: ByteSource,
  compression: Compression,
  reportUsed: (byteCount: number) => void,
): AsyncGenerator<Uint8Array, void> {
  const input = chunksOf(source, reportUsed)
  try {
    const transform = transformOf(compression)
    if (transform) yield* piped(input, transform)
    else yield* unpackedZstd(input)
  } catch (error) {
    if (error instanceof MillraceError) throw error
    // What fetch throws is a TypeError, and no fault of the file's.
    const reason = error instanceof TypeError ? error.message : decodingReason(error)
    throw importError(
      { file: source.name },
      `expected a file compressed with ${compression}, got one that is broken: ${reason}`,
      error,
    )
  }
}

const chunkBytes = 256 * 1024

async function* chunksOf(
  source: ByteSource,
  reportUsed: (byteCount: number) => void,
): AsyncGenerator<Uint8Array, void> {
  for (let position = 0; ; ) {
    const chunk = new Uint8Array(chunkBytes)
    const count = await source.read(position, chunk)
    if (count === 0) return
    position += count
    reportUsed(position)
    yield chunk.subarray(0, count)
  }
}

/** Node before 22.15 has no zstd. */
const { createZstdDecompress } = zlib as {
  createZstdDecompress?: (options: { chunkSize: number }) => Transform
}

function transformOf(compression: Compression): Transform | undefined {
  const options = { chunkSize: chunkBytes }
  return compression === 'gzip' ? zlib.createGunzip(options) : createZstdDecompress?.(options)
}

async function* piped(
  input: AsyncGenerator<Uint8Array, void>,
  transform: Transform,
): AsyncGenerator<Uint8Array, void> {
  const readable = Readable.from(input)
  readable.on('error', (error) => transform.destroy(error))
  try {
    yield* readable.pipe(transform)
  } finally {
    readable.destroy()
  }
}

async function* unpackedZstd(
  input: AsyncGenerator<Uint8Array, void>,
): AsyncGenerator<Uint8Array, void> {
  let chunks: Uint8Array[] = []
  const unpacker = new Decompress((chunk) => {
    if (chunk.byteLength > 0) chunks.push(chunk)
  })
  let isFirst = true
  for await (const packed of input) {
    if (isFirst) refuseLargeWindow(packed)
    isFirst = false
    unpacker.push(packed)
    yield* chunks
    chunks = []
  }
  unpacker.push(new Uint8Array(0), true)
  yield* chunks
}
