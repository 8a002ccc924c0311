import { MillraceError } from '../../errors.js'
import type { QueryVectors } from '../../search/search-request.js'
import { vectorsFromPlaceholderGroup } from '../../wire/placeholder-group.js'
import { messageFromSearchAnswer } from '../../wire/results.js'
import type { Handlers, Request } from './call.js'
import {
  indexParamsFrom,
  paramsFrom,
  refuseParams,
  roundDecimalFrom,
  searchWindow,
} from './search-params.js'
import { hasEntries, refuse } from './unsupported.js'

const nqMax = 16_384

export const searchHandlers = {
  async Search({ engine, dbName, signal }, request) {
    refuseFeatures(request)
    const params = paramsFrom(request.search_params)
    refuseParams(params)
    const indexParams = indexParamsFrom(params)
    refuse({ 'range search': 'radius' in indexParams || 'range_filter' in indexParams })
    const result = await engine.search({
      dbName,
      collectionName: request.collection_name,
      partitionNames: request.partition_names,
      filter: request.dsl,
      vectorFieldName: params.get('anns_field') ?? '',
      queries: queriesOf(request),
      ...searchWindow(params),
      metricType: params.get('metric_type') ?? '',
      params: indexParams,
      roundDecimal: roundDecimalFrom(params),
      outputFields: request.output_fields,
      signal,
    })
    return messageFromSearchAnswer(result, engine.allocTimestamp())
  },
} satisfies Handlers

function refuseFeatures(request: Request<'Search'>): void {
  refuse({
    'search by ids': request.search_by_primary_keys || request.ids !== null,
    'several searches in one request': request.sub_reqs.length > 0,
    'expression templates': hasEntries(request.expr_template_values),
    'function scores': request.function_score !== null,
    highlighters: request.highlighter !== null,
    'search aggregation': request.search_aggregation !== null,
    'function chains': request.function_chains.length > 0,
    namespaces: Boolean(request.namespace),
  })
}

/** @throws parameterInvalid with Milvus's text */
function queriesOf({ placeholder_group, nq }: Request<'Search'>): QueryVectors {
  const queries = vectorsFromPlaceholderGroup(placeholder_group ?? new Uint8Array(), Number(nq))
  if (queries.nq <= nqMax) return queries
  throw new MillraceError(
    'parameterInvalid',
    `nq [${queries.nq}] is invalid, nq (number of search vector per search request) should be in range [1, ${nqMax}], but got ${queries.nq}`,
  )
}
