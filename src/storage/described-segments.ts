import type { CollectionParts } from './collection-parts.js'
import { pendingIndexesOf } from './index-works.js'

/** Sealed and growing segments with rows, as users are told of them. */
export function describedSegments(parts: CollectionParts) {
  const sealed = parts.sealed.all().map((segment) => ({
    segmentId: segment.record.segmentId,
    partitionId: segment.record.partitionId,
    isSealed: true,
    rowCount: segment.rowCount,
    pendingIndexIds: pendingIndexesOf(parts, segment),
  }))
  const growing = parts.growing.all().map(({ segmentId, partitionId, rowCount }) => ({
    segmentId,
    partitionId,
    isSealed: false,
    rowCount,
    pendingIndexIds: [],
  }))
  return [...sealed, ...growing].filter(({ rowCount }) => rowCount > 0)
}
