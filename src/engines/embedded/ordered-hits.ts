import type { CollectionSchema } from '../../schema/collection-schema.js'
import type { RowRef } from '../../search/row-ref.js'
import { orderRows } from '../../search/rows/order-rows.js'
import type { OrderByName } from '../../search/search-request.js'
import type { SegmentView } from '../../search/segment-view.js'
import { joined } from '../../util/joined.js'
import { orderPlaceOf } from './queried-rows.js'

/**
 * What was found for each query, in the order of some fields: single rows, or groups by their first rows.
 * Those that are equal stay nearest first.
 */
export async function orderedHits<Row extends RowRef>(
  views: readonly SegmentView[],
  schema: CollectionSchema,
  orderBy: readonly OrderByName[] | undefined,
  answers: readonly (readonly (readonly Row[])[])[],
): Promise<(readonly Row[])[]> {
  if (!orderBy || orderBy.length === 0) return answers.map(joined)
  const order = orderBy.map((by) => ({ ...by, ...orderPlaceOf(schema, by.fieldName) }))
  return Promise.all(
    answers.map(async (groups) => {
      const groupOf = new Map<RowRef, readonly Row[]>(groups.map((group) => [group[0], group]))
      const firsts = await orderRows(views, [...groupOf.keys()], order)
      return firsts.flatMap((first) => groupOf.get(first) ?? [])
    }),
  )
}
