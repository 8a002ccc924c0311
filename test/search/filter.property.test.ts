import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { countBits } from '../../dist/column/bitmap.js'
import { bindExpr } from '../../dist/expr/bind-expr.js'
import { fieldsOf } from '../../dist/expr/bound-expr.js'
import { evaluate } from '../../dist/expr/evaluate.js'
import { conjunctsOf } from '../../dist/expr/keep-passing.js'
import { parseExpr } from '../../dist/expr/parse-expr.js'
import { filterMask } from '../../dist/search/filter.js'
import { filterRows } from '../../dist/search/filter-rows.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'
import { expression, row } from '../expr/arbitraries.js'
import { columnsOf, everyType, type Row } from '../expr/fixture.js'
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
