import type { ColumnBatch } from '../column/column.js'
import type { BatchReader } from '../formats/format.js'
import { DataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { withKeys } from './auto-ids.js'

/** Decimal digits of any row's number. */
const digitsMax = 16

/** Why a field cannot have the numbers of rows; null: it can. */
export function rowNumberFault({ name, dataType, maxLength, autoId, isFunctionOutput }: Field) {
  if (autoId) return `'${name}', whose values are made`
  if (isFunctionOutput) return `'${name}', which a function fills`
  if (dataType === DataType.Int64) return null
  const isText = dataType === DataType.VarChar
  if (isText && maxLength >= digitsMax) return null
  return isText ? `'${name}' of max_length ${maxLength}` : `'${name}' of another type`
}

/**
 * A reader that gives a field the number of each row in the job, those that were rejected counted.
 * @param rowsBefore rows of the job before the part
 */
export function numberedReader(reader: BatchReader, field: Field, rowsBefore: number): BatchReader {
  return {
    get bytesRead() {
      return reader.bytesRead
    },
    get checkpoint() {
      return reader.checkpoint
    },
    get warnings() {
      return reader.warnings ?? []
    },
    hasCheckedJson: reader.hasCheckedJson,
    next: async () => {
      const batch = await reader.next()
      return batch && numbered(batch, reader, field, rowsBefore)
    },
    rowOf: (batchRow) => reader.rowOf(batchRow),
    rawRow: (batchRow) => reader.rawRow(batchRow),
    fileOf: (fieldId) => reader.fileOf(fieldId),
    close: () => reader.close(),
  }
}

function numbered(
  batch: ColumnBatch,
  reader: BatchReader,
  field: Field,
  rowsBefore: number,
): ColumnBatch {
  const numbers = new BigInt64Array(batch.rowCount)
  for (let row = 0; row < batch.rowCount; row++) {
    numbers[row] = BigInt(rowsBefore + reader.rowOf(row))
  }
  return withKeys(batch, field, numbers)
}
