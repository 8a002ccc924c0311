import * as zlib from 'node:zlib'
import { decompress } from 'fzstd'

interface ZstdOfNode {
  /** Absent before Node 22.15. */
  zstdDecompressSync?(input: Uint8Array, options: { maxOutputLength: number }): Uint8Array
}

const native = (zlib as unknown as ZstdOfNode).zstdDecompressSync

/** Decodes zstd frames into exactly `byteLength` bytes. */
export function decodeZstd(input: Uint8Array, byteLength: number): Uint8Array {
  const output = native
    ? native(input, { maxOutputLength: Math.max(1, byteLength) })
    : decompress(input, new Uint8Array(byteLength))
  if (output.length === byteLength) return output
  throw new Error(`expected ${byteLength} bytes, got ${output.length}`)
}
