import { bitmapWithLength, hasBit, setBit } from '../../column/bitmap.js'
import type { PlacedField, ReadContext } from './arrow-ipc-field.js'

/** An empty buffer of validity: there are no nulls. */
export async function readValidity(
  { field, bufferIndex }: PlacedField,
  begin: number,
  end: number,
  context: ReadContext,
): Promise<Uint8Array | null> {
  if (field.layout.kind === 'null' || context.buffers.isEmpty(bufferIndex)) return null
  const bits = await readBits(bufferIndex, begin, end, context)
  for (let row = 0; row < end - begin; row++) if (!hasBit(bits, row)) return bits
  return null
}

export async function readBits(
  bufferIndex: number,
  begin: number,
  end: number,
  { buffers }: ReadContext,
): Promise<Uint8Array> {
  const bytes = await buffers.read(bufferIndex, Math.floor(begin / 8), Math.ceil(end / 8))
  if ((begin & 7) === 0) return bytes
  const bits = bitmapWithLength(end - begin)
  for (let row = 0; row < end - begin; row++)
    if (hasBit(bytes, (begin & 7) + row)) setBit(bits, row)
  return bits
}
