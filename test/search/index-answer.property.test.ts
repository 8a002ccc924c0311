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
import { indexAnswerOf } from '../../dist/search/filter/index-answer.js'
import type { ScalarIndex } from '../../dist/search/filter/scalar-index.js'
import type { IndexedPath } from '../../dist/storage/indexed-path.js'
import { run } from '../../dist/storage/scalar-index-job.js'
import { expression, row } from '../expr/arbitraries.js'
import { columnsOf, everyType, type Row, type Value } from '../expr/fixture.js'

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
const onlyDoc = { ...everyType, fields: everyType.fields.filter(({ name }) => name === 'doc') }
const casts = ['BOOL', 'DOUBLE', 'VARCHAR', 'ARRAY_BOOL', 'ARRAY_DOUBLE', 'ARRAY_VARCHAR'] as const
const flatPaths = [['doc'], ['doc', 'b'], ['doc', 'a'], ['$meta']]
const runs = { numRuns: Number(process.env.MILLRACE_PROPERTY_RUNS ?? 250), seed: 11 }

it.each([
  ['every path as every type', pathIndexes, 60],
  ['all that is in documents', flatIndexes, 40],
] as const)('tells by indexes over %s what a look at every row tells', (_, jsonIndexes, least) => {
  let answered = 0
  fc.assert(
    fc.property(expression, fc.array(row, { maxLength: 70 }), (filter, rows) => {
      const bound = bindExpr(parseExpr(filter), everyType)
      const columns = columnsOf(everyType, rows)
      const fields = fieldsOf(bound)
      const indexes = [
        ...plainIndexes(fields, columns, rows.length),
        ...jsonIndexes(fields, columns, rows.length),
      ]
      const answer = indexAnswerOf(bound, indexes, rows.length)
      if (answer === null) return
      answered++
      const expected = evaluate(bound, columns, rows.length)
      expect([...answer.truth().truth], filter).toEqual([...expected])
    }),
    runs,
  )
  expect(answered).toBeGreaterThan(least)
})

const flag = fc.constantFrom('true', 'false', '"a"', '1', '-0.5', '9007199254740993')
const list = fc.array(flag, { maxLength: 4 }).map((items) => `[${items.join()}]`)
const path = fc.constantFrom('doc["a"]', 'doc["b"]["a"]', 'doc["0"]', 'doc["a"]["0"]', 'doc')
const onJson = fc.oneof(
  fc.tuple(path, list).map(([at, of]) => `json_contains_all(${at}, ${of})`),
  fc.tuple(path, list).map(([at, of]) => `json_contains_any(${at}, ${of})`),
  fc.tuple(path, flag).map(([at, of]) => `json_contains(${at}, ${of})`),
  fc.tuple(path, flag).map(([at, of]) => `${at} == ${of}`),
  fc.tuple(path, flag).map(([at, of]) => `${at} != ${of}`),
  fc.tuple(path, list).map(([at, of]) => `${at} in ${of}`),
  fc.tuple(path, fc.constantFrom('"a%"', '"%a"', '"%"')).map(([at, of]) => `${at} like ${of}`),
  fc
    .tuple(path, fc.constantFrom('<', '<=', '>', '>='), fc.constantFrom('"a"', '""', '1', '-2.5'))
    .map((parts) => parts.join(' ')),
  path.map((at) => `exists ${at}`),
  path.map((at) => `${at} is null`),
)
const scalar = fc.constantFrom<Value>(true, false, null, 'a', 'ab', '', 1n, -0.5, 2n ** 53n + 1n)
const tree = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', '0', '\u0000"'), tie('value'), { maxKeys: 3 }),
  ),
}))
const documents = fc.array(fc.option(tree.value, { freq: 8 }), { maxLength: 40 })

it.each([
  ['every path as every type', pathIndexes],
  ['all that is in documents', flatIndexes],
] as const)('tells by indexes over %s what lies in any documents', (_, jsonIndexes) => {
  let answered = 0
  const both = fc.oneof(
    onJson,
    onJson.map((each) => `not (${each})`),
    fc.tuple(onJson, onJson).map(([left, right]) => `${left} or not (${right})`),
  )
  fc.assert(
    fc.property(both, documents, (filter, docs) => {
      const bound = bindExpr(parseExpr(filter), everyType)
      const rows = docs.map((doc) => ({ doc }) as unknown as Row)
      const column = columnsOf(onlyDoc, rows)
      const answer = indexAnswerOf(
        bound,
        jsonIndexes(fieldsOf(bound), column, rows.length),
        rows.length,
      )
      if (answer === null) return
      answered++
      const expected = evaluate(bound, column, rows.length)
      expect([...answer.truth().truth], filter).toEqual([...expected])
    }),
    runs,
  )
  expect(answered).toBeGreaterThan(40)
})

/** Over every field that may have one. */
function plainIndexes(fields: readonly Field[], columns: Columns, rowCount: number): ScalarIndex[] {
  return fields
    .filter(({ dataType }) => dataType !== DataType.FloatVector && dataType !== DataType.JSON)
    .map(({ name }) => indexOver(name, null, columns, rowCount))
}

function pathIndexes(fields: readonly Field[], columns: Columns, rowCount: number): ScalarIndex[] {
  const pathsIn = paths.filter(([name]) => fields.some((each) => each.name === name))
  return pathsIn.flatMap(([name, ...keys]) =>
    casts.map((cast) =>
      indexOver(name, { path: keys, cast, readsTexts: false }, columns, rowCount),
    ),
  )
}

function flatIndexes(fields: readonly Field[], columns: Columns, rowCount: number): ScalarIndex[] {
  const pathsIn = flatPaths.filter(([name]) => fields.some((each) => each.name === name))
  return pathsIn
    .reverse()
    .map(([name, ...keys]) =>
      indexOver(name, { path: keys, cast: 'JSON', readsTexts: false }, columns, rowCount),
    )
}

function indexOver(
  name: string,
  json: IndexedPath | null,
  columns: Columns,
  rowCount: number,
): ScalarIndex {
  const { fieldId } = everyType.fields.find((each) => each.name === name)!
  const bytes = run({ column: columns.get(fieldId)!, rowCount, json, grams: null })
  return { fieldId, json, values: openValueIndex(bytes) }
}
