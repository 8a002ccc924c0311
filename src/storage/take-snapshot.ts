import type { GrowingSegment } from './growing-segment.js'
import { aliveFromRow, rowsBefore } from './insert-times.js'
import type { SealedSegment } from './sealed-segment.js'
import type { PinnedView, Snapshot } from './snapshot.js'
import { timestampFromMs } from './timestamp-oracle.js'

/**
 * Pins the visible rows of segments. The caller releases the snapshot.
 * @param timeToLiveMs rows that came earlier than so long before `timestamp` are not seen; null: all are
 */
export function takeSnapshot(
  segments: readonly (SealedSegment | GrowingSegment)[],
  timestamp: bigint,
  timeToLiveMs: number | null,
): Snapshot {
  const oldest = timeToLiveMs === null ? null : timestamp - timestampFromMs(timeToLiveMs)
  const views: PinnedView[] = []
  for (const segment of segments) {
    const view = livingView(segment, oldest)
    if (view) views.push(view)
  }
  return {
    views,
    timestamp,
    release: () => {
      for (const view of views) view.release()
    },
  }
}

/** null where no row is left. */
function livingView(
  segment: SealedSegment | GrowingSegment,
  oldest: bigint | null,
): PinnedView | null {
  const { rowCount } = segment
  const expired = oldest === null ? 0 : rowsBefore(segment.insertRuns, oldest)
  if (expired >= rowCount) return null
  const view = segment.pin()
  if (expired === 0) return view
  return { ...view, alive: aliveFromRow(view.alive, expired, rowCount) }
}
