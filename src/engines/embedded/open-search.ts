import { checkQueries } from '../../search/check-queries.js'
import { searchGroups } from '../../search/ranking/group-search.js'
import { searchPage } from '../../search/ranking/search-page.js'
import { vectorsOfKeys } from '../../search/rows/query-keys.js'
import { searchRangeFrom } from '../../search/search-range.js'
import type { HybridPart, SearchRequest } from '../../search/search-request.js'
import type { SegmentView } from '../../search/segment-view.js'
import {
  type Hit,
  openSearched,
  type Searched,
  searchVectors,
  type VectorSearch,
} from '../../search/vector-search.js'
import type { CollectionRecord } from '../../storage/records.js'
import type { RowsContext } from '../../storage/rows-context.js'
import { groupColumns, type groupFieldsOf, singly } from './group-fields.js'
import { boundFilter, indexToSearch, searchedField, searchedMetric } from './search-target.js'

/** A search that is ready to run. */
interface OpenSearch {
  readonly search: VectorSearch
  readonly searched: Searched
}

/** @throws parameterInvalid and its kin for what cannot be searched so */
export async function openSearch(
  { pool, memory }: RowsContext,
  record: CollectionRecord,
  views: readonly SegmentView[],
  part: HybridPart,
  signal: AbortSignal | undefined,
): Promise<OpenSearch> {
  const { schema } = record
  const field = searchedField(schema, part.vectorFieldName)
  const metric = searchedMetric(record, field, part.metricType)
  const range = searchRangeFrom(part.params, metric)
  const filter = boundFilter(record, part.filter, part.filterValues)
  const queries =
    'keys' in part.queries
      ? await vectorsOfKeys(views, schema, field, part.queries.keys)
      : part.queries
  checkQueries(field, metric, queries)
  const index = indexToSearch(record, field, part)
  const search = { schema, field, metric, queries, range, index, signal }
  return { search, searched: await openSearched(pool, memory, views, search, filter) }
}

/** What was found for each query: groups of rows, or rows that are a group each. */
export async function hitsOf(
  { search, searched }: OpenSearch,
  views: readonly SegmentView[],
  { topK, offset, grouping, page }: SearchRequest,
  groupFields: ReturnType<typeof groupFieldsOf>,
): Promise<readonly (readonly (readonly Hit[])[])[]> {
  if (page) return [singly(await searchPage(searched, search, page, topK))]
  if (grouping) {
    const columns = await groupColumns(views, groupFields)
    return searchGroups(searched, search, columns, { topK, offset, size: grouping.size })
  }
  const found = await searchVectors(searched, search, topK + offset)
  return found.map(({ hits }) => singly(hits.slice(offset, offset + topK)))
}
