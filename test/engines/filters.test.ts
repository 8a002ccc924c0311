import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FixedColumn } from '../../dist/column/column.js'
import { DataType } from '../../dist/schema/data-type.js'
import { parseTimestamptz } from '../../dist/schema/timestamptz.js'
import { columnsOf, type Row } from '../expr/fixture.js'
import { field, schemaOf } from '../support/fields.js'
import { OpenEngine } from './open-engine.js'

// What filters mean, case by case, as Milvus's own tests of its newest line have it: the same of rows that grow, of
// sealed ones, and of those that indexes tell of.

const int64Max = 2n ** 63n - 1n
const fields = [
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'vector', DataType.FloatVector, { dim: 2 }),
  field(102, 'long', DataType.Int64, { nullable: true }),
  field(103, 'ratio', DataType.Double, { nullable: true }),
  field(104, 'flag', DataType.Bool, { nullable: true }),
  field(105, 'word', DataType.VarChar, { nullable: true, maxLength: 50 }),
  field(106, 'grams', DataType.VarChar, { nullable: true, maxLength: 50 }),
  field(107, 'list', DataType.Array, {
    ...{ elementType: DataType.Int64, maxCapacity: 4, nullable: true },
  }),
  field(108, 'texts', DataType.Array, {
    ...{ elementType: DataType.VarChar, maxCapacity: 4, maxLength: 20, nullable: true },
  }),
  field(109, 'doc', DataType.JSON, { nullable: true }),
  field(110, 'time', DataType.Timestamptz, { nullable: true }),
]

const told: Partial<Row>[] = [
  {
    ...{ long: 1n, ratio: 0.5, flag: true, word: 'svc_one', list: [1n, 2n], texts: ['red', ''] },
    ...{ time: '2025-01-01T00:00:00Z' },
    doc: { n: 1, mixed: 1, flag: true, text: 'abc', list: [1, 2], maybe: null, deep: { n: 30 } },
  },
  {
    ...{ long: 2n, ratio: 1.5, flag: false, word: 'svcXone', list: [], texts: [] },
    ...{ time: '2025-01-01T08:00:00+08:00' },
    doc: { n: 2, mixed: '1', flag: false, text: 'def', list: [], maybe: 1, deep: { n: 40 } },
  },
  {
    ...{ long: 3n, ratio: -2.25, flag: null, word: null, list: null, texts: null },
    doc: { n: 1.0, mixed: true, flag: 1, text: 123, list: 'bad', deep: {} },
  },
  {
    ...{ long: null, ratio: 0, flag: true, word: '', list: [3n], texts: ['redder'] },
    ...{ time: '2025-01-02T00:00:00Z' },
    doc: { n: '1', mixed: [1], flag: 0, text: null, list: [1, 'x', null], deep: { n: 'bad' } },
  },
  {
    ...{ long: int64Max, ratio: 1e12 + 0.25, word: '50% off', list: [1n, 2n, 3n], texts: ['blue'] },
    ...{ doc: null, time: '2030-01-01T00:00:00Z' },
  },
  { long: -int64Max - 1n, word: '中文 error\nE42', list: [2n, 1n], doc: {} },
  { long: 0n, word: 'ERROR E17: late', doc: { n: null, mixed: 2.5, flag: 'yes', list: [[1, 2]] } },
]
const rowCount = 2000
const rows = Array.from({ length: rowCount }, (_, id): Row => {
  const row = told[id] ?? {}
  const time = typeof row.time === 'string' ? parseTimestamptz(row.time, 'UTC') : null
  return { ...{ id: BigInt(id), vector: [0, 1], ...row }, time, grams: row.word ?? null }
})

const gramSizes = { min_gram: 2, max_gram: 3 }
const indexes: readonly (readonly [string, string, object])[] = [
  ['long', 'STL_SORT', {}],
  ['ratio', 'INVERTED', {}],
  ['flag', 'BITMAP', {}],
  ['word', 'INVERTED', {}],
  ['grams', 'NGRAM', gramSizes],
  ['list', 'INVERTED', {}],
  ['texts', 'INVERTED', {}],
  ['doc', 'INVERTED', { json_path: 'doc', json_cast_type: 'JSON' }],
  ['doc', 'INVERTED', { json_path: 'doc["n"]', json_cast_type: 'DOUBLE' }],
  ['doc', 'NGRAM', { json_path: 'doc["text"]', json_cast_type: 'VARCHAR', ...gramSizes }],
  ['time', 'STL_SORT', {}],
]

let open: OpenEngine
const db = 'default'
const states = ['growing', 'sealed', 'indexed']

beforeAll(async () => {
  open = await OpenEngine.open()
  for (const state of states) {
    const schema = schemaOf(state, fields)
    await open.createLoaded(db, schema)
    await open.engine.insert(db, state, '', { rowCount, columns: columnsOf(schema, rows) })
    if (state !== 'growing') await open.engine.flush(db, state)
  }
  for (const [at, [fieldName, type, params]] of indexes.entries()) {
    await open.engine.createIndex({
      ...{ dbName: db, collectionName: 'indexed', fieldName, indexName: `i${at}` },
      params: [
        ['index_type', type],
        ['params', JSON.stringify(params)],
      ],
    })
  }
  for (;;) {
    const built = await open.engine.describeIndex(db, 'indexed', '', '')
    expect(built.map(({ failure }) => failure).filter(Boolean)).toEqual([])
    if (built.every(({ pendingRows }) => pendingRows === 0)) break
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}, 60_000)
afterAll(() => open.remove())

/** The rows that are told of; of all others everything is null. */
async function idsWhere(collectionName: string, filter: string): Promise<number[]> {
  const { fields: found } = await open.engine.query({
    ...{ dbName: db, collectionName, partitionNames: [], filter },
    ...{ outputFields: ['id'], limit: null, offset: 0 },
  })
  const ids = [...(found[0].column as FixedColumn).values].map(Number)
  return ids.filter((id) => id < told.length)
}

const cases: readonly (readonly [string, readonly (readonly [string, readonly number[]])[]])[] = [
  [
    'what is null or missing is neither true nor false',
    [
      ['long == 1', [0]],
      ['not (long == 1)', [1, 2, 4, 5, 6]],
      ['long is null', [3]],
      ['not (long is not null)', [3]],
      ['NOT (NOT (NOT (long IS NULL)))', [0, 1, 2, 4, 5, 6]],
      ['not ((long is not null) and (long > 1))', [0, 3, 5, 6]],
      ['not (long is not null and flag is not null)', [2, 3, 4, 5, 6]],
      ['long is null or flag is null', [2, 3, 4, 5, 6]],
      ['doc["n"] == 1', [0, 2]],
      ['doc["n"] != 1', [1]],
      ['doc["n"] not in [1]', [1]],
      ['not (doc["n"] > 1)', [0, 2]],
      ['doc["n"] + 1 != 2', [1]],
      ['not (doc["n"] + 1 > 2)', [0, 2]],
      ['doc["none"] == 1 or id == 2', [2]],
      ['doc["none"] == 1 and id == 2', []],
      ['not (doc["none"] == 1 or id == 1)', []],
      ['not (doc["none"] == 1 and id == 1)', [0, 2, 3, 4, 5, 6]],
      ['doc["none"] is null and not (doc["none"] == 1)', []],
      ['not (doc["n"] > 100 and doc["n"] < 50)', [0, 1, 2]],
      ['list[0] == 1', [0, 4]],
      ['list[0] != 1', [3, 5]],
      ['not (list[0] > 1)', [0, 4]],
      ['not (list[0] > 100 and list[0] < 50)', [0, 3, 4, 5]],
      ['doc["deep"]["n"] != 30', [1]],
      ['doc["text"] != "abc"', [1]],
      ['doc["text"] not in ["abc"]', [1]],
      ['doc["flag"] != true', [1]],
      ['not (flag == true)', [1]],
    ],
  ],
  [
    'a key that is missing is null, as JSON null is, but not what is empty',
    [
      ['doc["maybe"] is null', [0, 2, 3, 4, 5, 6]],
      ['doc["maybe"] is not null', [1]],
      ['not (doc["maybe"] is null)', [1]],
      ['doc is null', [4]],
      ['doc is not null', [0, 1, 2, 3, 5, 6]],
      ['doc["deep"] is null', [4, 5, 6]],
      ['list is null', [2, 6]],
      ['array_length(list) == 0', [1]],
      ['not array_contains(list, 1)', [1, 3]],
      ['array_length(doc["list"]) == 0', [1]],
      ['array_length(doc["list"]) != 0', [0, 3, 6]],
    ],
  ],
  [
    'a list of several types is a list of each',
    [
      ['doc["mixed"] in [1, "1"]', [0, 1]],
      ['doc["mixed"] in ["1", 1]', [0, 1]],
      ['doc["mixed"] in [true, 1]', [0, 2]],
      ['doc["mixed"] in [true, 2.5, "1", "none"]', [1, 2, 6]],
      ['doc["flag"] in [true, false]', [0, 1]],
      ['doc["flag"] in [0, 1]', [2, 3]],
      ['doc["flag"] == true or doc["flag"] == 1 or doc["flag"] == 0', [0, 2, 3]],
      ['doc["n"] == 1.0 or doc["n"] == 2 or doc["n"] == "1"', [0, 1, 2, 3]],
      ['doc["mixed"] == [1]', [3]],
      ['doc["list"] == [[1, 2]]', [6]],
    ],
  ],
  [
    'lists hold elements, of which there may be none to hold',
    [
      ['array_contains_any(list, [3, 9])', [3, 4]],
      ['array_contains_all(list, [2, 1])', [0, 4, 5]],
      ['array_contains_all(list, [])', [0, 1, 3, 4, 5]],
      ['array_contains_any(list, [])', []],
      ['list == [1, 2]', [0]],
      ['json_contains(doc["list"], 1)', [0, 3]],
      ['json_contains(doc["list"], "x")', [3]],
      ['json_contains(doc["list"], [1, 2])', [6]],
      ['json_contains_all(doc["list"], [])', [0, 1, 3, 6]],
      ['json_contains_any(doc["list"], [])', []],
      ['array_contains(doc["list"], "x") and doc["none"] == 1 or id == 0', [0]],
      ['long in []', []],
      ['long not in []', [0, 1, 2, 4, 5, 6]],
      ['doc["list"][1] == "x"', [3]],
    ],
  ],
  [
    'arithmetic is exact, and tighter than comparisons and bits',
    [
      ['long % 2 == 0 and long / 2 >= 1', [1]],
      ['(long % 2 == 1 and long / 2 == 1) or (2 ** 3 == 8 and long == 1)', [0, 2]],
      ['(2 ** 3 == 7 and long == 3) or long == 2', [1]],
      ['long + 2 * 3 - 1 == 6', [0]],
      ['-long == -3', [2]],
      ['long % -2 == 1', [0, 2, 4]],
      ['long + 33 <= 100', [0, 1, 2, 5, 6]],
      ['long - 1 >= 0', [0, 1, 2, 4]],
      ['long * 2 > 5', [2, 4]],
      ['long == 9223372036854775807', [4]],
      ['long == -9223372036854775808', [5]],
      ['ratio > 1000000000000.2 and ratio < 1000000000000.3', [4]],
      ['0 < long < 3', [0, 1]],
      ['3 >= long > 1', [1, 2]],
      ['(long & 1) == 1', [0, 2, 4]],
      ['(long | 1) == 1', [0, 6]],
      ['(long ^ 1) == 0', [0]],
      ['long << 1 == 4', [1]],
      ['long >> 1 == 1', [1, 2]],
      ['~long == -1', [6]],
    ],
  ],
  [
    'like takes an escape for what stands behind it',
    [
      ['word like "svc%"', [0, 1]],
      ['word like "svc_one"', [0, 1]],
      ['word like "svc\\\\_%"', [0]],
      ['word like r"svc\\_%"', [0]],
      ['word like "%\\\\%%"', [4]],
      ['word like ""', [3]],
      ['grams like "%vc\\\\_o%"', [0]],
      ['not (word like "svc%")', [3, 4, 5, 6]],
      ['texts[0] like "red%"', [0, 3]],
      ['doc["text"] like "a%"', [0]],
      ['not (doc["text"] like "a%")', [1]],
    ],
  ],
  [
    'a regular expression matches anywhere',
    [
      ...['word', 'grams'].flatMap((name) => [
        [`${name} =~ "ERROR"`, [6]] as const,
        [`${name} =~ "^svc.one$"`, [0, 1]] as const,
        [`${name} =~ "(?i)error.E[0-9]{2}"`, [5, 6]] as const,
        [`${name} =~ "(?-s)error.E"`, []] as const,
        [`${name} =~ "\\\\p{Han}+"`, [5]] as const,
        [`${name} =~ ""`, [0, 1, 3, 4, 5, 6]] as const,
        [`${name} =~ "^$"`, [3]] as const,
        [`${name} =~ "E[0-9]+: la.e"`, [6]] as const,
        [`${name} !~ "svc|late"`, [3, 4, 5]] as const,
        [`not (${name} =~ "^svc")`, [3, 4, 5, 6]] as const,
        [`${name} !~ "svc" or ${name} is null`, [2, 3, 4, 5, 6]] as const,
        [`not ${name} =~ "svc" and id > 4`, [5, 6]] as const,
      ]),
      ['doc["text"] =~ "^ab?c"', [0]],
      ['doc["text"] =~ "abc"', [0]],
      ['doc["text"] !~ "abc"', [1, 2, 3, 5, 6]],
      ['doc["text"] =~ "12"', []],
      ['doc["none"] =~ ".*"', []],
      ['doc["list"][1] =~ "x"', [3]],
      ['doc =~ "abc"', []],
      ['texts[0] =~ "^red"', [0, 3]],
      ['texts[1] =~ "^$"', [0]],
      ['texts[0] !~ "^red"', [1, 4]],
      ['texts[7] !~ ".*"', [0, 1, 3, 4]],
    ],
  ],
  [
    'times compare as instants, and null ones not at all',
    [
      ["time == ISO '2025-01-01T00:00:00Z'", [0, 1]],
      ["time >= ISO '2025-01-01T00:00:00Z' and time < ISO '2025-01-02T00:00:00Z'", [0, 1]],
      ["time == ISO '2025-01-01T08:00:00+08:00' or time > ISO '2026-01-01T00:00:00Z'", [0, 1, 4]],
      ["time != ISO '2025-01-01T00:00:00Z'", [3, 4]],
      ['time is null', [2, 5, 6]],
      ["time + INTERVAL 'P1D' < ISO '2025-01-03T00:00:00Z'", [0, 1]],
      ["time + INTERVAL 'P1M' < ISO '2025-02-02T00:00:00Z'", [0, 1]],
      ["not (time + INTERVAL 'P1Y' < ISO '1900-01-01T00:00:00Z')", [0, 1, 3, 4]],
    ],
  ],
  [
    'an order or a spelling of conditions changes nothing',
    [
      ['not (long <= 0 or flag == false)', [0]],
      ['long > 0 and flag == true', [0]],
      ['(long > 0 and flag == true) or (long > 0 and word like "svc%")', [0, 1]],
      ['long > 0 and (flag == true or word like "svc%")', [0, 1]],
      ['TRUE AND long IN [1, 2] && !(id == 1)', [0]],
    ],
  ],
]

describe.each(states)('of %s rows', (state) => {
  it.each(cases)('%s', async (_, filters) => {
    for (const [filter, expected] of filters) {
      expect([filter, await idsWhere(state, filter)]).toEqual([filter, expected])
    }
  })
})
