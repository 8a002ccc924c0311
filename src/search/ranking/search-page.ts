import type { SearchPage } from '../search-request.js'
import { type Hit, type Searched, searchVectors, type VectorSearch } from '../vector-search.js'
import { scoreOf } from './scores.js'

/**
 * The next rows of a search that is read page by page. A page ends between two distances: rows that are
 * equally near are never parted, since the next page begins past the last distance. So a page may be
 * shorter than it could be, and longer only where more rows than fit into one are equally near. No page goes by an
 * index: what it missed on the first one would come on none.
 */
export async function searchPage(
  searched: Searched,
  search: VectorSearch,
  { lastBound }: SearchPage,
  batchSize: number,
): Promise<readonly Hit[]> {
  const near = lastBound === null ? -Infinity : floatAbove(scoreOf(lastBound, search.metric))
  const range = { ...search.range, near: Math.max(search.range.near, near) }
  const scan = { ...search, range, index: null }
  for (let wanted = batchSize + 1; ; wanted *= 2) {
    const [{ hits, isAll }] = await searchVectors(searched, scan, wanted)
    const end = pageEnd(hits, batchSize, isAll)
    if (end >= 0) return hits.slice(0, end)
  }
}

/** -1: not seen yet. */
function pageEnd(hits: readonly Hit[], batchSize: number, isAll: boolean): number {
  if (hits.length <= batchSize) return hits.length
  let end = batchSize
  while (end > 0 && hits[end - 1].distance === hits[batchSize].distance) end--
  if (end > 0) return end
  const farther = hits.findIndex(({ distance }) => distance > hits[0].distance)
  return farther < 0 && isAll ? hits.length : farther
}

/** The next larger float32. */
function floatAbove(value: number): number {
  if (value === 0) return 2 ** -149
  const bits = new Int32Array(Float32Array.of(value).buffer)
  bits[0] += value > 0 ? 1 : -1
  return new Float32Array(bits.buffer)[0]
}
