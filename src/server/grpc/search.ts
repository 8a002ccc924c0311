import { randomUUID } from 'node:crypto'
import { MillraceError } from '../../errors.js'
import type { QueryKeys, QueryVectors } from '../../search/search-request.js'
import { filterValuesFrom } from '../../wire/filter-values.js'
import { vectorsFromPlaceholderGroup } from '../../wire/placeholder-group.js'
import { messageFromSearchAnswer } from '../../wire/results.js'
import type { Handlers, Request } from './call.js'
import {
  groupingFrom,
  indexParamsFrom,
  isOn,
  iteratorPageFrom,
  orderByFrom,
  type Params,
  paramsFrom,
  refuseParams,
  roundDecimalFrom,
  searchWindow,
} from './search-params.js'
import { withTimeParts } from './time-fields.js'
import { refuse } from './unsupported.js'

const nqMax = 16_384

export const searchHandlers = {
  async Search({ engine, dbName, signal }, request) {
    refuseFeatures(request)
    const params = paramsFrom(request.search_params)
    refuse({ 'several searches in one request': request.sub_reqs.length > 0 })
    const part = searchPartFrom(request, params)
    const page = iteratorPageFrom(params, randomUUID)
    const { topK, offset } = searchWindow(params)
    const orderBy = orderByFrom(params)
    checkOrdered(params, orderBy)
    const result = await engine.search({
      ...part,
      dbName,
      collectionName: request.collection_name,
      partitionNames: request.partition_names,
      topK: page?.batchSize ?? topK,
      offset,
      roundDecimal: roundDecimalFrom(params),
      outputFields: request.output_fields,
      grouping: groupingFrom(params, part.params),
      orderBy,
      page,
      timeZone: params.get('timezone') ?? '',
      ignoreGrowing: isOn(params, 'ignore_growing'),
      signal,
    })
    return messageFromSearchAnswer(
      withTimeParts(result, params),
      engine.allocTimestamp(),
      page?.token,
    )
  },
} satisfies Handlers

/** The pages of an iterator go on where the distance of the last row was. */
function checkOrdered(params: Params, orderBy: readonly unknown[]): void {
  if (orderBy.length === 0 || !isOn(params, 'iterator')) return
  throw new MillraceError(
    'parameterInvalid',
    'order_by_fields is not supported when using iterator',
  )
}

/** What a search looks for, where it is alone and where it is one of several. */
export function searchPartFrom(request: Request<'Search'>, params: Params) {
  refuseParams(params)
  return {
    filter: request.dsl,
    filterValues: filterValuesFrom(request.expr_template_values),
    vectorFieldName: params.get('anns_field') ?? '',
    queries: queriesOf(request),
    metricType: params.get('metric_type') ?? '',
    params: indexParamsFrom(params),
  }
}

/** What no search has yet. */
export function refuseFeatures(request: Request<'Search'>): void {
  refuse({
    'function scores': request.function_score !== null,
    highlighters: request.highlighter !== null,
    'search aggregation': request.search_aggregation !== null,
    'function chains': request.function_chains.length > 0,
    namespaces: Boolean(request.namespace),
  })
}

/** @throws parameterInvalid with Milvus's text */
function queriesOf({ placeholder_group, nq, ids }: Request<'Search'>): QueryVectors | QueryKeys {
  if (ids !== null) return { keys: [...(ids.int_id?.data ?? ids.str_id?.data ?? [])] }
  const queries = vectorsFromPlaceholderGroup(placeholder_group ?? new Uint8Array(), Number(nq))
  if (queries.nq <= nqMax) return queries
  throw new MillraceError(
    'parameterInvalid',
    `nq [${queries.nq}] is invalid, nq (number of search vector per search request) should be in range [1, ${nqMax}], but got ${queries.nq}`,
  )
}
