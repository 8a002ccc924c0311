import { hasBit } from '../column/bitmap.js'
import type { BytesColumn, ColumnBatch } from '../column/column.js'
import { BytesBuilder } from '../column/column-builder.js'
import { canonicalWkt } from '../geometry/canonical-wkt.js'
import { DataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { giveWay } from '../workers/give-way.js'

/** The batch with geometries as Milvus answers them; they have been checked. */
export function withCanonicalGeometries(fields: readonly Field[], batch: ColumnBatch): ColumnBatch {
  const geometries = fields.filter(({ dataType }) => dataType === DataType.Geometry)
  if (geometries.length === 0) return batch
  const columns = new Map(batch.columns)
  for (const { fieldId } of geometries) {
    const column = columns.get(fieldId) as BytesColumn | undefined
    if (column) columns.set(fieldId, canonicalColumn(column, batch.rowCount))
  }
  return { ...batch, columns }
}

/** Copied from the first row on only where one is written otherwise. */
function canonicalColumn(column: BytesColumn, rowCount: number): BytesColumn {
  const { bytes, offsets, validity } = column
  let builder: BytesBuilder | null = null
  for (let row = 0; row < rowCount; row++) {
    const isNull = validity !== null && !hasBit(validity, row)
    const text = isNull ? null : canonicalWkt(bytes, offsets[row], offsets[row + 1])
    if (text !== null) builder ??= builderWith(column, row)
    giveWay()
    if (builder === null) continue
    if (text === null) builder.write(bytes, offsets[row], offsets[row + 1])
    else builder.write(Buffer.from(text), 0, Buffer.byteLength(text))
    builder.closeRow()
  }
  return builder === null ? column : { ...builder.finish(), validity }
}

/** With the first rows of a column. */
function builderWith({ bytes, offsets }: BytesColumn, rowCount: number): BytesBuilder {
  const builder = new BytesBuilder()
  for (let row = 0; row < rowCount; row++) {
    builder.write(bytes, offsets[row], offsets[row + 1])
    builder.closeRow()
  }
  return builder
}
