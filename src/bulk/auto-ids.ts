import type { Column, ColumnBatch } from '../column/column.js'
import { DataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'

/** The batch with a column of ids in a row: int64, or as decimal strings where the key is a VarChar. */
export function withAutoIds(batch: ColumnBatch, pk: Field, idBegin: bigint): ColumnBatch {
  const { rowCount } = batch
  const ids =
    pk.dataType === DataType.Int64 ? int64Ids(idBegin, rowCount) : textIds(idBegin, rowCount)
  return { rowCount, columns: new Map(batch.columns).set(pk.fieldId, ids) }
}

function int64Ids(idBegin: bigint, rowCount: number): Column {
  const values = new BigInt64Array(rowCount)
  for (let row = 0; row < rowCount; row++) values[row] = idBegin + BigInt(row)
  return { shape: 'fixed', values, width: 1, validity: null }
}

function textIds(idBegin: bigint, rowCount: number): Column {
  const offsets = new Int32Array(rowCount + 1)
  let text = ''
  for (let row = 0; row < rowCount; row++) {
    text += String(idBegin + BigInt(row))
    offsets[row + 1] = text.length // Digits: as many bytes as characters.
  }
  return { shape: 'bytes', offsets, bytes: Buffer.from(text, 'latin1'), validity: null }
}
