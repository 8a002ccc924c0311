import { afterEach, beforeEach, expect, it } from 'vitest'
import type { BytesColumn, Column, FixedColumn } from '../../dist/column/column.js'
import { bytesColumnFromTexts } from '../../dist/column/key-column.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { OutputField, QueryRequest } from '../../dist/search/search-request.js'
import { field, schemaOf } from '../support/fields.js'
import { OpenEngine } from './open-engine.js'

let opened: OpenEngine

const schema = schemaOf('sales', [
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'vector', DataType.FloatVector, { dim: 2 }),
  field(102, 'shop', DataType.VarChar, { maxLength: 20 }),
  field(103, 'year', DataType.Int16),
  field(104, 'cents', DataType.Int64, { nullable: true }),
  field(105, 'weight', DataType.Float),
  field(106, 'meta', DataType.JSON),
])

const sales = [
  { shop: 'b', year: 2024, cents: 9007199254740993n, weight: 0.5, colour: '"red"' },
  { shop: 'a', year: 2024, cents: 10n, weight: 1.5, colour: '7' },
  { shop: 'b', year: 2025, cents: 1n, weight: 2.5, colour: '"red"' },
  { shop: 'b', year: 2024, cents: null, weight: 3.5, colour: '8' },
  { shop: 'c', year: 2025, cents: null, weight: 4.5, colour: '"blue"' },
]

beforeEach(async () => {
  nextId = 0
  opened = await OpenEngine.open()
  await opened.create('default', schema)
  const index = { indexName: '', fieldName: 'vector', params: [['metric_type', 'L2']] as const }
  await opened.engine.createIndex({ dbName: 'default', collectionName: 'sales', ...index })
  await opened.engine.load('default', 'sales', [])
  for (const part of [sales.slice(0, 2), sales.slice(2)]) await insert(part)
})
afterEach(() => opened.remove())

let nextId = 0

async function insert(rows: readonly (typeof sales)[number][]): Promise<void> {
  const ids = rows.map(() => BigInt(nextId++ % sales.length))
  const validity = Uint8Array.of(
    rows.reduce((bits, { cents }, row) => bits | (Number(cents !== null) << row), 0),
  )
  const columns = new Map<number, Column>([
    [100, fixed(BigInt64Array.from(ids))],
    [101, { ...fixed(Float32Array.from(ids.flatMap((id) => [Number(id), 0]))), width: 2 }],
    [102, bytesColumnFromTexts(rows.map(({ shop }) => shop))],
    [103, fixed(Int16Array.from(rows, ({ year }) => year))],
    [104, { ...fixed(BigInt64Array.from(rows, ({ cents }) => cents ?? 0n)), validity }],
    [105, fixed(Float32Array.from(rows, ({ weight }) => weight))],
    [106, bytesColumnFromTexts(rows.map(({ colour }) => `{"look":{"colour":${colour}}}`))],
  ])
  await opened.engine.insert('default', 'sales', '', { rowCount: rows.length, columns })
}

function fixed(values: FixedColumn['values']): FixedColumn {
  return { shape: 'fixed', values, width: 1, validity: null }
}

async function query(asked: Partial<QueryRequest>) {
  const { fields } = await opened.engine.query({
    dbName: 'default',
    collectionName: 'sales',
    partitionNames: [],
    filter: '',
    outputFields: [],
    limit: null,
    offset: 0,
    ...asked,
  })
  return Object.fromEntries(fields.map((output) => [output.field.name, valuesOf(output)]))
}

function valuesOf({ column, rowCount }: OutputField) {
  return Array.from({ length: rowCount }, (_, row) => {
    if (column.validity && !((column.validity[row >> 3] >> (row & 7)) & 1)) return null
    if (column.shape === 'fixed') return column.values[row]
    const { bytes, offsets } = column as BytesColumn
    return Buffer.from(bytes).toString('utf8', offsets[row], offsets[row + 1])
  })
}

it('sums, counts and averages all rows, int64 with all their digits', async () => {
  const outputFields = ['sum(cents)', 'count(cents)', 'count(*)', 'avg(weight)', 'SUM( weight )']
  expect(await query({ outputFields })).toEqual({
    'sum(cents)': [9007199254741004n],
    'count(cents)': [3n],
    'count(*)': [5n],
    'avg(weight)': [2.5],
    'SUM( weight )': [12.5],
  })
})

it('does so for each group, in the order of the values of the groups', async () => {
  const outputFields = ['shop', 'count(*)', 'sum(cents)', 'min(weight)', 'max(cents)', 'max(shop)']
  expect(await query({ outputFields, groupBy: ['shop'] })).toEqual({
    shop: ['a', 'b', 'c'],
    'count(*)': [1n, 3n, 1n],
    'sum(cents)': [10n, 9007199254740994n, null],
    'min(weight)': [1.5, 0.5, 4.5],
    'max(cents)': [10n, 9007199254740993n, null],
    'max(shop)': ['a', 'b', 'c'],
  })
})

it('groups by several fields, and gives a page of the groups in the order asked for', async () => {
  const asked = { outputFields: ['shop', 'year', 'count(*)'], groupBy: ['shop', 'year'] }
  expect(await query(asked)).toEqual({
    shop: ['a', 'b', 'b', 'c'],
    year: [2024, 2024, 2025, 2025],
    'count(*)': [1n, 2n, 1n, 1n],
  })
  const orderBy = [{ fieldName: 'count(*)', isDescending: true, areNullsFirst: true }]
  expect(await query({ ...asked, orderBy, limit: 2, offset: 1 })).toEqual({
    shop: ['a', 'b'],
    year: [2024, 2025],
    'count(*)': [1n, 1n],
  })
})

it('counts only the rows that pass, and gives nothing of no rows but their count', async () => {
  const outputFields = ['count(*)', 'sum(cents)', 'min(weight)']
  const filter = 'weight > 100'
  expect(await query({ outputFields, filter })).toEqual({
    'count(*)': [0n],
    'sum(cents)': [null],
    'min(weight)': [null],
  })
  const of = { outputFields: ['shop', 'count(*)'], groupBy: ['shop'] }
  expect(await query({ ...of, filter })).toEqual({ shop: [], 'count(*)': [] })
  expect(await query({ ...of, filter: 'year == 2025' })).toEqual({
    shop: ['b', 'c'],
    'count(*)': [1n, 1n],
  })
})

it('refuses what makes no sense, by name', async () => {
  const refused = (asked: Partial<QueryRequest>) => query(asked).catch(({ message }) => message)
  expect(await refused({ outputFields: ['id', 'count(*)'], groupBy: ['shop'] })).toMatch(
    'output field id must be one of group_by_fields',
  )
  expect(await refused({ outputFields: ['sum(shop)'] })).toMatch(
    'does not support data type VarChar',
  )
  expect(await refused({ outputFields: ['sum(price)'] })).toMatch('field price not exist')
  expect(await refused({ outputFields: ['weight'], groupBy: ['weight'] })).toMatch(
    'unsupported data type Float for group by',
  )
  await insert([{ ...sales[0], cents: 2n ** 63n - 1n }])
  expect(await refused({ outputFields: ['sum(cents)'] })).toMatch('is beyond an int64')
})

async function search(asked: object) {
  const result = await opened.engine.search({
    dbName: 'default',
    collectionName: 'sales',
    partitionNames: [],
    filter: '',
    vectorFieldName: '',
    queries: { dataType: DataType.FloatVector, nq: 1, bytes: new Uint8Array(8) },
    topK: 10,
    offset: 0,
    metricType: '',
    params: {},
    roundDecimal: -1,
    outputFields: [],
    ...asked,
  })
  const ids = valuesOf({
    field: schema.fields[0],
    column: result.ids,
    rowCount: result.scores.length,
  })
  return { ids: ids.map(Number), groups: (result.groupFields ?? []).map(valuesOf) }
}

it('searches by groups of several fields, and by what lies in JSON', async () => {
  expect(await search({ grouping: { fieldNames: ['shop', 'year'], size: 1 } })).toEqual({
    ids: [0, 1, 2, 4],
    groups: [
      ['b', 'a', 'b', 'c'],
      [2024, 2024, 2025, 2025],
    ],
  })
  const byPath = { fieldNames: ['meta'], jsonPath: '/look/colour', size: 2 }
  expect(await search({ grouping: byPath })).toEqual({
    ids: [0, 2, 1, 3, 4],
    groups: [['"red"', '"red"', '7', '8', '"blue"']],
  })
  const asText = { fieldNames: ['meta["look"]["colour"]'], jsonType: DataType.VarChar, size: 1 }
  expect(await search({ grouping: asText })).toEqual({
    ids: [0, 1, 4],
    groups: [['red', null, 'blue']],
  })
})

it('gives what a search finds in the order of a field, groups by their nearest rows', async () => {
  const orderBy = [{ fieldName: 'year', isDescending: true, areNullsFirst: true }]
  expect((await search({ orderBy })).ids).toEqual([2, 4, 0, 1, 3])
  expect((await search({ orderBy, topK: 3 })).ids).toEqual([2, 0, 1])
  const grouping = { fieldNames: ['shop'], size: 2 }
  expect((await search({ orderBy, grouping })).ids).toEqual([4, 0, 2, 1])
})

it('orders by what lies in JSON, numbers before texts', async () => {
  const by = { fieldName: 'meta["look"]["colour"]', areNullsFirst: false }
  expect((await search({ orderBy: [{ ...by, isDescending: false }] })).ids).toEqual([1, 3, 4, 0, 2])
  expect((await search({ orderBy: [{ ...by, isDescending: true }] })).ids).toEqual([0, 2, 4, 3, 1])
  const orderBy = [{ ...by, isDescending: false }]
  expect(await query({ orderBy, outputFields: ['id'] })).toEqual({ id: [1n, 3n, 4n, 0n, 2n] })
  for (const fieldName of ['meta', 'shop["x"]', 'missing']) {
    const order = search({ orderBy: [{ ...by, fieldName, isDescending: true }] })
    await expect(order).rejects.toThrow(/order by: field .* (has no order|not exist)/)
  }
})

it('ranks the groups of a hybrid search by one score of their rows', async () => {
  const part = {
    filter: '',
    vectorFieldName: 'vector',
    queries: { dataType: DataType.FloatVector, nq: 1, bytes: new Uint8Array(8) },
    topK: 5,
    metricType: 'L2',
    params: {},
  }
  const idsBy = async (scorer: 'max' | 'sum' | 'avg') => {
    const { ids, scores } = await opened.engine.hybridSearch({
      dbName: 'default',
      collectionName: 'sales',
      partitionNames: [],
      searches: [{ ...part, filter: 'shop != "b"' }, part],
      ranker: { strategy: 'rrf', k: 1 },
      topK: 2,
      offset: 0,
      roundDecimal: -1,
      outputFields: [],
      grouping: { fieldNames: ['shop'], size: 2, scorer },
    })
    return valuesOf({ field: schema.fields[0], column: ids, rowCount: scores.length }).map(Number)
  }
  expect(await idsBy('max')).toEqual([1, 4])
  expect(await idsBy('sum')).toEqual([1, 0, 2])
})
