import { countBits } from '../../column/bitmap.js'
import { searchCost } from '../../indexes/search-cost.js'
import type { NearestQuery, SegmentVectors } from './nearest-query.js'

/**
 * Whether a segment's index is a better way to the nearest rows than a scan of those that may be found. Few
 * survivors of a filter are scanned, which costs less than a walk that seldom meets one. So is a page of
 * an iterator and a range that leaves out the nearest rows: both are to miss none.
 */
export function choosesIndex(view: SegmentVectors, query: NearestQuery, k: number): boolean {
  const { index, near = -Infinity, nq, dataType, dim } = query
  if (!index || view.index?.indexId !== index.indexId || near > -Infinity) return false
  const { rowCount, mask } = view
  const survivors = mask ? survivorsOf(mask, rowCount) : rowCount
  if (survivors === 0) return false
  const isApart = view.parts.length === 0
  const share = survivors / rowCount
  const cost = searchCost(index.spec, index.params, { rowCount, dataType, dim }, share, k, isApart)
  const costOfRow = nq >= queriesOfTile ? costInTile : 1
  if (!isApart) return cost < survivors * costOfRow
  const read = Math.min(survivors * costToReadOne, rowCount * costToReadAll)
  return cost < read / nq + survivors * costOfRow
}

/** Rows that lie in a file are read once for all queries: single ones, or all of them. */
const costToReadOne = 30
const costToReadAll = 4

/** Rows that may be found. A mask is mostly the same from one search to the next: it is counted once. */
export function survivorsOf(mask: Uint8Array, rowCount: number): number {
  const known = counts.get(mask)
  if (known !== undefined) return known
  const count = countBits(mask, rowCount)
  counts.set(mask, count)
  return count
}

const counts = new WeakMap<Uint8Array, number>()

/** From so many queries on a scan takes several at a time. */
const queriesOfTile = 4
const costInTile = 0.35
