import type { BytesColumn } from '../../column/column.js'
import { Breath } from '../../util/breath.js'
import type { WorkerPool } from '../../workers/worker-job.js'
import { looksAt } from './looks-at.js'
import type { Neighbors } from './nearest-query.js'
import { NearestRows } from './nearest-rows.js'
import { workOf } from './run-on-threads.js'
import { run as runSparseScan, type SparseRange, type SparseScanJob } from './sparse-scan-job.js'
import { isDoneHere } from './work-here.js'

/** The rows of a segment that a sparse search looks at: pairs of (u32 index, f32 value) in each. */
interface SparseRows {
  readonly rowCount: number
  readonly column: BytesColumn
  /** A bit for every row that may be found; null: all may. */
  readonly mask: Uint8Array | null
}

interface SparseQueries {
  /** Rows of pairs, and where each begins and the last ends. */
  readonly bytes: Uint8Array
  readonly offsets: Int32Array
  readonly k: number
  readonly near: number
  readonly signal?: AbortSignal
}

/**
 * The k rows of the largest inner products with each query, by a scan over all on all threads, or on this one
 * where that is a matter of microseconds.
 * @throws cancelled
 */
export async function nearestSparse(
  pool: WorkerPool,
  segments: readonly SparseRows[],
  queries: SparseQueries,
): Promise<Neighbors[]> {
  const { offsets, k, near, signal } = queries
  // A view would be sent with all of the message that it lies in.
  const job = { queries: queries.bytes.slice(), queryOffsets: offsets, k, near }
  const scannedBytes = bytesOf(segments) * (offsets.length - 1)
  const rowCount = segments.reduce((sum, segment) => sum + segment.rowCount, 0)
  if (rowCount === 0 || isDoneHere(scannedBytes / bytesOfMicrosecond)) {
    return runSparseScan({ ...job, ranges: rangesIn(segments, 0, rowCount) }, looksAt(signal))
  }
  const share = Math.ceil(rowCount / pool.threadCount)
  const options = { lane: workOf(scannedBytes * denseRatio, false).lane, ...(signal && { signal }) }
  const jobs = Array.from({ length: Math.ceil(rowCount / share) }, (_, index) => ({
    ...job,
    ranges: rangesIn(segments, index * share, Math.min(rowCount, (index + 1) * share)),
  }))
  const found = await Promise.all(
    jobs.map((each) => pool.run<SparseScanJob, Neighbors[]>(scanModule, each, options)),
  )
  return found.length === 1 ? found[0] : mergedNeighbors(found, k)
}

const scanModule = new URL('./sparse-scan-job.js', import.meta.url)

/** What a scan goes over, and how much more of dense vectors it would be in the time. */
const bytesOfMicrosecond = 700
const denseRatio = 8

function bytesOf(segments: readonly SparseRows[]): number {
  return segments.reduce(
    (sum, { column, rowCount }) => sum + column.offsets[rowCount] - column.offsets[0],
    0,
  )
}

/** Rows `[begin, end)`, counted over all segments. */
function rangesIn(segments: readonly SparseRows[], begin: number, end: number): SparseRange[] {
  const ranges: SparseRange[] = []
  let rowsBefore = 0
  for (const [segment, { rowCount, column, mask }] of segments.entries()) {
    const rowBegin = Math.max(0, begin - rowsBefore)
    const rowEnd = Math.min(rowCount, end - rowsBefore)
    rowsBefore += rowCount
    if (rowBegin >= rowEnd) continue
    const { offsets, bytes } = column
    ranges.push({ segment, rowBegin, rowEnd, column: { offsets, bytes }, mask })
  }
  return ranges
}

/** @param found of each job, in the order of the rows, which breaks ties */
async function mergedNeighbors(
  found: readonly (readonly Neighbors[])[],
  k: number,
): Promise<Neighbors[]> {
  const merged: Neighbors[] = []
  const breath = new Breath()
  for (let query = 0; query < found[0].length; query++) {
    if (breath.isDue) await breath.take()
    const nearest = new NearestRows(k)
    for (const ofJob of found) nearest.offerAll(ofJob[query])
    merged.push(nearest.neighbors())
  }
  return merged
}
