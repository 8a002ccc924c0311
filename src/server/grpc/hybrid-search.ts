import { MillraceError } from '../../errors.js'
import type { HybridPart } from '../../search/search-request.js'
import { messageFromSearchAnswer } from '../../wire/results.js'
import type { Handlers, Request } from './call.js'
import { rankerFrom } from './ranker.js'
import { refuseFeatures, searchPartFrom } from './search.js'
import {
  groupingFrom,
  groupScorerFrom,
  isOn,
  orderByFrom,
  type Params,
  paramsFrom,
  rankWindow,
  refuseParams,
  roundDecimalFrom,
  searchWindow,
} from './search-params.js'
import { withTimeParts } from './time-fields.js'
import { refuse } from './unsupported.js'

const searchesMax = 1_024

export const hybridSearchHandlers = {
  async HybridSearch({ engine, dbName, signal }, request) {
    refuse({
      'function chains': request.function_chains.length > 0,
      namespaces: Boolean(request.namespace),
    })
    const params = paramsFrom(request.rank_params)
    refuseParams(params)
    const grouping = groupingFrom(params, {})
    const times = timeParamsFrom(params, request.requests)
    const searches = request.requests.map(partFrom)
    checkSearches(searches)
    const result = await engine.hybridSearch({
      dbName,
      collectionName: request.collection_name,
      partitionNames: request.partition_names,
      searches,
      ranker: rankerFrom(params, request.function_score, searches.length),
      ...rankWindow(params),
      roundDecimal: roundDecimalFrom(params),
      outputFields: request.output_fields,
      grouping: grouping && { ...grouping, scorer: groupScorerFrom(params) },
      orderBy: orderByFrom(params),
      timeZone: times.get('timezone') ?? '',
      ignoreGrowing: request.requests.some(isIgnoringGrowing),
      signal,
    })
    return messageFromSearchAnswer(withTimeParts(result, times), engine.allocTimestamp())
  },
} satisfies Handlers

/** pymilvus writes `timezone` and `time_fields` of the whole into each of the searches. */
function timeParamsFrom(params: Params, requests: readonly Request<'Search'>[]): Params {
  return new Map([...paramsFrom(requests[0]?.search_params ?? []), ...params])
}

function partFrom(request: Request<'Search'>): HybridPart {
  refuseFeatures(request)
  const params = paramsFrom(request.search_params)
  return { ...searchPartFrom(request, params), topK: partTopK(params) }
}

/** Milvus: a search that is one of several has no offset of its own; one that is given means nothing. */
function partTopK(params: Params): number {
  return searchWindow(new Map([...params].filter(([key]) => key !== 'offset'))).topK
}

function isIgnoringGrowing({ search_params }: Request<'Search'>): boolean {
  return isOn(paramsFrom(search_params), 'ignore_growing')
}

function checkSearches(searches: readonly HybridPart[]): void {
  const fault = searchesFault(searches)
  if (fault) throw new MillraceError('parameterInvalid', `${fault}: invalid parameter`)
}

function searchesFault(searches: readonly HybridPart[]): string | null {
  if (searches.length === 0 || searches.length > searchesMax) {
    return `maximum of ann search requests is ${searchesMax}, at least 1 is needed, got ${searches.length}`
  }
  const counts = searches.map(({ queries }) =>
    'keys' in queries ? queries.keys.length : queries.nq,
  )
  if (counts.every((count) => count === counts[0])) return null
  return `sub search's nq should be the same, got ${counts.join(', ')}`
}
