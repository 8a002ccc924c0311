import { bitmapWithLength, hasBit, setBit } from '../column/bitmap.js'
import { MillraceError } from '../errors.js'
import type { SegmentFile } from '../segment/segment-file.js'
import type { CollectionParts } from './collection-parts.js'
import type { CompactedRun, CompactInput } from './compact-job.js'
import { withoutUnwantedIndexes } from './index-works.js'
import { type InsertRun, noteRows, rowsBefore } from './insert-times.js'
import type { SegmentRecord } from './records.js'
import type { SealedSegment } from './sealed-segment.js'
import { deletionEdit, releasingOnError } from './sealed-segments.js'

/** Segments that are to become one, with what of them is deleted by now. */
interface Compaction {
  readonly inputs: readonly SealedSegment[]
  readonly deleted: readonly (Uint8Array | null)[]
  /** In the order in which rows came. */
  readonly runs: readonly (CompactedRun & { readonly timestamp: bigint })[]
  readonly rowCount: number
}

const compactJob = new URL('./compact-job.js', import.meta.url)

/** @param oldest rows that came before are left out; null: none are */
export function compactionOf(inputs: readonly SealedSegment[], oldest: bigint | null): Compaction {
  const deleted = inputs.map((segment) => segment.deletes.rows)
  const runs = inputs
    .flatMap((segment, source) => runsOf(segment, source, oldest))
    .sort((one, other) => Number(one.timestamp - other.timestamp) || one.source - other.source)
  let rowCount = 0
  for (const { source, rowBegin, rowEnd } of runs) {
    rowCount += livingRows(deleted[source], rowBegin, rowEnd)
  }
  return { inputs, deleted, runs, rowCount }
}

function runsOf({ insertRuns }: SealedSegment, source: number, oldest: bigint | null) {
  const expired = oldest === null ? 0 : rowsBefore(insertRuns, oldest)
  let rowBegin = 0
  return insertRuns.flatMap(({ rowEnd, timestamp }) => {
    const run = { source, rowBegin, rowEnd, timestamp }
    rowBegin = rowEnd
    return rowEnd <= expired ? [] : [run]
  })
}

function livingRows(deleted: Uint8Array | null, rowBegin: number, rowEnd: number): number {
  if (deleted === null) return rowEnd - rowBegin
  let count = 0
  for (let row = rowBegin; row < rowEnd; row++) if (!hasBit(deleted, row)) count++
  return count
}

/** Writes the rows as a file that nothing names yet. @returns its record; null: no row is left */
export async function writeCompacted(
  { context, schema, collectionId }: CollectionParts,
  compaction: Compaction,
  signal: AbortSignal,
): Promise<SegmentRecord | null> {
  const { inputs, deleted, runs, rowCount } = compaction
  if (rowCount === 0) return null
  const { directory, oracle, pool } = context
  const segmentId = oracle.next()
  const input: CompactInput = {
    path: directory.segmentPath(segmentId),
    fields: schema.fields,
    sources: inputs.map(({ record }, index) => ({
      path: directory.segmentPath(record.segmentId),
      file: record.file,
      deleted: deleted[index],
    })),
    runs: runs.map(({ source, rowBegin, rowEnd }) => ({ source, rowBegin, rowEnd })),
    rowCount,
  }
  const file = await pool.run<CompactInput, SegmentFile>(compactJob, input, {
    lane: 'batch',
    signal,
  })
  await directory.syncSegments()
  return {
    ...{ segmentId, collectionId, file, taskId: null, indexes: [] },
    partitionId: inputs[0].record.partitionId,
    timestamp: inputs.reduce((last, { record }) => later(last, record.timestamp), 0n),
    insertRuns: insertRunsOf(compaction),
    schemaVersion: schema.version,
  }
}

function later(one: bigint, other: bigint): bigint {
  return one > other ? one : other
}

function insertRunsOf({ deleted, runs }: Compaction): InsertRun[] {
  const inserted: InsertRun[] = []
  let rowEnd = 0
  for (const { source, rowBegin, rowEnd: end, timestamp } of runs) {
    const living = livingRows(deleted[source], rowBegin, end)
    if (living === 0) continue
    rowEnd += living
    noteRows(inserted, rowEnd, timestamp)
  }
  return inserted
}

/**
 * Puts the new segment into the place of the old ones, in one transaction, with the deletes that came since
 * its rows were chosen. Nothing else changes segments meanwhile.
 * @throws cancelled when one of them is not there any more
 */
export async function commitCompacted(
  parts: CollectionParts,
  compaction: Compaction,
  written: SegmentRecord | null,
): Promise<void> {
  const { context, schema, sealed } = parts
  const { inputs } = compaction
  if (inputs.some((segment) => sealed.withId(segment.record.segmentId) !== segment)) {
    throw new MillraceError('cancelled', 'a segment was dropped while it was compacted')
  }
  const record = written && withoutUnwantedIndexes(parts, written)
  const arriving = record ? [record] : []
  await sealed.resolveDeletes()
  const vectors = await sealed.loadAhead(arriving, schema)
  await releasingOnError(vectors, async () => {
    await sealed.resolveDeletes()
    const lost = record && deletedSince(compaction, record.file.rowCount)
    const segment =
      record &&
      sealed.segmentOf(record, {
        vectors: vectors.get(record.segmentId) ?? null,
        deleted: lost,
        areDeletesStored: true,
      })
    if (segment) sealed.awaitArrival([segment])
    try {
      const edits = record && lost ? [deletionEdit(record.segmentId, lost)] : []
      const removed = inputs.map((input) => input.record)
      await context.catalog.editSegments(arriving, removed, edits)
      if (segment) sealed.add(segment)
      for (const input of inputs) sealed.drop(input)
    } finally {
      sealed.endArrival()
    }
  })
}

/** The new segment's rows that were deleted after they were chosen, a set bit each; null: none. */
function deletedSince({ inputs, deleted, runs }: Compaction, rowCount: number): Uint8Array | null {
  if (inputs.every((segment, index) => segment.deletes.rows === deleted[index])) return null
  const lost = bitmapWithLength(rowCount)
  let place = 0
  for (const { source, rowBegin, rowEnd } of runs) {
    const before = deleted[source]
    const now = inputs[source].deletes.rows
    for (let row = rowBegin; row < rowEnd; row++) {
      if (before !== null && hasBit(before, row)) continue
      if (now !== null && hasBit(now, row)) setBit(lost, place)
      place++
    }
  }
  return lost
}
