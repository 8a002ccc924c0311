import { extname } from 'node:path'
import type { ByteSource } from '../../source/byte-source.js'
import type { ArrowType } from '../arrow/arrow-type.js'
import { importError } from '../import-error.js'

/**
 * Vectors one after the other, each with its length before it:
 *
 *   dim: i32 LE ┼ dim items: f32, i32 or u8 ┼ dim ┼ …
 */
export interface VecsFile {
  readonly rowCount: number
  /** Of every vector. */
  readonly dim: number
  readonly itemType: ArrowType
  readonly itemBytes: number
}

export const dimBytes = 4
const dimMax = 2 ** 20

/** @throws importFailed where its length is not that of whole vectors */
export async function readVecsFile(source: ByteSource): Promise<VecsFile> {
  const itemType = itemTypeOf(source.name)
  const itemBytes = itemType.bits / 8
  if (source.byteLength === 0) return { rowCount: 0, dim: 0, itemType, itemBytes }
  const start = new Uint8Array(dimBytes)
  await source.read(0, start)
  const dim = new DataView(start.buffer).getInt32(0, true)
  const place = { file: source.name }
  if (dim < 1 || dim > dimMax) {
    throw importError(place, `expected vectors of 1 to ${dimMax} components, got ${dim}`)
  }
  const rowBytes = dimBytes + dim * itemBytes
  if (source.byteLength % rowBytes !== 0) {
    throw importError(
      place,
      `expected vectors of ${rowBytes} bytes, got ${source.byteLength} bytes, which are not a multiple of it`,
    )
  }
  return { rowCount: source.byteLength / rowBytes, dim, itemType, itemBytes }
}

function itemTypeOf(name: string): Extract<ArrowType, { kind: 'int' | 'float' }> {
  switch (extname(name).toLowerCase()) {
    case '.fvecs':
      return { kind: 'float', bits: 32 }
    case '.ivecs':
      return { kind: 'int', bits: 32, isSigned: true }
    default:
      return { kind: 'int', bits: 8, isSigned: false }
  }
}
