import { hasBit } from '../../column/bitmap.js'
import type { BytesColumn } from '../../column/column.js'
import type { WorkerContext } from '../../workers/worker-job.js'
import type { Neighbors } from './nearest-query.js'
import { NearestRows } from './nearest-rows.js'

/** Rows of a segment: pairs of (u32 index, f32 value) in each. */
export interface SparseRange {
  /** The segment's index among those that are searched. */
  readonly segment: number
  readonly rowBegin: number
  readonly rowEnd: number
  /** Of all rows of the segment up to there. */
  readonly column: Pick<BytesColumn, 'offsets' | 'bytes'>
  /** A bit for every row of the segment that may be found; null: all may. */
  readonly mask: Uint8Array | null
}

/** A share of a search by sparse vectors. */
export interface SparseScanJob {
  /** Rows of pairs, one for each query, and where each begins and the last ends. */
  readonly queries: Uint8Array
  readonly queryOffsets: Int32Array
  readonly k: number
  readonly near: number
  readonly ranges: readonly SparseRange[]
}

/**
 * The k rows of the largest inner products with each query, by a scan over all. A row that shares nothing with
 * the query is not found, as in Milvus. Runs in any thread; a cancelled search stops within milliseconds.
 */
export function run(
  { queries, queryOffsets, k, near, ranges }: SparseScanJob,
  context: Pick<WorkerContext, 'throwIfCancelled'>,
): Neighbors[] {
  const found: Neighbors[] = []
  const scanned = ranges.map((range) => ({ ...range, ...pairsOf(range.column.bytes) }))
  for (let query = 0; query + 1 < queryOffsets.length; query++) {
    const weights = weightsOf(queries.subarray(queryOffsets[query], queryOffsets[query + 1]))
    const nearest = new NearestRows(k)
    for (const range of scanned) scanRows(range, weights, near, nearest, context)
    found.push(nearest.neighbors())
  }
  return found
}

/** The clock is looked at now and then. */
const rowsOfLook = 256

function scanRows(
  range: SparseRange & Pairs,
  weights: ReadonlyMap<number, number>,
  near: number,
  nearest: NearestRows,
  context: Pick<WorkerContext, 'throwIfCancelled'>,
): void {
  const { segment, rowBegin, rowEnd, mask, indexes, values, begin } = range
  const { offsets } = range.column
  for (let row = rowBegin; row < rowEnd; row++) {
    if (row % rowsOfLook === 0) context.throwIfCancelled()
    if (mask !== null && !hasBit(mask, row)) continue
    let product = 0
    const end = (offsets[row + 1] + begin) >> 2
    for (let at = (offsets[row] + begin) >> 2; at < end; at += 2) {
      const weight = weights.get(indexes[at])
      if (weight !== undefined) product += weight * values[at + 1]
    }
    const distance = Math.fround(-product)
    if (distance !== 0 && distance >= near) nearest.offer(distance, segment, row)
  }
}

function weightsOf(bytes: Uint8Array): ReadonlyMap<number, number> {
  const { indexes, values, begin } = pairsOf(bytes)
  const weights = new Map<number, number>()
  for (let at = begin >> 2; at < (begin + bytes.length) >> 2; at += 2) {
    weights.set(indexes[at], values[at + 1])
  }
  return weights
}

interface Pairs {
  readonly indexes: Uint32Array
  readonly values: Float32Array
  readonly begin: number
}

/** The bytes as words, and where they begin there; a copy where they do not lie at a word's boundary. */
function pairsOf(bytes: Uint8Array): Pairs {
  const isAligned = bytes.byteOffset % 4 === 0
  const { buffer, byteOffset } = isAligned ? bytes : new Uint8Array(bytes)
  const wordCount = (byteOffset + bytes.length) >> 2
  const indexes = new Uint32Array(buffer, 0, wordCount)
  return { indexes, values: new Float32Array(buffer, 0, wordCount), begin: byteOffset }
}
