import type { ColumnBatch } from '../column/column.js'
import { gatherBatch } from '../column/slice.js'
import type { BatchReader, RejectedRow } from '../formats/format.js'
import { createFiniteChecks } from '../kernels/finite-checks.js'
import { DataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { withCanonicalGeometries } from './canonical-geometries.js'
import type { StepRejects } from './step-rejects.js'
import { badRowsOf, validateBatch } from './validate-batch.js'

const checks = createFiniteChecks()

/**
 * The next rows of a reader, checked, geometries as they are stored; null at the end. With `rejects`, bad ones are written down there and
 * left out, which may leave none.
 * @throws importFailed naming the part's row, where nothing may be left out
 */
export async function nextCheckedRows(
  reader: BatchReader,
  fields: readonly Field[],
  rejects: StepRejects | null,
): Promise<ColumnBatch | null> {
  const batch = await reader.next()
  if (batch === null) return null
  const unchecked = reader.hasCheckedJson ? fields.filter(isNoJson) : fields
  if (rejects) {
    return withCanonicalGeometries(fields, withoutBadRows(reader, unchecked, batch, rejects))
  }
  const fileOf = (fieldId: number) => reader.fileOf(fieldId)
  const rowOf = (batchRow: number) => reader.rowOf(batchRow)
  validateBatch(unchecked, batch, checks, fileOf, rowOf)
  return withCanonicalGeometries(fields, batch)
}

function isNoJson({ dataType }: Field): boolean {
  return dataType !== DataType.JSON
}

function withoutBadRows(
  reader: BatchReader,
  fields: readonly Field[],
  batch: ColumnBatch,
  rejects: StepRejects,
): ColumnBatch {
  const bad = badRowsOf(fields, batch, checks)
  if (bad.size === 0) return batch
  for (const [batchRow, { field, message }] of bad) {
    const { line, byteOffset, text } = reader.rawRow(batchRow)
    const rejected: RejectedRow = {
      row: reader.rowOf(batchRow),
      line,
      byteOffset,
      field: field.name,
      reason: message,
      rawText: text,
    }
    rejects.add(reader.fileOf(field.fieldId), rejected)
  }
  const good = new Int32Array(batch.rowCount - bad.size)
  let count = 0
  for (let row = 0; row < batch.rowCount; row++) if (!bad.has(row)) good[count++] = row
  return gatherBatch(batch, good)
}
