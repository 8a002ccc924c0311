import type { PlacedField, ReadContext } from './arrow-ipc-field.js'

/** Where rows take more, fewer of them are read. */
export const readBytesMax = 32 * 1024 ** 2

export async function readOffsets(
  { bufferIndex }: PlacedField,
  offsetBytes: 4 | 8,
  begin: number,
  end: number,
  { buffers }: ReadContext,
): Promise<readonly number[]> {
  // A column without rows may have no offsets.
  if (begin === end) return [0]
  const bytes = await buffers.read(bufferIndex + 1, begin * offsetBytes, (end + 1) * offsetBytes)
  const count = end - begin + 1
  const offsets =
    offsetBytes === 4
      ? Array.from(new Int32Array(bytes.buffer, 0, count))
      : Array.from(new BigInt64Array(bytes.buffer, 0, count), Number)
  for (let row = 0; row < count; row++) {
    if (offsets[row] < (row === 0 ? 0 : offsets[row - 1])) {
      throw new Error(`offsets that fall to ${offsets[row]}`)
    }
  }
  return offsets
}

/** How many rows, one or more, lie within so much. */
export function rowsWithin(offsets: readonly number[], lengthMax: number): number {
  const rowCount = offsets.length - 1
  if (rowCount === 0 || offsets[rowCount] - offsets[0] <= lengthMax) return rowCount
  let rows = 1
  while (rows < rowCount && offsets[rows + 1] - offsets[0] <= lengthMax) rows++
  return rows
}

/** How many rows end within as many items; the last items may have been too long to read. */
export function rowsEndingBy(
  offsets: readonly number[],
  rowCount: number,
  itemCount: number,
): number {
  let rows = rowCount
  while (rows > 0 && offsets[rows] - offsets[0] > itemCount) rows--
  if (rows === 0 && rowCount > 0) throw new Error(`a row of more than ${readBytesMax} bytes`)
  return rows
}

export function rebased(offsets: readonly number[], rows: number): Int32Array {
  return Int32Array.from({ length: rows + 1 }, (_, row) => offsets[row] - offsets[0])
}
