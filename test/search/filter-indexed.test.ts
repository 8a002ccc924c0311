import { afterAll, describe, expect, it } from 'vitest'
import { countBits, rowsOfMask } from '../../dist/column/bitmap.js'
import { bindExpr } from '../../dist/expr/bind-expr.js'
import { parseExpr } from '../../dist/expr/parse-expr.js'
import { openValueIndex } from '../../dist/indexes/scalar/value-index.js'
import { DataType } from '../../dist/schema/data-type.js'
import { filterMask } from '../../dist/search/filter/filter.js'
import { run } from '../../dist/storage/scalar-index-job.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'
import { columnsOf, type Row } from '../expr/fixture.js'
import { field, schemaOf } from '../support/fields.js'

// The indexes are over other rows than the columns: all but the last have the same. So a filter that finds the
// last row was told by a column alone.

const rowCount = 14_000
const last = rowCount - 1
const id = field(100, 'id', DataType.Int64, { isPrimaryKey: true })
const number = field(101, 'number', DataType.Int64)
const word = field(102, 'word', DataType.VarChar, { maxLength: 100 })
const doc = field(103, 'doc', DataType.JSON)
const schema = schemaOf('c', [id, number, word, doc])

const rowOf = (row: number, at: number): Row => ({
  id: BigInt(row),
  number: BigInt(at % 1000),
  word: `word ${at % 1000} end`,
  doc: { a: { b: at % 1000 }, list: [at % 1000, `t${at % 1000}`], name: `word ${at % 1000} end` },
})
const rows = Array.from({ length: rowCount }, (_, row) => rowOf(row, row === last ? 17 : row))
const others = rows.map((row, at) => (at === last ? rowOf(at, 500) : row))
const columns = columnsOf(schema, rows)
const told = Array.from({ length: 14 }, (_, at) => at * 1000 + 17)
const pool = createWorkerPool(2)
afterAll(() => pool.close())

const flat = { path: [], cast: 'JSON', readsTexts: false } as const
const list = { path: ['list'], cast: 'ARRAY_DOUBLE', readsTexts: false } as const
const name = { path: ['name'], cast: 'VARCHAR', readsTexts: false } as const
const value = { path: ['a', 'b'], cast: 'DOUBLE', readsTexts: false } as const
const grams = { min: 2, max: 3 }

const many = Array.from({ length: 4100 }, (_, at) => at * 1000 + 17).join()

describe('a filter asks', () => {
  it.each([
    ['no index', 'number == 17', [], true],
    ['an index over values', 'number == 17', [[number, null, null]], false],
    ['grams', 'word like "%d 17 e%"', [[word, null, grams]], false],
    ['grams', 'word like "w%d 17 %_d"', [[word, null, grams]], false],
    ['grams', 'word =~ "^w.*d 17 e[n]d"', [[word, null, grams]], false],
    ['no grams', 'word =~ r"\\b1[7] (e|x)"', [[word, null, grams]], true],
    ['an index over values', 'word =~ "^word 17 end$"', [[word, null, null]], false],
    ['an index over values', 'word =~ r" 17\\b"', [[word, null, null]], false],
    ['grams at a path', 'doc["name"] =~ "d 17 e+"', [[doc, name, grams]], false],
    ['no grams', 'word like "%d 17 e%"', [[word, null, { min: 7, max: 7 }]], true],
    ['grams at a path', 'doc["name"] like "%d 17 e%"', [[doc, name, grams]], false],
    ['elements at a path', 'json_contains(doc["list"], 17)', [[doc, list, null]], false],
    ['no elements of others', 'json_contains(doc["list"], "t17")', [[doc, list, null]], true],
    ['documents', 'json_contains_all(doc["list"], [17, "t17"])', [[doc, flat, null]], false],
    ['documents', 'doc["a"]["b"] == 17', [[doc, flat, null]], false],
    ['documents', 'doc["name"] like "word 17 %"', [[doc, flat, null]], false],
    ['documents', 'doc["a"]["b"] in [17, 3.5]', [[doc, flat, null]], false],
    ['no documents', 'doc["list"][0] == 17', [[doc, flat, null]], true],
    [
      ...(['another thread', `doc["a"]["b"] in [${many}]`] as const),
      ...([[[doc, value, null]], false] as const),
    ],
  ] as const)('%s (%#)', async (_, filter, indexed, findsLast) => {
    const bound = bindExpr(parseExpr(filter), schema)
    const indexes = indexed.map(([of, json, sizes]) => {
      const column = columnsOf(schema, others).get(of.fieldId)!
      const bytes = run({ column, rowCount, json, grams: sizes })
      return { fieldId: of.fieldId, json, values: openValueIndex(bytes) }
    })
    const mask = await filterMask(viewWith(indexes), bound)
    const found = rowsOfMask(mask!, countBits(mask!, rowCount))
    expect([...found]).toEqual([...told, ...(findsLast ? [last] : [])])
  })
})

function viewWith(indexes: readonly object[]) {
  return {
    ...{ segmentId: 1n, partitionId: 1n, isGrowing: false, rowCount, pool, alive: null },
    column: async ({ fieldId }: { fieldId: number }) => columns.get(fieldId)!,
    validity: async () => null,
    pkOrder: async () => null,
    scalarIndexes: async () => indexes as never,
    vectorParts: () => [],
    vectorIndex: () => null,
  }
}
