import type { Column } from '../../column/column.js'
import { keyColumn } from '../../column/key-column.js'
import { MillraceError } from '../../errors.js'
import type { BoundExpr } from '../../expr/bound-expr.js'
import type { FilterValues } from '../../expr/filter-values.js'
import { pkValuesOf } from '../../expr/pk-values.js'
import { partitionKeyOf, primaryKeyOf } from '../../schema/collection-schema.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import { gatherKeys } from '../../search/rows/gather.js'
import { selectRows } from '../../search/rows/row-query.js'
import type { Mutation } from '../engine.js'
import type { OpenCollection } from './collections.js'
import { partitionIdsOf } from './partitions-named.js'
import { boundFilter } from './search-target.js'
import { zonedRecordOf } from './time-zone.js'

/** Deletes the rows that pass a filter: those it names by key, else those it finds. */
export async function deleteRows(
  open: OpenCollection,
  partitionName: string,
  filter: string,
  filterValues: FilterValues = new Map(),
): Promise<Mutation> {
  const { record, rows } = open
  if (partitionName && partitionKeyOf(record.schema)) {
    throw invalidParameter(
      'not support manually specifying the partition names if partition key mode is used',
    )
  }
  const bound = boundFilter(zonedRecordOf(record), filter, filterValues)
  if (bound === null) {
    throw new MillraceError(
      'parameterInvalid',
      "delete plan can't be empty or always true : expected an expression, got an empty one: invalid parameter",
    )
  }
  const names = partitionName ? [partitionName] : []
  const partitionIds = partitionIdsOf(record, names)
  const { keys, rowCount } = await deletedKeys(open, partitionIds, bound)
  const scope = partitionName ? partitionIds[0] : null
  const timestamp = await rows.delete({ keys, rowCount, partitionId: scope })
  return { ids: keys, rowCount, timestamp }
}

async function deletedKeys(
  { record, rows }: OpenCollection,
  partitionIds: readonly bigint[],
  bound: BoundExpr,
): Promise<{ readonly keys: Column; readonly rowCount: number }> {
  const { schema } = record
  const named = pkValuesOf(bound)
  if (named) return { keys: keyColumn(primaryKeyOf(schema), named), rowCount: named.length }
  const snapshot = await rows.snapshot(partitionIds)
  try {
    const found = await selectRows(snapshot.views, bound, schema, { limit: null, offset: 0 })
    const keys = await gatherKeys(snapshot.views, found, schema)
    return { keys, rowCount: found.length }
  } finally {
    snapshot.release()
  }
}
