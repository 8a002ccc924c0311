import { MillraceError } from '../../errors.js'
import { isAggregate } from '../../search/rows/aggregate-name.js'
import { filterValuesFrom } from '../../wire/filter-values.js'
import type { KeyValuePair } from '../../wire/generated/messages.js'
import { messageFromQueryAnswer } from '../../wire/results.js'
import type { Handlers, Request } from './call.js'
import { recentPairs } from './recent-pairs.js'
import {
  isOn,
  namesIn,
  orderByFrom,
  type Params,
  paramsFrom,
  queryWindow,
  refuseParams,
} from './search-params.js'
import { withTimeParts } from './time-fields.js'
import { refuse } from './unsupported.js'

export const queryHandlers = {
  async Query({ engine, dbName, signal }, request) {
    refuse({ namespaces: Boolean(request.namespace) })
    const asked = askedOf(request.query_params)
    checkBounded(request, asked.params)
    const result = await engine.query({
      dbName,
      collectionName: request.collection_name,
      partitionNames: request.partition_names,
      filter: request.expr,
      filterValues: filterValuesFrom(request.expr_template_values),
      outputFields: request.output_fields,
      groupBy: asked.groupBy,
      limit: asked.limit,
      offset: asked.offset,
      orderBy: asked.orderBy,
      timeZone: asked.timeZone,
      ignoreGrowing: asked.ignoresGrowing,
      signal,
    })
    return messageFromQueryAnswer(withTimeParts(result, asked.params))
  },
} satisfies Handlers

const askedOf = recentPairs(askedFrom)

/** @throws parameterInvalid, unsupported */
function askedFrom(pairs: readonly KeyValuePair[]) {
  const params = paramsFrom(pairs)
  refuseParams(params)
  const { limit, offset } = queryWindow(params)
  return {
    params,
    groupBy: namesIn(params, 'group_by_fields'),
    limit,
    offset,
    orderBy: orderByFrom(params),
    timeZone: params.get('timezone') ?? '',
    ignoresGrowing: isOn(params, 'ignore_growing'),
  }
}

/** Milvus: a query for everything must say how much of it. */
function checkBounded({ expr, output_fields }: Request<'Query'>, params: Params): void {
  if (expr.trim() !== '' || params.has('limit') || output_fields.some(isAggregate)) return
  throw new MillraceError('parameterInvalid', 'empty expression should be used with limit')
}
