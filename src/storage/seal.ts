import { bitmapWithLength, setBit } from '../column/bitmap.js'
import type { CollectionSchema } from '../schema/collection-schema.js'
import type { SegmentFile } from '../segment/segment-file.js'
import type { GrowingSegment } from './growing-segment.js'
import { runsOfRows } from './insert-times.js'
import type { SegmentRecord } from './records.js'
import type { RowsContext } from './rows-context.js'
import type { SealInput } from './seal-job.js'

interface SealedGrowing {
  readonly growing: GrowingSegment
  readonly record: SegmentRecord
  /** The growing rows that the file holds, in its order. */
  readonly rowOffsets: Int32Array
}

/**
 * Writes the rows of growing segments that live when it is called as segment files, which nothing names
 * yet. A segment without live rows makes none. When one fails, none is left.
 */
export async function sealGrowing(
  context: RowsContext,
  schema: CollectionSchema,
  segments: readonly GrowingSegment[],
): Promise<SealedGrowing[]> {
  const sealed: SealedGrowing[] = []
  const live = segments.map(liveRows)
  try {
    for (const [index, growing] of segments.entries()) {
      const rowOffsets = live[index]
      if (rowOffsets.length === 0) continue
      sealed.push(await sealOne(context, schema, growing, rowOffsets))
    }
  } catch (error) {
    for (const { record } of sealed) context.directory.removeSegment(record.segmentId)
    throw error
  }
  if (sealed.length > 0) await context.directory.syncSegments()
  return sealed
}

/** The sealed rows whose growing ones were deleted since, a set bit each; null: none. */
export function deletedSince(growing: GrowingSegment, rowOffsets: Int32Array): Uint8Array | null {
  let deleted: Uint8Array | null = null
  for (let row = 0; row < rowOffsets.length; row++) {
    if (!growing.isDeleted(rowOffsets[row])) continue
    deleted ??= bitmapWithLength(rowOffsets.length)
    setBit(deleted, row)
  }
  return deleted
}

async function sealOne(
  { directory, oracle, pool }: RowsContext,
  schema: CollectionSchema,
  growing: GrowingSegment,
  rowOffsets: Int32Array,
): Promise<SealedGrowing> {
  const segmentId = oracle.next()
  const file = await pool.run<SealInput, SegmentFile>(
    new URL('./seal-job.js', import.meta.url),
    {
      path: directory.segmentPath(segmentId),
      fields: schema.fields,
      rows: growing.rows(),
      rowOffsets: rowOffsets.length === growing.rowCount ? null : rowOffsets,
    },
    { lane: 'lengthy', memories: growing.memories() },
  )
  const record: SegmentRecord = {
    segmentId,
    collectionId: growing.collectionId,
    partitionId: growing.partitionId,
    timestamp: growing.lastTimestamp,
    insertRuns: runsOfRows(growing.insertRuns, rowOffsets),
    taskId: null,
    schemaVersion: schema.version,
    file,
    indexes: [],
  }
  return { growing, record, rowOffsets }
}

function liveRows(growing: GrowingSegment): Int32Array {
  const rows = new Int32Array(growing.rowCount)
  let count = 0
  for (let row = 0; row < growing.rowCount; row++) {
    if (!growing.isDeleted(row)) rows[count++] = row
  }
  return rows.subarray(0, count)
}
