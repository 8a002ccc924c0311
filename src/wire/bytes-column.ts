import type { BytesColumn } from '../column/column.js'

/** UTF-8. */
export function bytesColumnFromStrings(texts: readonly string[]): BytesColumn {
  const offsets = new Int32Array(texts.length + 1)
  for (let row = 0; row < texts.length; row++) {
    offsets[row + 1] = offsets[row] + Buffer.byteLength(texts[row])
  }
  const bytes = new Uint8Array(offsets[texts.length])
  const buffer = Buffer.from(bytes.buffer)
  for (let row = 0; row < texts.length; row++) buffer.write(texts[row], offsets[row])
  return { shape: 'bytes', offsets, bytes, validity: null }
}

export function bytesColumnFromRows(rows: readonly Uint8Array[]): BytesColumn {
  const offsets = new Int32Array(rows.length + 1)
  for (let row = 0; row < rows.length; row++) offsets[row + 1] = offsets[row] + rows[row].length
  const bytes = new Uint8Array(offsets[rows.length])
  for (let row = 0; row < rows.length; row++) bytes.set(rows[row], offsets[row])
  return { shape: 'bytes', offsets, bytes, validity: null }
}

export function stringsFromColumn({ offsets, bytes }: BytesColumn, rowCount: number): string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const texts: string[] = new Array(rowCount)
  for (let row = 0; row < rowCount; row++) {
    texts[row] = text.toString('utf8', offsets[row], offsets[row + 1])
  }
  return texts
}

/** Views of the column. */
export function rowsFromColumn({ offsets, bytes }: BytesColumn, rowCount: number): Uint8Array[] {
  const rows: Uint8Array[] = new Array(rowCount)
  for (let row = 0; row < rowCount; row++) {
    rows[row] = bytes.subarray(offsets[row], offsets[row + 1])
  }
  return rows
}
