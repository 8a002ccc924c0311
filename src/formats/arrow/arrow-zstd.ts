import * as zlib from 'node:zlib'
import { Decompress, decompress } from 'fzstd'
import { refuseLargeWindow, zstdFrameOf } from '../zstd-frame.js'

interface ZstdOfNode {
  /** Absent before Node 22.15. */
  zstdDecompressSync?(input: Uint8Array, options: { maxOutputLength: number }): Uint8Array
}

const native = (zlib as unknown as ZstdOfNode).zstdDecompressSync

/** Decodes zstd frames into exactly `byteLength` bytes. */
export function decodeZstd(input: Uint8Array, byteLength: number): Uint8Array {
  const output = native
    ? native(input, { maxOutputLength: Math.max(1, byteLength) })
    : decodeFrames(input, byteLength)
  if (output.length === byteLength) return output
  throw new Error(`expected ${byteLength} bytes, got ${output.length}`)
}

/** The fast way does not tell how much it has filled: it is for a frame that says so. */
function decodeFrames(input: Uint8Array, byteLength: number): Uint8Array {
  const told = zstdFrameOf(input)?.contentBytes
  if (told === byteLength) return decompress(input, new Uint8Array(byteLength))
  return decodePieces(input, byteLength)
}

function decodePieces(input: Uint8Array, byteLength: number): Uint8Array {
  refuseLargeWindow(input)
  const output = new Uint8Array(byteLength)
  let filled = 0
  const unpacker = new Decompress((piece) => {
    if (filled + piece.length > byteLength) {
      throw new Error(`expected ${byteLength} bytes, got more`)
    }
    output.set(piece, filled)
    filled += piece.length
  })
  unpacker.push(input, true)
  return output.subarray(0, filled)
}
