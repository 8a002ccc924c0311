import type { Column, ColumnBatch } from '../column/column.js'
import { DataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'

/** The batch with a column of ids in a row: int64, or as decimal strings where the key is a VarChar. */
export function withAutoIds(batch: ColumnBatch, pk: Field, idBegin: bigint): ColumnBatch {
  const { rowCount } = batch
  const ids = new BigInt64Array(rowCount)
  for (let row = 0; row < rowCount; row++) ids[row] = idBegin + BigInt(row)
  return withKeys(batch, pk, ids)
}

/** The batch with a column of numbers: int64, or as decimal strings where the field is a VarChar. */
export function withKeys(batch: ColumnBatch, field: Field, numbers: BigInt64Array): ColumnBatch {
  const column: Column =
    field.dataType === DataType.Int64
      ? { shape: 'fixed', values: numbers, width: 1, validity: null }
      : textsOf(numbers)
  return { ...batch, columns: new Map(batch.columns).set(field.fieldId, column) }
}

function textsOf(numbers: BigInt64Array): Column {
  const rowCount = numbers.length
  const offsets = new Int32Array(rowCount + 1)
  let text = ''
  for (let row = 0; row < rowCount; row++) {
    text += String(numbers[row])
    offsets[row + 1] = text.length // Digits: as many bytes as characters.
  }
  return { shape: 'bytes', offsets, bytes: Buffer.from(text, 'latin1'), validity: null }
}
