import { type Column, type FixedColumn, layoutOf } from '../../column/column.js'
import { bindExpr } from '../../expr/bind-expr.js'
import { type CollectionSchema, primaryKeyOf } from '../../schema/collection-schema.js'
import type { Field } from '../../schema/field.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import { pkAt } from '../../segment/pk-order.js'
import type { PrimaryKey } from '../../segment/segment-file.js'
import type { QueryVectors } from '../search-request.js'
import type { SegmentView } from '../segment-view.js'
import { gatherField, gatherKeys } from './gather.js'
import { selectRows } from './row-query.js'

/** The vectors of the rows that have the given keys, in the keys' order. @throws parameterInvalid */
export async function vectorsOfKeys(
  views: readonly SegmentView[],
  schema: CollectionSchema,
  field: Field,
  keys: readonly PrimaryKey[],
): Promise<QueryVectors> {
  const rows = await selectRows(views, keyFilter(schema, keys), schema, { limit: null, offset: 0 })
  const found = await gatherKeys(views, rows, schema)
  const places = new Map(rows.map((_, index) => [pkAt(found, index), index]))
  const wanted = keys.map((key) => {
    const place = places.get(key)
    if (place !== undefined) return rows[place]
    throw invalidParameter(`some of the provided primary key IDs do not exist: ${key}`)
  })
  const column = await gatherField(views, wanted, field)
  return { dataType: field.dataType, nq: keys.length, bytes: bytesOf(column, field) }
}

function keyFilter(schema: CollectionSchema, keys: readonly PrimaryKey[]) {
  const { name } = primaryKeyOf(schema)
  const items = keys.map((value) => ({ kind: 'literal', value }) as const)
  const operand = { kind: 'path', name, steps: [] } as const
  const list = { kind: 'list', items } as const
  return bindExpr({ text: `${name} in [...]`, root: { kind: 'in', operand, list } }, schema)
}

function bytesOf(column: Column, field: Field): Uint8Array {
  if (layoutOf(field).shape !== 'fixed') {
    throw invalidParameter(`search by ids: field ${field.name} has no vectors of fixed length`)
  }
  const { values } = column as FixedColumn
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
