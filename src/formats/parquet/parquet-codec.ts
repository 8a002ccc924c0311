import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { compressors } from 'hyparquet-compressors'
import { decodeLz4Block } from '../arrow/arrow-lz4.js'
import { decodeZstd } from '../arrow/arrow-zstd.js'

interface Codec {
  /** No input of this codec can become longer by more than this. */
  readonly ratioMax: number
  decode(input: Uint8Array, byteLength: number): Uint8Array
}

const codecs: Readonly<Record<string, Codec>> = {
  UNCOMPRESSED: { ratioMax: 1, decode: (input) => input },
  SNAPPY: { ratioMax: 32, decode: decodeSnappy },
  GZIP: { ratioMax: 1100, decode: decodeGzip },
  LZ4_RAW: { ratioMax: 256, decode: decodeLz4Raw },
  LZ4: { ratioMax: 256, decode: decodeLz4 },
  ZSTD: { ratioMax: Number.POSITIVE_INFINITY, decode: decodeZstd },
  BROTLI: { ratioMax: Number.POSITIVE_INFINITY, decode: decodeBrotli },
}

/** Decodes a page's bytes into exactly `byteLength` bytes. */
export function decodePage(codecName: string, input: Uint8Array, byteLength: number): Uint8Array {
  const codec = codecs[codecName]
  if (!codec)
    throw new Error(`unsupported compression ${codecName ?? 'of a number that is not known'}`)
  if (byteLength > input.length * codec.ratioMax + 64) {
    throw new Error(`${input.length} bytes of ${codecName} cannot become ${byteLength} bytes`)
  }
  if (byteLength === 0) return new Uint8Array(0)
  const output = codec.decode(input, byteLength)
  if (output.length !== byteLength) {
    throw new Error(`expected ${byteLength} bytes of a page, got ${output.length}`)
  }
  return output
}

/** A block begins with its length, which the decoder trusts. */
function decodeSnappy(input: Uint8Array, byteLength: number): Uint8Array {
  let found = 0
  for (let at = 0; at < 5; at++) {
    found += (input[at] & 0x7f) * 2 ** (7 * at)
    if (input[at] < 0x80) break
  }
  if (found !== byteLength) throw new Error(`expected ${byteLength} bytes of Snappy, got ${found}`)
  return compressors.SNAPPY!(input, byteLength)
}

function decodeGzip(input: Uint8Array, byteLength: number): Uint8Array {
  return gunzipSync(input, { maxOutputLength: byteLength })
}

function decodeBrotli(input: Uint8Array, byteLength: number): Uint8Array {
  return brotliDecompressSync(input, { maxOutputLength: byteLength })
}

function decodeLz4Raw(input: Uint8Array, byteLength: number): Uint8Array {
  const output = new Uint8Array(byteLength)
  return output.subarray(0, decodeLz4Block(input, output, 0, 0))
}

/** Once these were Hadoop's: big-endian lengths, plain and stored, before each block. */
function decodeLz4(input: Uint8Array, byteLength: number): Uint8Array {
  if (!isHadoop(input, byteLength)) return decodeLz4Raw(input, byteLength)
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  const output = new Uint8Array(byteLength)
  let filled = 0
  for (let position = 0; position < input.length; ) {
    const end = position + 8 + view.getUint32(position + 4)
    const block = output.subarray(filled, filled + view.getUint32(position))
    filled += decodeLz4Block(input.subarray(position + 8, end), block, 0, 0)
    position = end
  }
  return output.subarray(0, filled)
}

/** Whether the lengths before the blocks add up to what there is. */
function isHadoop(input: Uint8Array, byteLength: number): boolean {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  let plainBytes = 0
  let position = 0
  while (position + 8 <= input.length && plainBytes <= byteLength) {
    plainBytes += view.getUint32(position)
    position += 8 + view.getUint32(position + 4)
  }
  return position === input.length && plainBytes === byteLength
}
