import { hasBit } from '../column/bitmap.js'
import type { BytesColumn } from '../column/column.js'
import { MillraceError } from '../errors.js'
import type { Neighbors } from './nearest-query.js'
import { NearestRows } from './nearest-rows.js'

/** The rows of a segment that a sparse search looks at: pairs of (u32 index, f32 value) in each. */
interface SparseRows {
  readonly rowCount: number
  readonly column: BytesColumn
  readonly mask: Uint8Array | null
}

interface SparseQuery {
  /** One row of pairs. */
  readonly bytes: Uint8Array
  readonly k: number
  readonly near: number
  readonly signal?: AbortSignal
}

/**
 * The k rows of the largest inner products with a query, by a scan over all. A row that shares nothing with
 * the query is not found, as in Milvus.
 */
export function nearestSparse(segments: readonly SparseRows[], query: SparseQuery): Neighbors {
  const weights = weightsOf(query.bytes)
  const nearest = new NearestRows(query.k)
  for (const [segment, rows] of segments.entries()) {
    if (query.signal?.aborted) throw new MillraceError('cancelled', 'the search was cancelled')
    scanRows(rows, weights, query.near, segment, nearest)
  }
  return nearest.neighbors()
}

function scanRows(
  { rowCount, column, mask }: SparseRows,
  weights: ReadonlyMap<number, number>,
  near: number,
  segment: number,
  nearest: NearestRows,
): void {
  const { offsets } = column
  const { indexes, values, begin } = pairsOf(column.bytes)
  for (let row = 0; row < rowCount; row++) {
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

/** The bytes as words, and where they begin there; a copy where they do not lie at a word's boundary. */
function pairsOf(bytes: Uint8Array) {
  const isAligned = bytes.byteOffset % 4 === 0
  const { buffer, byteOffset } = isAligned ? bytes : new Uint8Array(bytes)
  const wordCount = (byteOffset + bytes.length) >> 2
  const indexes = new Uint32Array(buffer, 0, wordCount)
  return { indexes, values: new Float32Array(buffer, 0, wordCount), begin: byteOffset }
}
