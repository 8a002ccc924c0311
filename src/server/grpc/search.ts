import { randomUUID } from 'node:crypto'
import { MillraceError } from '../../errors.js'
import type { QueryKeys, QueryVectors } from '../../search/search-request.js'
import { filterValuesFrom } from '../../wire/filter-values.js'
import type { KeyValuePair } from '../../wire/generated/messages.js'
import { vectorsFromPlaceholderGroup } from '../../wire/placeholder-group.js'
import { messageFromSearchAnswer } from '../../wire/results.js'
import type { Handlers, Request } from './call.js'
import { recentPairs } from './recent-pairs.js'
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

export const searchHandlers = {
  async Search({ engine, dbName, signal }, request) {
    refuseFeatures(request)
    refuse({ 'several searches in one request': request.sub_reqs.length > 0 })
    const asked = askedOf(request.search_params)
    const { target } = asked
    const page = iteratorPageFrom(asked.params, randomUUID)
    const result = await engine.search({
      vectorFieldName: target.vectorFieldName,
      metricType: target.metricType,
      params: target.params,
      filter: request.dsl,
      filterValues: filterValuesFrom(request.expr_template_values),
      queries: queriesOf(request),
      dbName,
      collectionName: request.collection_name,
      partitionNames: request.partition_names,
      topK: page?.batchSize ?? asked.topK,
      offset: asked.offset,
      roundDecimal: asked.roundDecimal,
      outputFields: request.output_fields,
      grouping: asked.grouping,
      orderBy: asked.orderBy,
      page,
      timeZone: asked.timeZone,
      ignoreGrowing: asked.ignoresGrowing,
      signal,
    })
    return messageFromSearchAnswer(
      withTimeParts(result, asked.params),
      engine.allocTimestamp(),
      page?.token,
    )
  },
} satisfies Handlers

const askedOf = recentPairs(askedFrom)

/** @throws parameterInvalid, unsupported */
function askedFrom(pairs: readonly KeyValuePair[]) {
  const params = paramsFrom(pairs)
  const target = searchTargetFrom(params)
  const orderBy = orderByFrom(params)
  checkOrdered(params, orderBy)
  const { topK, offset } = searchWindow(params)
  return {
    params,
    target,
    topK,
    offset,
    roundDecimal: roundDecimalFrom(params),
    grouping: groupingFrom(params, target.params),
    orderBy,
    timeZone: params.get('timezone') ?? '',
    ignoresGrowing: isOn(params, 'ignore_growing'),
  }
}

/** The pages of an iterator go on where the distance of the last row was. */
function checkOrdered(params: Params, orderBy: readonly unknown[]): void {
  if (orderBy.length === 0 || !isOn(params, 'iterator')) return
  throw new MillraceError(
    'parameterInvalid',
    'order_by_fields is not supported when using iterator',
  )
}

/** What a search looks for, where it is one of several. */
export function searchPartFrom(request: Request<'Search'>, params: Params) {
  return {
    ...searchTargetFrom(params),
    filter: request.dsl,
    filterValues: filterValuesFrom(request.expr_template_values),
    queries: queriesOf(request),
  }
}

function searchTargetFrom(params: Params) {
  refuseParams(params)
  return {
    vectorFieldName: params.get('anns_field') ?? '',
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
  return vectorsFromPlaceholderGroup(placeholder_group ?? new Uint8Array(), Number(nq))
}
