import { bitmapWithLength, setBit } from '../../dist/column/bitmap.js'
import type { CollectionSchema } from '../../dist/schema/collection-schema.js'
import { primaryKeyOf } from '../../dist/schema/collection-schema.js'
import type { SegmentView } from '../../dist/search/segment-view.js'
import { pkOrderOf } from '../../dist/segment/pk-order.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'
import { columnsOf, type Row } from '../expr/fixture.js'

/** Starts no thread before one is needed. */
const pool = createWorkerPool()

/** A view over plain rows; `deleted` are row offsets. */
export function viewOf(
  schema: CollectionSchema,
  segmentId: bigint,
  rows: readonly Row[],
  deleted: ReadonlySet<number> = new Set(),
): SegmentView {
  const columns = columnsOf(schema, rows)
  const alive = bitmapWithLength(rows.length)
  rows.forEach((_, row) => {
    if (!deleted.has(row)) setBit(alive, row)
  })
  return {
    segmentId,
    partitionId: 1n,
    isGrowing: false,
    rowCount: rows.length,
    pool,
    alive: deleted.size === 0 ? null : alive,
    column: async (field) => columns.get(field.fieldId)!,
    validity: async (field) => columns.get(field.fieldId)!.validity,
    pkOrder: async () => pkOrderOf(columns.get(primaryKeyOf(schema).fieldId)!, rows.length),
    vectorParts: () => [],
    vectorFile: () => null,
    vectorIndex: () => null,
    scalarIndexes: async () => [],
    spatialIndexes: async () => [],
  }
}
