import type { SealedSegment } from './sealed-segment.js'

/** Segments below it are merged, up to the other. */
const smallBytes = 128 * 1024 ** 2
export const mergedBytesMax = 512 * 1024 ** 2

/** More deleted rows than this make a segment worth writing anew. */
const deletedShareMax = 0.2

/** So many small segments of a partition are merged in the background; two when somebody asks. */
const smallCountMin = 8

/** Groups of segments of one partition, each to become one segment, or none where no row is left. */
export function planCompaction(
  segments: readonly SealedSegment[],
  isAsked: boolean,
): SealedSegment[][] {
  const partitionIds = new Set(segments.map(({ record }) => record.partitionId))
  return [...partitionIds].flatMap((partitionId) => {
    const own = segments.filter(({ record }) => record.partitionId === partitionId)
    return planPartition(own, isAsked)
  })
}

function planPartition(segments: readonly SealedSegment[], isAsked: boolean): SealedSegment[][] {
  const small = segments.filter((segment) => livingBytes(segment) < smallBytes)
  const groups = small.length >= (isAsked ? 2 : smallCountMin) ? merged(small) : []
  const taken = new Set(groups.flat())
  const heavy = segments.filter((segment) => !taken.has(segment) && isHeavy(segment))
  return [...groups, ...heavy.map((segment) => [segment])]
}

/** In the order of their ids, so that rows keep theirs. */
function merged(small: readonly SealedSegment[]): SealedSegment[][] {
  const groups: SealedSegment[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const segment of small) {
    const own = livingBytes(segment)
    if (bytes + own > mergedBytesMax) {
      groups.push([])
      bytes = 0
    }
    groups[groups.length - 1].push(segment)
    bytes += own
  }
  return groups.filter(({ length }) => length > 1)
}

function livingBytes({ record, rowCount, deletedCount }: SealedSegment): number {
  return record.file.fileBytes * (1 - deletedCount / rowCount)
}

function isHeavy({ rowCount, deletedCount }: SealedSegment): boolean {
  return deletedCount > rowCount * deletedShareMax
}
