import { MillraceError } from '../errors.js'
import type { CollectionParts } from './collection-parts.js'
import { commitCompacted, compactionOf, writeCompacted } from './compact-segments.js'
import { withIndexesBuilt } from './hidden-index-works.js'
import type { SegmentRecord } from './records.js'
import type { SealedSegment } from './sealed-segment.js'

/** What a compaction works with. */
interface CompactedParts {
  /** As the collection is at this moment: its schema may change meanwhile. */
  parts(): CollectionParts
  /** Runs when nothing else changes segments. */
  inTurn(commit: () => Promise<void>): Promise<void>
  /** Rows that came before are left out; null: none are. */
  readonly oldest: bigint | null
}

/**
 * Makes one segment of some. Searches go on by the old ones until the new one and its indexes are there.
 * @returns the new segment's id; null: no row was left
 */
export async function runCompaction(
  { parts, inTurn, oldest }: CompactedParts,
  inputs: readonly SealedSegment[],
  signal: AbortSignal,
): Promise<bigint | null> {
  const { context, collectionId, sealed } = parts()
  if (inputs.some((segment) => sealed.withId(segment.record.segmentId) !== segment)) {
    throw new MillraceError('cancelled', 'a segment was dropped before it was compacted')
  }
  const pins = inputs.map((segment) => segment.pin())
  let record: SegmentRecord | null = null
  try {
    const compaction = compactionOf(inputs, oldest)
    record = await writeCompacted(parts(), compaction, signal)
    if (record) record = await withIndexesBuilt(context, collectionId, record, signal)
    const written = record
    await inTurn(() => commitCompacted(parts(), compaction, written))
    return written?.segmentId ?? null
  } catch (error) {
    if (record) context.directory.removeSegment(record.segmentId)
    throw error
  } finally {
    for (const pin of pins) pin.release()
    await context.directory.removed()
  }
}
