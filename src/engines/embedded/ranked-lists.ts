import type { Column } from '../../column/column.js'
import { searchGroups } from '../../search/ranking/group-search.js'
import { rankGroups } from '../../search/ranking/hybrid-groups.js'
import {
  fuseLists,
  isSmallerBetter,
  type RankedHit,
  type RankedList,
} from '../../search/ranking/hybrid-rank.js'
import type { HybridSearchRequest } from '../../search/search-request.js'
import type { SegmentView } from '../../search/segment-view.js'
import { type Hit, searchVectors } from '../../search/vector-search.js'
import type { CollectionRecord } from '../../storage/records.js'
import type { RowsContext } from '../../storage/rows-context.js'
import { singly } from './group-fields.js'
import { openSearch } from './open-search.js'

/** What each search found for each query. One search after the other: each uses all threads. */
export async function rankedLists(
  context: RowsContext,
  record: CollectionRecord,
  views: readonly SegmentView[],
  { searches, signal, grouping }: HybridSearchRequest,
  columns: readonly (readonly Column[])[],
): Promise<RankedList[][]> {
  const byQuery: RankedList[][] = []
  for (const part of searches) {
    const { searched, search } = await openSearch(context, record, views, part, signal)
    const window = { topK: part.topK, offset: 0, size: grouping?.size ?? 1 }
    const found = grouping
      ? (await searchGroups(searched, search, columns, window)).map((groups) => groups.flat())
      : (await searchVectors(searched, search, part.topK)).map(({ hits }) =>
          hits.slice(0, part.topK),
        )
    for (const [query, hits] of found.entries()) {
      byQuery[query] ??= []
      byQuery[query].push({ metric: search.metric, hits: byDistance(hits) })
    }
  }
  return byQuery
}

/** Groups come one after the other; ranks are those of rows. */
function byDistance(hits: readonly Hit[]): Hit[] {
  return [...hits].sort((left, right) => left.distance - right.distance)
}

/** The lists of one query as one: groups of rows, or rows that are a group each. */
export function rankedGroups(
  lists: readonly RankedList[],
  { ranker, grouping }: HybridSearchRequest,
  columns: readonly (readonly Column[])[],
): RankedHit[][] {
  const fused = fuseLists(lists, ranker)
  if (!grouping) return singly(fused)
  const { size, scorer } = grouping
  return rankGroups(fused, {
    columns,
    size,
    scorer,
    isSmallerBetter: isSmallerBetter(lists, ranker),
  })
}
