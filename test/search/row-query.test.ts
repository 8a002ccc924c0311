import fc from 'fast-check'
import { expect, it } from 'vitest'
import { hasBit } from '../../dist/column/bitmap.js'
import { bindExpr } from '../../dist/expr/bind-expr.js'
import { parseExpr } from '../../dist/expr/parse-expr.js'
import { DataType } from '../../dist/schema/data-type.js'
import { filterMask } from '../../dist/search/filter/filter.js'
import { countRows, selectRows } from '../../dist/search/rows/row-query.js'
import { type Row, schemaOf, type Value } from '../expr/fixture.js'
import { field } from '../support/fields.js'
import { viewOf } from './views.js'

const numeric = schemaOf([
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'weight', DataType.Int8),
])
const textual = schemaOf([
  field(100, 'id', DataType.VarChar, { isPrimaryKey: true, maxLength: 10 }),
  field(101, 'weight', DataType.Int8),
])

const segments = (id: fc.Arbitrary<Value>) =>
  fc.array(
    fc.array(fc.record({ id, weight: fc.integer({ min: 0, max: 3 }), isDeleted: fc.boolean() }), {
      maxLength: 12,
    }),
    { maxLength: 5 },
  )

const keys: [string, typeof numeric, fc.Arbitrary<Value>][] = [
  ['int64', numeric, fc.bigInt({ min: -5n, max: 5n })],
  ['string', textual, fc.string({ unit: fc.constantFrom('a', '𝒳', '\uffee'), maxLength: 2 })],
]

it.each(keys)('merges %s keys as brute force does', async (_, schema, id) => {
  const range = fc.record({
    limit: fc.option(fc.nat(8), { nil: null }),
    offset: fc.nat(5),
    filter: fc.constantFrom('', 'weight > 0', 'weight > 9'),
  })
  await fc.assert(
    fc.asyncProperty(segments(id), range, async (parts, { limit, offset, filter }) => {
      const bound = filter === '' ? null : bindExpr(parseExpr(filter), schema)
      const views = parts.map((rows, index) => {
        const deleted = new Set(rows.flatMap(({ isDeleted }, row) => (isDeleted ? [row] : [])))
        return viewOf(schema, segmentIdOf(index), rows, deleted)
      })
      const passing = parts.flatMap((rows, viewIndex) =>
        rows.flatMap(({ id, weight, isDeleted }, rowOffset) =>
          isDeleted || (filter === 'weight > 0' && weight === 0) || filter === 'weight > 9'
            ? []
            : [{ key: id, segmentId: segmentIdOf(viewIndex), viewIndex, rowOffset }],
        ),
      )
      expect(await countRows(views, bound)).toBe(passing.length)
      const newest = new Map<Value, (typeof passing)[number]>()
      for (const row of passing) {
        const held = newest.get(row.key)
        if (held === undefined || held.segmentId <= row.segmentId) newest.set(row.key, row)
      }
      const sorted = [...newest.values()].sort((left, right) => compareKeys(left.key, right.key))
      const wanted = sorted.slice(offset, limit === null ? undefined : offset + limit)
      expect(await selectRows(views, bound, schema, { limit, offset })).toEqual(
        wanted.map(({ viewIndex, rowOffset }) => ({ viewIndex, rowOffset })),
      )
    }),
    { numRuns: 400, seed: 5 },
  )
})

it('finds keys by search where they are few, deleted rows left out', async () => {
  const rows: Row[] = Array.from({ length: 1000 }, (_, row) => ({
    id: BigInt((row * 7) % 500),
    weight: 0,
  }))
  const view = viewOf(numeric, 1n, rows, new Set([1]))
  for (const filter of ['id in [7, 499, 500]', 'id == 7', 'id == 1.5', 'id in []']) {
    const bound = bindExpr(parseExpr(filter), numeric)
    const scanned = bindExpr(parseExpr(`${filter} and weight == 0`), numeric)
    expect(await filterMask(view, bound)).toEqual(await filterMask(view, scanned))
  }
  const some = bindExpr(parseExpr('id in [499, 7, 3]'), numeric)
  const found = await selectRows([view], some, numeric, { limit: null, offset: 0 })
  expect(found.map(({ rowOffset }) => rows[rowOffset].id)).toEqual([3n, 7n, 499n])
  expect(found[1].rowOffset).toBe(501)
  const mask = await filterMask(view, bindExpr(parseExpr('id == 7'), numeric))
  expect([1, 501].map((row) => hasBit(mask!, row))).toEqual([false, true])
})

it('stops where the caller has cancelled', async () => {
  const view = viewOf(numeric, 1n, [{ id: 1n, weight: 0 }])
  const options = { limit: 1, offset: 0, signal: AbortSignal.abort() }
  await expect(selectRows([view], null, numeric, options)).rejects.toMatchObject({
    kind: 'cancelled',
  })
})

/** Neither ascending nor descending by place. */
function segmentIdOf(viewIndex: number): bigint {
  return BigInt((viewIndex * 3) % 5)
}

function compareKeys(left: Value, right: Value): number {
  if (typeof left === 'string') return Buffer.compare(Buffer.from(left), Buffer.from(String(right)))
  return Number(left! > right!) - Number(left! < right!)
}
