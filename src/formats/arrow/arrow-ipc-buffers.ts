import type { ByteSource } from '../../source/byte-source.js'
import type { ArrowBody, BufferRange } from './arrow-ipc-body.js'
import { decodeLz4Frame } from './arrow-lz4.js'
import { decodeZstd } from './arrow-zstd.js'

/** A compressed buffer is decoded as a whole, and no read asks for more either. */
const bufferBytesMax = 512 * 1024 ** 2

const lz4RatioMax = 256

/** The buffers of a record batch. Compressed ones are kept once decoded. */
export class ArrowBuffers {
  readonly #source: ByteSource
  readonly #body: ArrowBody
  readonly #decoded = new Map<number, Uint8Array>()

  constructor(source: ByteSource, body: ArrowBody) {
    this.#source = source
    this.#body = body
  }

  /** Bytes `[begin, end)` of a buffer, at the begin of an array of their own or where they are aligned. */
  async read(bufferIndex: number, begin: number, end: number): Promise<Uint8Array> {
    const range = this.#body.buffers[bufferIndex]
    if (!range) throw new Error('the record batch has too few buffers')
    if (this.#body.codec === 'none') return this.#readRange(range, begin, end)
    const bytes = await this.#whole(bufferIndex, range)
    if (end > bytes.length) throw tooShort(bytes.length, end)
    return bytes.slice(begin, end)
  }

  /** Whether there is none: a field without nulls may leave out their bitmap. */
  isEmpty(bufferIndex: number): boolean {
    return (this.#body.buffers[bufferIndex]?.byteLength ?? 0) === 0
  }

  async #readRange(range: BufferRange, begin: number, end: number): Promise<Uint8Array> {
    if (end > range.byteLength) throw tooShort(range.byteLength, end)
    checkSize(end - begin)
    const bytes = new Uint8Array(end - begin)
    const count = await this.#source.read(range.begin + begin, bytes)
    if (count < bytes.length) throw new Error('the file was cut meanwhile')
    return bytes
  }

  /** A length of 8 bytes, -1 for bytes that are stored as they are, then the bytes. */
  async #whole(bufferIndex: number, range: BufferRange): Promise<Uint8Array> {
    const known = this.#decoded.get(bufferIndex)
    if (known) return known
    const stored = await this.#readRange(range, 0, range.byteLength)
    const decoded = stored.length === 0 ? stored : this.#decode(stored)
    this.#decoded.set(bufferIndex, decoded)
    return decoded
  }

  #decode(stored: Uint8Array): Uint8Array {
    const byteLength = Number(new DataView(stored.buffer).getBigInt64(0, true))
    const bytes = stored.subarray(8)
    if (byteLength === -1) return bytes
    checkSize(byteLength)
    if (byteLength === 0) return new Uint8Array(0)
    if (this.#body.codec === 'lz4' && byteLength > bytes.length * lz4RatioMax) {
      throw new Error(`${bytes.length} bytes of LZ4 cannot become ${byteLength} bytes`)
    }
    if (this.#body.codec === 'zstd') return decodeZstd(bytes, byteLength)
    return decodeLz4Frame(bytes, byteLength)
  }
}

function checkSize(byteLength: number): void {
  if (byteLength >= 0 && byteLength <= bufferBytesMax) return
  throw new Error(`expected at most ${bufferBytesMax} bytes at once, got ${byteLength}`)
}

function tooShort(byteLength: number, wanted: number): Error {
  return new Error(`expected a buffer of ${wanted} bytes, got ${byteLength}`)
}
