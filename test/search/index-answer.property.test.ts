import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bindExpr } from '../../dist/expr/bind-expr.js'
import { fieldsOf } from '../../dist/expr/bound-expr.js'
import { evaluate } from '../../dist/expr/evaluate.js'
import type { Columns } from '../../dist/expr/evaluate-value.js'
import { parseExpr } from '../../dist/expr/parse-expr.js'
import { openValueIndex } from '../../dist/indexes/scalar/value-index.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'
import { indexAnswerOf } from '../../dist/search/index-answer.js'
import type { ScalarIndex } from '../../dist/search/scalar-index.js'
import type { IndexedPath } from '../../dist/storage/indexed-path.js'
import { run } from '../../dist/storage/scalar-index-job.js'
import { expression, row } from '../expr/arbitraries.js'
import { columnsOf, everyType } from '../expr/fixture.js'

const paths = [
  ['doc', 'a'],
  ['doc', 'b', 'a'],
  ['doc', 'a', '1'],
  ['doc', '0'],
  ['doc', 'a"\n'],
  ['$meta', 'color'],
  ['$meta', 'a'],
  ['$meta', 'a', 'b'],
]
const casts = ['BOOL', 'DOUBLE', 'VARCHAR'] as const

it('tells by indexes what a look at every row tells', () => {
  let answered = 0
  fc.assert(
    fc.property(expression, fc.array(row, { maxLength: 70 }), (filter, rows) => {
      const bound = bindExpr(parseExpr(filter), everyType)
      const columns = columnsOf(everyType, rows)
      const answer = indexAnswerOf(
        bound,
        indexesOver(fieldsOf(bound), columns, rows.length),
        rows.length,
      )
      if (answer === null) return
      answered++
      const expected = evaluate(bound, columns, rows.length)
      expect([...answer.truth().truth], filter).toEqual([...expected])
    }),
    { numRuns: Number(process.env.MILLRACE_PROPERTY_RUNS ?? 250), seed: 11 },
  )
  expect(answered).toBeGreaterThan(60)
})

/** Over every field that may have one, and every path as every type. */
function indexesOver(fields: readonly Field[], columns: Columns, rowCount: number): ScalarIndex[] {
  const indexOver = (name: string, json: IndexedPath | null): ScalarIndex => {
    const field = everyType.fields.find((each) => each.name === name)!
    const column = columns.get(field.fieldId)!
    const bytes = run({ column, rowCount, field, json, grams: null })
    return { fieldId: field.fieldId, json, values: openValueIndex(bytes) }
  }
  const plain = fields
    .filter(({ dataType }) => dataType !== DataType.FloatVector && dataType !== DataType.JSON)
    .map(({ name }) => indexOver(name, null))
  const pathsIn = paths.filter(([name]) => fields.some((each) => each.name === name))
  const json = pathsIn.flatMap(([name, ...path]) =>
    casts.map((cast) => indexOver(name, { path, cast })),
  )
  return [...plain, ...json]
}
