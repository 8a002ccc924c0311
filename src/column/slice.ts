import { bitmapWithLength, hasBit, setBit } from './bitmap.js'
import type { BytesColumn, Column, ColumnBatch, FixedColumn, FixedValues } from './column.js'

/** Rows `[rowBegin, rowEnd)` of a batch; values are views, only validity may be copied. */
export function sliceBatch(batch: ColumnBatch, rowBegin: number, rowEnd: number): ColumnBatch {
  if (rowBegin === 0 && rowEnd === batch.rowCount) return batch
  const columns = new Map<number, Column>()
  for (const [id, column] of batch.columns) columns.set(id, sliceColumn(column, rowBegin, rowEnd))
  return { rowCount: rowEnd - rowBegin, columns }
}

export function sliceColumn(column: Column, rowBegin: number, rowEnd: number): Column {
  const validity = sliceBitmap(column.validity, rowBegin, rowEnd)
  if (column.shape === 'fixed') {
    const values = column.values.subarray(rowBegin * column.width, rowEnd * column.width)
    return { ...column, values, validity }
  }
  return { ...column, offsets: column.offsets.subarray(rowBegin, rowEnd + 1), validity }
}

/** The rows at `rowOffsets`, in that order, copied. */
export function gatherBatch(batch: ColumnBatch, rowOffsets: Int32Array): ColumnBatch {
  const columns = new Map<number, Column>()
  for (const [id, column] of batch.columns) columns.set(id, gatherColumn(column, rowOffsets))
  return { rowCount: rowOffsets.length, columns }
}

export function gatherColumn(column: Column, rowOffsets: Int32Array): Column {
  const validity = gatherBitmap(column.validity, rowOffsets)
  switch (column.shape) {
    case 'fixed':
      return {
        shape: 'fixed',
        values: gatherFixed(column, rowOffsets),
        width: column.width,
        validity,
      }
    case 'bytes':
      return gatherBytes(column, rowOffsets, validity)
    case 'list': {
      const { offsets, elements } = gatherRanges(column.offsets, rowOffsets)
      const child = gatherColumn(column.child, elements) as FixedColumn | BytesColumn
      return { shape: 'list', offsets, child, validity }
    }
  }
}

function gatherFixed({ values, width }: FixedColumn, rowOffsets: Int32Array): FixedValues {
  const gathered = sameType(values, rowOffsets.length * width)
  if (width === 1) {
    for (let index = 0; index < rowOffsets.length; index++) {
      gathered[index] = values[rowOffsets[index]] as never
    }
    return gathered
  }
  for (let index = 0; index < rowOffsets.length; index++) {
    const start = rowOffsets[index] * width
    gathered.set(values.subarray(start, start + width) as never, index * width)
  }
  return gathered
}

function gatherBytes(
  column: BytesColumn,
  rowOffsets: Int32Array,
  validity: Uint8Array | null,
): BytesColumn {
  const offsets = new Int32Array(rowOffsets.length + 1)
  for (let index = 0; index < rowOffsets.length; index++) {
    const row = rowOffsets[index]
    offsets[index + 1] = offsets[index] + column.offsets[row + 1] - column.offsets[row]
  }
  const bytes = new Uint8Array(offsets[rowOffsets.length])
  for (let index = 0; index < rowOffsets.length; index++) {
    const row = rowOffsets[index]
    bytes.set(column.bytes.subarray(column.offsets[row], column.offsets[row + 1]), offsets[index])
  }
  return { shape: 'bytes', offsets, bytes, validity }
}

function gatherRanges(ranges: Int32Array, rowOffsets: Int32Array) {
  const offsets = new Int32Array(rowOffsets.length + 1)
  for (let index = 0; index < rowOffsets.length; index++) {
    const row = rowOffsets[index]
    offsets[index + 1] = offsets[index] + ranges[row + 1] - ranges[row]
  }
  const elements = new Int32Array(offsets[rowOffsets.length])
  for (let index = 0; index < rowOffsets.length; index++) {
    const first = ranges[rowOffsets[index]]
    for (let at = offsets[index]; at < offsets[index + 1]; at++) {
      elements[at] = first + at - offsets[index]
    }
  }
  return { offsets, elements }
}

function sliceBitmap(
  bitmap: Uint8Array | null,
  bitBegin: number,
  bitEnd: number,
): Uint8Array | null {
  if (bitmap === null) return null
  if (bitBegin % 8 === 0) return bitmap.subarray(bitBegin >> 3, (bitEnd + 7) >> 3)
  const sliced = bitmapWithLength(bitEnd - bitBegin)
  for (let bit = bitBegin; bit < bitEnd; bit++)
    if (hasBit(bitmap, bit)) setBit(sliced, bit - bitBegin)
  return sliced
}

function gatherBitmap(bitmap: Uint8Array | null, rowOffsets: Int32Array): Uint8Array | null {
  if (bitmap === null) return null
  const gathered = bitmapWithLength(rowOffsets.length)
  for (let index = 0; index < rowOffsets.length; index++) {
    if (hasBit(bitmap, rowOffsets[index])) setBit(gathered, index)
  }
  return gathered
}

function sameType(values: FixedValues, length: number): FixedValues {
  return new (values.constructor as new (length: number) => FixedValues)(length)
}
