import * as zlib from 'node:zlib'

interface ZstdOfNode {
  /** Absent before Node 22.15. */
  zstdDecompressSync?(input: Uint8Array, options: { maxOutputLength: number }): Uint8Array
}

type ZstdDecoder = (input: Uint8Array, byteLength: number) => Uint8Array

const decode = nativeDecoder() ?? (await wasmDecoder())

/** Decodes zstd frames into exactly `byteLength` bytes. */
export function decodeZstd(input: Uint8Array, byteLength: number): Uint8Array {
  const output = decode(input, byteLength)
  if (output.length === byteLength) return output
  throw new Error(`expected ${byteLength} bytes, got ${output.length}`)
}

function nativeDecoder(): ZstdDecoder | null {
  const { zstdDecompressSync } = zlib as unknown as ZstdOfNode
  if (!zstdDecompressSync) return null
  return (input, byteLength) =>
    zstdDecompressSync(input, { maxOutputLength: Math.max(1, byteLength) })
}

async function wasmDecoder(): Promise<ZstdDecoder> {
  const { ZSTDDecoder } = await import('zstddec')
  const decoder = new ZSTDDecoder()
  await decoder.init()
  // It takes 0 for "as long as the frame says", and gives nothing where the input is broken.
  return (input, byteLength) =>
    byteLength === 0 ? new Uint8Array(0) : decoder.decode(input, byteLength)
}
