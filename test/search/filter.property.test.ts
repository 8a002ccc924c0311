import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { countBits } from '../../dist/column/bitmap.js'
import { bindExpr } from '../../dist/expr/bind-expr.js'
import { fieldsOf } from '../../dist/expr/bound-expr.js'
import { evaluate } from '../../dist/expr/evaluate.js'
import { conjunctsOf } from '../../dist/expr/keep-passing.js'
import { parseExpr } from '../../dist/expr/parse-expr.js'
import { DataType } from '../../dist/schema/data-type.js'
import { filterMask } from '../../dist/search/filter/filter.js'
import { filterRows } from '../../dist/search/filter/filter-rows.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'
import { expression, row } from '../expr/arbitraries.js'
import { columnsOf, everyType, type Row } from '../expr/fixture.js'
import { field, schemaOf } from '../support/fields.js'
import { viewOf } from './views.js'

const pool = createWorkerPool(2)
afterAll(() => pool.close())

it('leaves the rows for which the whole expression is true', async () => {
  const both = fc.tuple(expression, expression).map(([left, right]) => `(${left}) and (${right})`)
  await fc.assert(
    fc.asyncProperty(both, fc.array(row, { maxLength: 40 }), async (filter, rows) => {
      const bound = bindExpr(parseExpr(filter), everyType)
      const mask = await filterMask(viewOf(everyType, 1n, rows), bound)
      expect([...(mask ?? [])]).toEqual(mask === null ? [] : [...passing(bound, rows)])
    }),
    { numRuns: 500, seed: 7 },
  )
})

it('gives the same from threads, whatever the expression', async () => {
  const rows = fc.sample(row, { numRuns: 1000, seed: 3 })
  for (const filter of fc.sample(expression, { numRuns: 60, seed: 5 })) {
    const bound = bindExpr(parseExpr(filter), everyType)
    const all = columnsOf(everyType, rows)
    const columns = new Map(fieldsOf(bound).map(({ fieldId }) => [fieldId, all.get(fieldId)!]))
    const mask = new Uint8Array(new SharedArrayBuffer(125)).fill(0xff)
    const job = { conjuncts: conjunctsOf(bound), columns, rowCount: rows.length, mask }
    // So many rows that pass what came before are worth a message.
    await filterRows(pool, job, 1e9, undefined)
    expect([...mask], filter).toEqual([...passing(bound, rows)])
  }
})

it('asks a thread to make the table of a long list, however few rows there are', async () => {
  const values = BigInt64Array.from({ length: 1000 }, (_, at) => BigInt(at))
  const schema = schemaOf('c', [field(100, 'id', DataType.Int64, { isPrimaryKey: true })])
  const columns = new Map([[100, { shape: 'fixed', values, width: 1, validity: null } as const]])
  let asked = 0
  const counting: typeof pool = {
    ...pool,
    run: (...given) => {
      asked++
      return pool.run(...given)
    },
  }
  const bitsAmong = async (listed: number) => {
    const list = Array.from({ length: listed }, (_, at) => at * 2).join(',')
    const conjuncts = [bindExpr(parseExpr(`id in [${list}]`), schema)]
    const mask = new Uint8Array(new SharedArrayBuffer(125)).fill(0xff)
    await filterRows(counting, { conjuncts, columns, rowCount: 1000, mask }, 1000, undefined)
    return countBits(mask, 1000)
  }
  expect(await bitsAmong(100)).toBe(100)
  expect(asked).toBe(0)
  expect(await bitsAmong(20_000)).toBe(500)
  expect(asked).toBe(1)
})

it('counts the bits of any part of a bitmap', () => {
  const bytes = fc.uint8Array({ maxLength: 40 })
  fc.assert(
    fc.property(bytes, fc.nat(5), fc.nat(8), (all, skipped, cut) => {
      const bitmap = all.subarray(Math.min(skipped, all.length))
      const bitCount = Math.max(0, bitmap.length * 8 - cut)
      let expected = 0
      for (let bit = 0; bit < bitCount; bit++) expected += (bitmap[bit >> 3] >> (bit & 7)) & 1
      expect(countBits(bitmap, bitCount)).toBe(expected)
    }),
  )
})

function passing(bound: Parameters<typeof evaluate>[0], rows: readonly Row[]): Uint8Array {
  return evaluate(bound, columnsOf(everyType, rows), rows.length)
}
