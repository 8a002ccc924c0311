import { type Column, type ColumnBatch, layoutOf } from '../column/column.js'
import { copyInto } from '../column/copy-into.js'
import { gatherBatch } from '../column/slice.js'
import type { Field } from '../schema/field.js'
import type { SegmentFile } from '../segment/segment-file.js'
import { SegmentWriter } from '../segment/segment-writer.js'
import type { WorkerContext } from '../workers/worker-job.js'
import type { SharedRows } from './growing-segment.js'
import type { GrowingVectorRows } from './growing-vectors.js'

export interface SealInput {
  readonly path: string
  readonly fields: readonly Field[]
  readonly rows: SharedRows
  /** The rows to keep; null: all. */
  readonly rowOffsets: Int32Array | null
}

/** Worker module: writes growing rows as a segment file. */
export function run(input: SealInput, context: WorkerContext): SegmentFile {
  const { path, fields, rowOffsets } = input
  const batch = batchOf(input, context)
  const writer = new SegmentWriter(path, fields, rowOffsets?.length ?? batch.rowCount)
  try {
    if (rowOffsets === null) writer.append(batch)
    else appendRows(writer, batch, rowOffsets, context)
    return writer.finish()
  } catch (error) {
    writer.abort()
    throw error
  }
}

function appendRows(
  writer: SegmentWriter,
  batch: ColumnBatch,
  rowOffsets: Int32Array,
  context: WorkerContext,
): void {
  for (let begin = 0; begin < rowOffsets.length; begin += rowsAtOnce) {
    context.throwIfCancelled()
    writer.append(gatherBatch(batch, rowOffsets.subarray(begin, begin + rowsAtOnce)))
  }
}

/** Copies are made of so many rows at a time: a millisecond or so. */
const rowsAtOnce = 4096

function batchOf({ fields, rows }: SealInput, context: WorkerContext): ColumnBatch {
  const columns = new Map(rows.columns)
  for (const vectors of rows.vectors) {
    const field = fields.find(({ fieldId }) => fieldId === vectors.fieldId)
    if (field) columns.set(field.fieldId, vectorColumn(field, rows.rowCount, vectors, context))
  }
  return { rowCount: rows.rowCount, columns }
}

/** In one piece: a copy. */
function vectorColumn(
  field: Field,
  rowCount: number,
  { parts, validity }: GrowingVectorRows,
  context: WorkerContext,
): Column {
  const layout = layoutOf(field)
  if (layout.shape !== 'fixed') throw new TypeError('vectors have rows of fixed length')
  const values = new layout.valuesType(rowCount * layout.width)
  const bytes = new Uint8Array(values.buffer)
  const rowBytes = layout.width * layout.valuesType.BYTES_PER_ELEMENT
  for (const { memoryId, byteOffset, rowBegin, rowCount: count } of parts) {
    const rows = new Uint8Array(context.memory(memoryId).buffer, byteOffset, count * rowBytes)
    copyInto(bytes, rows, rowBegin * rowBytes)
  }
  return { shape: 'fixed', values, width: layout.width, validity }
}
