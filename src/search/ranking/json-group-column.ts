import { bitmapWithLength, setBit } from '../../column/bitmap.js'
import type { BytesColumn, Column, FixedColumn } from '../../column/column.js'
import { endsOf, jsonValueColumn } from '../../expr/json-columns.js'
import { eachJsonValue } from '../../expr/json-rows.js'
import { type JsonStep, jsonKindAt, jsonSkip } from '../../expr/json-scan.js'
import { DataType } from '../../schema/data-type.js'

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
  const lengths = new Int32Array(rowCount + 1)
  const texts = Buffer.alloc(column.offsets[rowCount] - column.offsets[0])
  const validity = bitmapWithLength(rowCount)
  let written = 0
  eachJsonValue(path, column, rowCount, null, (row, bytes, position, end) => {
    if (jsonKindAt(bytes, position) === 'null') return
    setBit(validity, row)
    lengths[row + 1] = bytes.copy(texts, written, position, jsonSkip(bytes, position, end))
    written += lengths[row + 1]
  })
  return { shape: 'bytes', offsets: endsOf(lengths), bytes: texts, validity }
}

/** Whole numbers, with all their digits. */
function wholeColumn(
  path: readonly JsonStep[],
  column: BytesColumn,
  rowCount: number,
): FixedColumn {
  const values = new BigInt64Array(rowCount)
  const validity = bitmapWithLength(rowCount)
  eachJsonValue(path, column, rowCount, 'number', (row, bytes, position, end) => {
    const text = bytes.toString('latin1', position, jsonSkip(bytes, position, end))
    if (!/^-?\d{1,19}$/.test(text)) return
    setBit(validity, row)
    values[row] = BigInt(text)
  })
  return { shape: 'fixed', values, width: 1, validity }
}
