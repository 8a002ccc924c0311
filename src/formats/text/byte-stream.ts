import type { ByteSource } from '../../source/byte-source.js'
import { importError } from '../import-error.js'
import { type Compression, compressionOf, decompressed } from './decompress.js'

/** A file's bytes in their order, decompressed where they are compressed. */
export interface ByteStream {
  /** Where in the file, compressed as it may be, the bytes end that were used so far. */
  readonly bytesUsed: number
  /** Fills `target` and returns how many bytes there were: fewer than asked for only at the end. */
  read(target: Uint8Array): Promise<number>
  close(): void
}

/**
 * Opens a file's bytes `[begin, end)`. Of a compressed file they are counted as they are decompressed, and
 * `end` does not matter: it is read to its end.
 * @throws importFailed where a compressed file is broken
 */
export async function openByteStream(
  source: ByteSource,
  begin: number,
  end: number,
): Promise<ByteStream> {
  const compression = await compressionOf(source)
  if (compression === null) return new PlainStream(source, begin, end)
  const stream = new DecompressedStream(source, compression)
  await stream.skip(begin)
  return stream
}

class PlainStream implements ByteStream {
  readonly #source: ByteSource
  readonly #end: number
  #position: number

  constructor(source: ByteSource, begin: number, end: number) {
    this.#source = source
    this.#end = end
    this.#position = begin
  }

  get bytesUsed(): number {
    return this.#position
  }

  async read(target: Uint8Array): Promise<number> {
    const length = Math.max(0, Math.min(target.byteLength, this.#end - this.#position))
    const count = await this.#source.read(this.#position, target.subarray(0, length))
    this.#position += count
    return count
  }

  close(): void {
    this.#position = this.#end
  }
}

/** Of one file. What lies beyond is a bomb rather than rows. */
const decompressedBytesMax = 256 * 1024 ** 3

class DecompressedStream implements ByteStream {
  readonly #source: ByteSource
  readonly #compression: Compression
  readonly #chunks: AsyncGenerator<Uint8Array, void>
  #chunk: Uint8Array = new Uint8Array(0)
  #byteCount = 0
  bytesUsed = 0

  constructor(source: ByteSource, compression: Compression) {
    this.#source = source
    this.#compression = compression
    this.#chunks = decompressed(source, compression, (bytesUsed) => {
      this.bytesUsed = bytesUsed
    })
  }

  async skip(byteCount: number): Promise<void> {
    const discarded = new Uint8Array(Math.min(byteCount, 1024 ** 2))
    for (let rest = byteCount; rest > 0; ) {
      const count = await this.read(discarded.subarray(0, Math.min(rest, discarded.byteLength)))
      if (count === 0) return
      rest -= count
    }
  }

  async read(target: Uint8Array): Promise<number> {
    let filled = 0
    while (filled < target.byteLength) {
      if (this.#chunk.byteLength === 0 && !(await this.#nextChunk())) break
      const some = this.#chunk.subarray(0, target.byteLength - filled)
      target.set(some, filled)
      filled += some.byteLength
      this.#chunk = this.#chunk.subarray(some.byteLength)
    }
    return filled
  }

  async #nextChunk(): Promise<boolean> {
    const { done, value } = await this.#chunks.next()
    if (done) return false
    this.#chunk = value
    this.#byteCount += value.byteLength
    if (this.#byteCount <= decompressedBytesMax) return true
    throw importError(
      { file: this.#source.name },
      `expected at most ${decompressedBytesMax} bytes of decompressed ${this.#compression}, got more`,
    )
  }

  close(): void {
    // What is under way ends by itself, and whatever comes of it is nobody's concern any more.
    this.#chunks.return().catch(() => {})
  }
}
