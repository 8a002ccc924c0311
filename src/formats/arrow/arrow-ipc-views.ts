import { hasBit } from '../../column/bitmap.js'
import type { BytesColumn } from '../../column/column.js'
import type { PlacedField, ReadContext } from './arrow-ipc-field.js'
import { readBytesMax, rowsWithin } from './arrow-ipc-offsets.js'

const viewBytes = 16
const inlineBytes = 12

/** A view: length, then up to 12 bytes, or 4 bytes and the buffer and the place where all of them are. */
export async function readViews(
  placed: PlacedField,
  begin: number,
  end: number,
  validity: Uint8Array | null,
  context: ReadContext,
): Promise<BytesColumn> {
  const first = placed.bufferIndex + 1
  const bytes = await context.buffers.read(first, begin * viewBytes, end * viewBytes)
  const views = new Int32Array(bytes.buffer, 0, (end - begin) * 4)
  const lengths = Array.from({ length: end - begin }, (_, row) =>
    validity === null || hasBit(validity, row) ? views[row * 4] : 0,
  )
  const offsets = [0]
  for (const length of lengths) offsets.push(offsets[offsets.length - 1] + checkedLength(length))
  const rows = rowsWithin(offsets, readBytesMax)
  const texts = new Uint8Array(offsets[rows])
  for (let row = 0; row < rows; row++) {
    const length = lengths[row]
    const isInline = length <= inlineBytes
    const buffer = views[row * 4 + 2]
    const from = views[row * 4 + 3]
    if (!isInline && (buffer < 0 || buffer >= placed.viewBufferCount || from < 0)) {
      throw new Error(`a view of buffer ${buffer} of ${placed.viewBufferCount}`)
    }
    const text = isInline
      ? bytes.subarray(row * viewBytes + 4, row * viewBytes + 4 + length)
      : await context.buffers.read(first + 1 + buffer, from, from + length)
    texts.set(text, offsets[row])
  }
  return {
    shape: 'bytes',
    offsets: Int32Array.from(offsets.slice(0, rows + 1)),
    bytes: texts,
    validity,
  }
}

function checkedLength(length: number): number {
  if (length < 0) throw new Error(`a view of ${length} bytes`)
  return length
}
