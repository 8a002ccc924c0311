import fc from 'fast-check'
import { expect, it } from 'vitest'
import { hasBit } from '../../dist/column/bitmap.js'
import { bindExpr } from '../../dist/expr/bind-expr.js'
import { fieldsOf } from '../../dist/expr/bound-expr.js'
import { evaluate } from '../../dist/expr/evaluate.js'
import { parseExpr } from '../../dist/expr/parse-expr.js'
import { expression, row } from './arbitraries.js'
import { columnsOf, everyType } from './fixture.js'
import { rowPasses } from './reference.js'

it('agrees with the row-at-a-time twin on any expression and any rows', () => {
  fc.assert(
    fc.property(expression, fc.array(row, { maxLength: 20 }), (filter, rows) => {
      const expr = parseExpr(filter)
      const bound = bindExpr(expr, everyType)
      const all = columnsOf(everyType, rows)
      const columns = new Map(fieldsOf(bound).map(({ fieldId }) => [fieldId, all.get(fieldId)!]))
      const passed = evaluate(bound, columns, rows.length)
      const found = rows.map((_, at) => hasBit(passed, at))
      expect(found).toEqual(rows.map((item) => rowPasses(expr.root, item, everyType) === true))
    }),
    {
      numRuns: Number(process.env.MILLRACE_PROPERTY_RUNS ?? 1500),
      seed: Number(process.env.MILLRACE_PROPERTY_SEED ?? 7),
    },
  )
})
