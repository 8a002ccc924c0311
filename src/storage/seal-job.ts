import type { ColumnBatch } from '../column/column.js'
import { gatherBatch } from '../column/slice.js'
import type { Field } from '../schema/field.js'
import type { SegmentFile } from '../segment/segment-file.js'
import { SegmentWriter } from '../segment/segment-writer.js'

export interface SealInput {
  readonly path: string
  readonly fields: readonly Field[]
  readonly batch: ColumnBatch
  /** The rows to keep; null: all. */
  readonly rowOffsets: Int32Array | null
}

/** Worker module: writes growing rows as a segment file. */
export function run({ path, fields, batch, rowOffsets }: SealInput): SegmentFile {
  const rows = rowOffsets === null ? batch : gatherBatch(batch, rowOffsets)
  const writer = new SegmentWriter(path, fields, rows.rowCount)
  try {
    writer.append(rows)
    return writer.finish()
  } catch (error) {
    writer.abort()
    throw error
  }
}
