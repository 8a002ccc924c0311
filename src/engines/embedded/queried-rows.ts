import type { BoundExpr } from '../../expr/bound-expr.js'
import { type JsonStep, jsonStepFrom } from '../../expr/json-scan.js'
import type { CollectionSchema } from '../../schema/collection-schema.js'
import {
  DataType,
  dataTypeName,
  isFloatingType,
  isIntegerType,
  isStringType,
} from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import type { RowRef } from '../../search/row-ref.js'
import { orderRows } from '../../search/rows/order-rows.js'
import { selectRows } from '../../search/rows/row-query.js'
import type { QueryRequest } from '../../search/search-request.js'
import type { SegmentView } from '../../search/segment-view.js'
import { jsonPlaceOf } from './json-place.js'

/** Rows in another order than the key's must all be seen before the first is known. */
export async function queriedRows(
  views: readonly SegmentView[],
  filter: BoundExpr | null,
  schema: CollectionSchema,
  { limit, offset, orderBy = [], signal }: QueryRequest,
): Promise<readonly RowRef[]> {
  if (orderBy.length === 0) return selectRows(views, filter, schema, { limit, offset, signal })
  const order = orderBy.map((by) => ({ ...by, ...orderPlaceOf(schema, by.fieldName) }))
  const rows = await selectRows(views, filter, schema, { limit: null, offset: 0, signal })
  const ordered = await orderRows(views, rows, order)
  return ordered.slice(offset, limit === null ? undefined : offset + limit)
}

/** A field that has an order, or what lies at a path in a JSON field. @throws parameterInvalid */
export function orderPlaceOf(
  schema: CollectionSchema,
  name: string,
): { field: Field; path: JsonStep[] } {
  const place = jsonPlaceOf(schema, name)
  if (!place) throw invalidParameter(`order by: field ${name} not exist`)
  const { field, steps } = place
  const isInJson = field.dataType === DataType.JSON && steps.length > 0
  if (isInJson) return { field, path: steps.map(jsonStepFrom) }
  if (steps.length === 0 && isOrderedType(field.dataType)) return { field, path: [] }
  throw invalidParameter(
    `order by: field ${name} of type ${dataTypeName(field.dataType)} has no order`,
  )
}

function isOrderedType(dataType: DataType): boolean {
  if (dataType === DataType.Bool || dataType === DataType.Timestamptz) return true
  return isIntegerType(dataType) || isFloatingType(dataType) || isStringType(dataType)
}
