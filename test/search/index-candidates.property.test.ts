import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countBits, hasBit } from '../../dist/column/bitmap.js'
import { bindExpr } from '../../dist/expr/bind-expr.js'
import { evaluate } from '../../dist/expr/evaluate.js'
import { parseExpr } from '../../dist/expr/parse-expr.js'
import { buildGramIndex } from '../../dist/indexes/scalar/build-gram-index.js'
import { openValueIndex } from '../../dist/indexes/scalar/value-index.js'
import { DataType } from '../../dist/schema/data-type.js'
import { indexAnswerOf } from '../../dist/search/filter/index-answer.js'
import { candidatesOf } from '../../dist/search/filter/index-candidates.js'
import { run } from '../../dist/storage/scalar-index-job.js'
import { columnsOf, type Row } from '../expr/fixture.js'
import { field, schemaOf } from '../support/fields.js'

const word = field(101, 'word', DataType.VarChar, { maxLength: 100, nullable: true })
const doc = field(102, 'doc', DataType.JSON)
const schema = schemaOf('c', [field(100, 'id', DataType.Int64, { isPrimaryKey: true }), word, doc])

const letter = fc.constantFrom('a', 'b', 'é', '漢', '😀', '%', '_', '"')
const text = fc.array(letter, { maxLength: 9 }).map((letters) => letters.join(''))
const pattern = fc
  .array(fc.oneof(letter, letter, fc.constantFrom('%', '_', '\\%', '\\_')), { maxLength: 7 })
  .map((parts) => parts.join(''))
const like = fc
  .tuple(fc.constantFrom('word', 'doc["a"]'), pattern)
  .map(([name, wanted]) => `${name} like ${JSON.stringify(wanted)}`)
const equal = text.map((wanted) => `word == ${JSON.stringify(wanted)}`)
const one = fc.oneof(like, like, equal, fc.constant('id < 3'))
const filter = fc.oneof(
  one,
  fc.tuple(one, fc.constantFrom('and', 'or'), one).map(([a, op, b]) => `(${a}) ${op} (${b})`),
  one.map((each) => `not (${each})`),
)
const sizes = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.nat(3))
  .map(([min, more]) => ({ min, max: min + more }))
const texts = fc.array(fc.option(text, { freq: 5 }), { maxLength: 70 })

function rowsOf(words: readonly (string | null)[]): Row[] {
  return words.map((each, row) => ({ id: BigInt(row), word: each, doc: { a: each } }))
}

function indexesOver(rows: readonly Row[], grams: { min: number; max: number }) {
  const columns = columnsOf(schema, rows)
  const paths = [
    [word, null],
    [doc, { path: ['a'], cast: 'VARCHAR', readsTexts: false }],
  ] as const
  return paths.map(([indexed, json]) => {
    const column = columns.get(indexed.fieldId)!
    const bytes = run({ column, rowCount: rows.length, json, grams })
    return { fieldId: indexed.fieldId, json, values: openValueIndex(bytes) }
  })
}

describe('an index over grams', () => {
  it('leaves out no row that passes', () => {
    let asked = 0
    fc.assert(
      fc.property(texts, filter, sizes, (words, asks, grams) => {
        const rows = rowsOf(words)
        const bound = bindExpr(parseExpr(asks), schema)
        const indexes = indexesOver(rows, grams)
        expect(indexAnswerOf(bound, indexes, rows.length)).toBe(null)
        const candidates = candidatesOf(bound, indexes, rows.length)?.rows()
        if (!candidates) return
        asked++
        const passing = evaluate(bound, columnsOf(schema, rows), rows.length)
        for (let row = 0; row < rows.length; row++) {
          if (hasBit(passing, row)) expect(hasBit(candidates, row), `${asks}: ${row}`).toBe(true)
        }
      }),
      { numRuns: Number(process.env.MILLRACE_PROPERTY_RUNS ?? 250), seed: 5 },
    )
    expect(asked).toBeGreaterThan(40)
  })

  const rows = rowsOf(Array.from({ length: 1000 }, (_, row) => `no. ${row} – größer`))
  it.each([
    ['word like "%777%"', 1],
    ['word like "no. 77%"', 11],
    ['word like "%größer"', 1000],
    ['word like "no%99 –%"', 10],
    ['word == "no. 5 – größer"', 1],
    ['doc["a"] like "%777%"', 1],
    ['word like "%xyz%" or word like "%123 %"', 1],
    ['id > 3 and word like "%123 %"', 1],
    ['word like "%123456789%"', 0],
  ])('leaves few rows of %s', (asks, count) => {
    const bound = bindExpr(parseExpr(asks), schema)
    const indexes = indexesOver(rows, { min: 2, max: 3 })
    const candidates = candidatesOf(bound, indexes, rows.length)!
    expect(countBits(candidates.rows(), rows.length)).toBe(count)
  })

  it.each(['word like "%7%"', 'word like "__%"', 'not (word like "%777%")', 'word != "abc"'])(
    'does not know of %s',
    (asks) => {
      const indexes = indexesOver(rows, { min: 2, max: 3 })
      expect(candidatesOf(bindExpr(parseExpr(asks), schema), indexes, rows.length)).toBe(null)
    },
  )

  it('has fewer lengths where all would be too many', () => {
    const column = columnsOf(schema, rows).get(word.fieldId)!
    const sizesWith = (timesMax: number) => {
      const grams = { min: 2, max: 4 }
      return openValueIndex(buildGramIndex(column as never, rows.length, grams, timesMax)).grams
    }
    expect(sizesWith(100_000)).toEqual({ min: 2, max: 4 })
    expect(sizesWith(20_000)).toEqual({ min: 2, max: 2 })
    expect(sizesWith(1)).toEqual({ min: 2, max: 1 })
  })
})
