import { MillraceError } from '../errors.js'
import { heapPlaceBytes, maskWordRows, scanScratchBytes } from '../kernels/scan-kernels.js'
import type { VectorMemory } from '../kernels/vector-memory.js'
import type { VectorPart, VectorRegion } from '../kernels/vector-region.js'
import type { RowFile } from '../source/row-file.js'
import type { SegmentVectors } from './nearest-query.js'
import { fileBlockBytes, type ScanJob, type ScanRange } from './scan-job.js'

/** Queries as the kernels want them. */
export interface ScanQueries {
  readonly metric: number
  readonly element: number
  readonly width: number
  /** Of a row as it is stored. */
  readonly rowBytes: number
  readonly nq: number
  readonly near: number
  readonly k: number
  readonly bytes: Uint8Array
}

/** The jobs of a scan, and what they use beside the vectors: queries, masks and heaps in the same memories. */
interface Scan {
  readonly jobs: readonly ScanJob[]
  /** Gives the memory back. No job may run any more. */
  close(): void
}

/**
 * Cuts all rows into `jobCount` equal jobs, or fewer when those would be slivers. A job stays in one memory,
 * since an instance of the kernels sees no other.
 * @throws memoryExceeded
 */
export function openScan(
  memory: VectorMemory,
  views: readonly SegmentVectors[],
  queries: ScanQueries,
  jobCount: number,
): Scan {
  const taken: VectorRegion[] = []
  const takeIn = (memoryId: number, byteLength: number) => {
    const region = memory.allocateIn(memoryId, byteLength)
    taken.push(region)
    return region
  }
  const close = () => {
    for (const region of taken) memory.free(region)
  }
  try {
    const shares = Array.from(piecesByMemory(views))
    const jobRows = jobRowsFor(
      shares.flatMap(([, pieces]) => pieces),
      jobCount,
    )
    const jobs = shares.flatMap(([memoryId, pieces]) => {
      const put = (bytes: Uint8Array) => {
        const region = takeIn(memoryId, bytes.byteLength)
        memory.bytesOf(region).set(bytes)
        return region.byteOffset
      }
      const take = (byteLength: number) => takeIn(memoryId, byteLength).byteOffset
      return jobsIn(pieces, queries, jobRows, put, take)
    })
    return { jobs, close }
  } catch (error) {
    close()
    throw error
  }
}

/** A part, the number of its first row among all rows of the search, and its rows' bits. */
interface Piece {
  readonly part: VectorPart
  /** Where the rows are, if not in the part's region: that is only where they are worked on. */
  readonly file: RowFile | null
  readonly firstId: number
  readonly mask: Uint8Array | null
}

function piecesByMemory(views: readonly SegmentVectors[]): Map<number, Piece[]> {
  const shares = new Map<number, Piece[]>()
  let viewId = 0
  for (const view of views) {
    for (const [part, file] of placesOf(view)) {
      const mask = view.mask && maskOf(part, view.mask)
      const piece = { part, file, firstId: viewId + part.rowBegin, mask }
      const pieces = shares.get(part.region.memoryId)
      if (pieces) pieces.push(piece)
      else shares.set(part.region.memoryId, [piece])
    }
    viewId += view.rowCount
  }
  if (viewId > rowsMax) {
    throw new MillraceError(
      'unsupported',
      `search: expected at most ${rowsMax} rows, got ${viewId}`,
    )
  }
  return shares
}

/** Rows of a file are worked on in the memory of their index. */
function placesOf({
  parts,
  file,
  index,
  rowCount,
}: SegmentVectors): [VectorPart, RowFile | null][] {
  if (parts.length > 0 || !file || !index) return parts.map((part) => [part, null])
  return [[{ region: index.region, rowBegin: 0, rowCount }, file]]
}

/** Ids are 32 bits, and all ones mean nothing. */
const rowsMax = 0xffffffff

function maskOf({ rowBegin, rowCount }: VectorPart, mask: Uint8Array): Uint8Array {
  return mask.subarray(rowBegin / 8, Math.ceil((rowBegin + rowCount) / 8))
}

function jobRowsFor(pieces: readonly Piece[], jobCount: number): number {
  let rowCount = 0
  for (const { part } of pieces) rowCount += part.rowCount
  const rows = Math.max(jobRowsMin, rowCount / jobCount)
  return Math.ceil(rows / maskWordRows) * maskWordRows
}

const jobRowsMin = 4096

function jobsIn(
  pieces: readonly Piece[],
  queries: ScanQueries,
  jobRows: number,
  put: (bytes: Uint8Array) => number,
  take: (byteLength: number) => number,
): ScanJob[] {
  const { metric, element, width, rowBytes, nq, near, k } = queries
  const { memoryId, memory } = pieces[0].part.region
  const queryRows = put(queries.bytes)
  const bufferBytes = pieces.some(({ file }) => file) ? fileBlockBytes(rowBytes) : 0
  const ranges = pieces.map(({ part, file, firstId, mask }) => ({
    rows: file ? 0 : part.region.byteOffset,
    file,
    rowCount: part.rowCount,
    firstId,
    mask: mask ? put(mask) : 0,
  }))
  return cut(ranges, jobRows, rowBytes).map((ranges) => ({
    ...{
      memoryId,
      memory,
      metric,
      element,
      width,
      rowBytes,
      queries: queryRows,
      nq,
      near,
      k,
      ranges,
    },
    heaps: take(nq * k * heapPlaceBytes),
    scratch: take(scanScratchBytes(nq, element, width)),
    buffer: bufferBytes && take(bufferBytes),
  }))
}

function cut(ranges: readonly ScanRange[], jobRows: number, rowBytes: number): ScanRange[][] {
  const shares: ScanRange[][] = []
  let room = 0
  for (const range of ranges) {
    for (let begin = 0; begin < range.rowCount; ) {
      if (room < maskWordRows) {
        shares.push([])
        room = jobRows
      }
      const rowCount = Math.min(range.rowCount - begin, room - (room % maskWordRows))
      shares[shares.length - 1].push(rangeWithin(range, begin, rowCount, rowBytes))
      begin += rowCount
      room -= rowCount
    }
  }
  return shares
}

/** `begin` is a multiple of 64. */
function rangeWithin(
  { rows, file, firstId, mask }: ScanRange,
  begin: number,
  rowCount: number,
  rowBytes: number,
): ScanRange {
  return {
    rows: rows && rows + begin * rowBytes,
    file: file && { ...file, byteOffset: file.byteOffset + begin * rowBytes },
    rowCount,
    firstId: firstId + begin,
    mask: mask && mask + begin / 8,
  }
}
