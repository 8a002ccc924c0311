import { MillraceError } from '../../errors.js'
import { heapPlaceBytes, maskWordRows, scanScratchBytes } from '../../kernels/scan-kernels.js'
import type { VectorMemory } from '../../kernels/vector-memory.js'
import type { VectorPart, VectorRegion } from '../../kernels/vector-region.js'
import type { RowFile } from '../../source/row-file.js'
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
  const close = () => {
    for (const region of taken) memory.free(region)
  }
  const takeIn = (memoryId: number, byteLength: number) => {
    const region = memory.allocateIn(memoryId, byteLength)
    taken.push(region)
    return region
  }
  try {
    const shares = piecesByMemory(views)
    const jobRows = jobRowsFor(shares, jobCount)
    const jobs: ScanJob[] = []
    for (const pieces of shares.values()) addJobs(jobs, pieces, queries, jobRows, takeIn)
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
    const { mask } = view
    if (readsFile(view)) addPiece(shares, wholePart(view), view.file!, viewId, mask)
    else for (const part of view.parts) addPiece(shares, part, null, viewId, mask)
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

function readsFile({ parts, file, index }: SegmentVectors): boolean {
  return parts.length === 0 && Boolean(file && index)
}

/** Rows of a file are worked on in the memory of their index. */
function wholePart({ index, rowCount }: SegmentVectors): VectorPart {
  return { region: index!.region, rowBegin: 0, rowCount }
}

function addPiece(
  shares: Map<number, Piece[]>,
  part: VectorPart,
  file: RowFile | null,
  viewId: number,
  mask: Uint8Array | null,
): void {
  const { memoryId } = part.region
  const firstId = viewId + part.rowBegin
  const piece = { part, file, firstId, mask: mask && maskOf(part, mask) }
  const pieces = shares.get(memoryId)
  if (pieces) pieces.push(piece)
  else shares.set(memoryId, [piece])
}

/** Ids are 32 bits, and all ones mean nothing. */
const rowsMax = 0xffffffff

function maskOf({ rowBegin, rowCount }: VectorPart, mask: Uint8Array): Uint8Array {
  return mask.subarray(rowBegin / 8, Math.ceil((rowBegin + rowCount) / 8))
}

function jobRowsFor(shares: ReadonlyMap<number, readonly Piece[]>, jobCount: number): number {
  let rowCount = 0
  for (const pieces of shares.values()) {
    for (const { part } of pieces) rowCount += part.rowCount
  }
  const rows = Math.max(jobRowsMin, rowCount / jobCount)
  return Math.ceil(rows / maskWordRows) * maskWordRows
}

const jobRowsMin = 4096

/**
 * The jobs over the pieces of one memory. What they share lies in one region there, what each has of its own in
 * another: taking one is cheaper than taking many.
 */
function addJobs(
  jobs: ScanJob[],
  pieces: readonly Piece[],
  queries: ScanQueries,
  jobRows: number,
  takeIn: (memoryId: number, byteLength: number) => VectorRegion,
): void {
  const { metric, element, width, rowBytes, nq, near, k } = queries
  const { memoryId, memory } = pieces[0].part.region
  const shared = takeIn(memoryId, sharedBytesOf(pieces, queries))
  const shares = cut(rangesOf(pieces, queries, shared), jobRows, rowBytes)
  const heapBytes = aligned(nq * k * heapPlaceBytes)
  const scratchBytes = aligned(scanScratchBytes(nq, element, width))
  const bufferBytes = pieces.some(({ file }) => file) ? aligned(fileBlockBytes(rowBytes)) : 0
  const ownBytes = heapBytes + scratchBytes + bufferBytes
  let own = takeIn(memoryId, shares.length * ownBytes).byteOffset
  for (const ranges of shares) {
    jobs.push({
      memoryId,
      memory,
      metric,
      element,
      width,
      rowBytes,
      queries: shared.byteOffset,
      nq,
      near,
      heaps: own,
      k,
      scratch: own + heapBytes,
      buffer: bufferBytes && own + heapBytes + scratchBytes,
      ranges,
    })
    own += ownBytes
  }
}

/** Of the queries and the masks. */
function sharedBytesOf(pieces: readonly Piece[], { bytes }: ScanQueries): number {
  let byteLength = aligned(bytes.byteLength)
  for (const { mask } of pieces) byteLength += mask ? aligned(mask.byteLength) : 0
  return byteLength
}

/** Puts the queries, then the masks of the pieces where the jobs find them. */
function rangesOf(
  pieces: readonly Piece[],
  { bytes }: ScanQueries,
  { memory, byteOffset }: VectorRegion,
): ScanRange[] {
  const target = new Uint8Array(memory.buffer)
  target.set(bytes, byteOffset)
  let next = byteOffset + aligned(bytes.byteLength)
  const ranges: ScanRange[] = []
  for (const { part, file, firstId, mask } of pieces) {
    const rows = file ? 0 : part.region.byteOffset
    ranges.push({ rows, file, rowCount: part.rowCount, firstId, mask: mask ? next : 0 })
    if (!mask) continue
    target.set(mask, next)
    next += aligned(mask.byteLength)
  }
  return ranges
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

/** To where a kernel may put anything. */
function aligned(byteLength: number): number {
  return Math.ceil(byteLength / 64) * 64
}
