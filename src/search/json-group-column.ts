import { bitmapWithLength, setBit } from '../column/bitmap.js'
import type { BytesColumn, Column, FixedColumn } from '../column/column.js'
import { bufferOf, jsonValueColumn } from '../expr/json-columns.js'
import { type JsonStep, jsonLocate, jsonSkip } from '../expr/json-scan.js'
import { DataType } from '../schema/data-type.js'

/**
 * What lies at a path of each row's document, to group rows by: null where nothing of the type is there.
 * @param dataType Bool, VarChar or Int64; JSON: whatever is there, as it is written
 */
export function jsonGroupColumn(
  path: readonly JsonStep[],
  dataType: DataType,
  column: BytesColumn,
  rowCount: number,
): Column {
  if (dataType === DataType.JSON) return writtenColumn(path, column, rowCount)
  if (dataType === DataType.Int64) return wholeColumn(path, column, rowCount)
  return jsonValueColumn({ path, dataType }, column, rowCount)
}

function writtenColumn(
  path: readonly JsonStep[],
  column: BytesColumn,
  rowCount: number,
): BytesColumn {
  const bytes = bufferOf(column)
  const offsets = new Int32Array(rowCount + 1)
  const texts = Buffer.alloc(column.offsets[rowCount] - column.offsets[0])
  const validity = bitmapWithLength(rowCount)
  for (let row = 0; row < rowCount; row++) {
    offsets[row + 1] = offsets[row]
    const end = column.offsets[row + 1]
    const position = jsonLocate(bytes, column.offsets[row], end, path)
    if (position < 0) continue
    const valueEnd = jsonSkip(bytes, position, end)
    if (bytes.toString('latin1', position, valueEnd) === 'null') continue
    setBit(validity, row)
    offsets[row + 1] += bytes.copy(texts, offsets[row], position, valueEnd)
  }
  return { shape: 'bytes', offsets, bytes: texts, validity }
}

/** Whole numbers, with all their digits. */
function wholeColumn(
  path: readonly JsonStep[],
  column: BytesColumn,
  rowCount: number,
): FixedColumn {
  const bytes = bufferOf(column)
  const values = new BigInt64Array(rowCount)
  const validity = bitmapWithLength(rowCount)
  for (let row = 0; row < rowCount; row++) {
    const end = column.offsets[row + 1]
    const position = jsonLocate(bytes, column.offsets[row], end, path)
    if (position < 0) continue
    const text = bytes.toString('latin1', position, jsonSkip(bytes, position, end))
    if (!/^-?\d{1,19}$/.test(text)) continue
    setBit(validity, row)
    values[row] = BigInt(text)
  }
  return { shape: 'fixed', values, width: 1, validity }
}
