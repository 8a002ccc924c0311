import { MillraceError } from '../../errors.js'
import { isAggregate } from '../../search/aggregate-name.js'
import { filterValuesFrom } from '../../wire/filter-values.js'
import { messageFromQueryAnswer } from '../../wire/results.js'
import type { Handlers, Request } from './call.js'
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
    const params = paramsFrom(request.query_params)
    refuseParams(params)
    checkBounded(request, params)
    const result = await engine.query({
      dbName,
      collectionName: request.collection_name,
      partitionNames: request.partition_names,
      filter: request.expr,
      filterValues: filterValuesFrom(request.expr_template_values),
      outputFields: request.output_fields,
      groupBy: namesIn(params, 'group_by_fields'),
      ...queryWindow(params),
      orderBy: orderByFrom(params),
      timeZone: params.get('timezone') ?? '',
      ignoreGrowing: isOn(params, 'ignore_growing'),
      signal,
    })
    return messageFromQueryAnswer(withTimeParts(result, params))
  },
} satisfies Handlers

/** Milvus: a query for everything must say how much of it. */
function checkBounded({ expr, output_fields }: Request<'Query'>, params: Params): void {
  if (expr.trim() !== '' || params.has('limit') || output_fields.some(isAggregate)) return
  throw new MillraceError('parameterInvalid', 'empty expression should be used with limit')
}
