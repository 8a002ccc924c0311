import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createRestServer } from '../../dist/server/rest/rest-server.js'
import { OpenEngine } from '../engines/open-engine.js'

let opened: OpenEngine
let server: Server

beforeEach(async () => {
  opened = await OpenEngine.open()
  const log = pino({ level: 'silent' })
  server = createRestServer({
    engine: opened.engine,
    uploads: null,
    authenticator: null,
    host: '127.0.0.1',
    log,
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve))
  await opened.remove()
})

async function textOf(path: string, body: unknown, headers = {}): Promise<string> {
  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/v2/vectordb${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return response.text()
}

const post = async (path: string, body: unknown, headers = {}) =>
  JSON.parse(await textOf(path, body, headers))

const data = async (path: string, body: unknown, headers = {}) => {
  const reply = await post(path, body, headers)
  expect(reply).toEqual(expect.objectContaining({ code: 0 }))
  return reply.data
}

const books = { collectionName: 'books' }

it('creates a collection quickly, and finds what is put into it', async () => {
  expect(await data('/collections/create', { ...books, dimension: 2, metricType: 'L2' })).toEqual(
    {},
  )
  const inserted = await post('/entities/insert', {
    ...books,
    data: [
      { id: 1, vector: [0.1, 1], title: 'one' },
      { id: 2, vector: [0.2, 1], title: 'two', page: 3 },
    ],
  })
  expect(inserted).toEqual({ code: 0, cost: 0, data: { insertCount: 2, insertIds: ['1', '2'] } })
  const found = await post('/entities/search', {
    ...books,
    data: [[0.2, 1]],
    limit: 1,
    outputFields: ['title', 'vector'],
  })
  expect(found).toEqual({
    code: 0,
    cost: 0,
    data: [{ id: '2', distance: 0, title: 'two', vector: [0.2, 1] }],
    topks: [1],
  })
  const rows = await data('/entities/query', { ...books, filter: 'page == 3', outputFields: ['*'] })
  expect(rows).toEqual([{ id: '2', vector: [0.2, 1], title: 'two', page: 3 }])
  const counted = await data('/entities/query', { ...books, outputFields: ['count(*)'] })
  expect(counted).toEqual([{ 'count(*)': '2' }])
})

it('keeps all digits of int64, as numbers where they are asked for', async () => {
  await data('/collections/create', { ...books, dimension: 2 })
  const id = '9007199254740993'
  const row = `{"id":${id},"vector":[1,0],"big":${id}}`
  await data('/entities/insert', `{"collectionName":"books","data":[${row}]}`)
  const asked = { ...books, filter: 'id > 0', outputFields: ['id', 'big'] }
  expect(await data('/entities/query', asked)).toMatchObject([{ id }])
  const numbers = await textOf('/entities/query', asked, { 'Accept-Type-Allow-Int64': 'true' })
  expect(numbers).toContain(`"id":${id}`)
  expect(numbers).toContain(`"big":${id}`)
  const got = `{"collectionName":"books","id":[${id}],"outputFields":["id"]}`
  expect(await data('/entities/get', got)).toEqual([{ id }])
  expect(await data('/entities/get', { ...books, id, outputFields: ['id'] })).toEqual([{ id }])
  expect(await data('/entities/delete', { ...books, id })).toEqual({ deleteCount: 1 })
  expect(await data('/entities/get', { ...books, id })).toEqual([])
})

const everyType = {
  collectionName: 'types',
  schema: {
    autoId: false,
    enableDynamicField: true,
    fields: [
      {
        fieldName: 'key',
        dataType: 'VarChar',
        isPrimary: true,
        elementTypeParams: { max_length: 9 },
      },
      { fieldName: 'flag', dataType: 'Bool' },
      { fieldName: 'tiny', dataType: 'Int8' },
      { fieldName: 'float', dataType: 'Float' },
      { fieldName: 'double', dataType: 'Double', nullable: true },
      { fieldName: 'rank', dataType: 'Int64', defaultValue: 7 },
      { fieldName: 'object', dataType: 'JSON' },
      {
        fieldName: 'list',
        dataType: 'Array',
        elementDataType: 'Int64',
        elementTypeParams: { max_capacity: 4 },
      },
      { fieldName: 'floats', dataType: 'FloatVector', elementTypeParams: { dim: 2 } },
      { fieldName: 'halves', dataType: 'Float16Vector', elementTypeParams: { dim: 2 } },
      { fieldName: 'bits', dataType: 'BinaryVector', elementTypeParams: { dim: 16 } },
    ],
  },
  indexParams: [
    { fieldName: 'floats', indexName: 'f', metricType: 'IP', indexType: 'HNSW', params: { M: 8 } },
    { fieldName: 'halves', indexType: 'FLAT', metricType: 'L2' },
    { fieldName: 'bits', metricType: 'HAMMING' },
  ],
}

it('takes and gives every type', async () => {
  await data('/collections/create', everyType)
  const row = {
    key: 'a',
    flag: true,
    tiny: -1,
    float: '0.1',
    object: [1, { two: 2 }],
    list: [1, 2],
    floats: [0.5, 1],
    halves: [0.5, 2],
    bits: [1, 255],
    more: { nested: [1] },
  }
  expect(await data('/entities/insert', { collectionName: 'types', data: row })).toEqual({
    insertCount: 1,
    insertIds: ['a'],
  })
  const asked = { collectionName: 'types', id: 'a', outputFields: ['*'] }
  expect(await data('/entities/get', asked)).toEqual([
    {
      ...row,
      float: 0.1,
      double: null,
      rank: '7',
      object: '[1,{"two":2}]',
      list: ['1', '2'],
      bits: 'Af8=',
    },
  ])
  const binary = { collectionName: 'types', annsField: 'bits', data: [[1, 254]], limit: 1 }
  expect(await data('/entities/search', binary)).toEqual([{ id: 'a', distance: 1 }])
})

it('searches in ranges, by groups, several at once, and with values in the place of names', async () => {
  await data('/collections/create', { ...books, dimension: 2, metricType: 'L2' })
  const half = { fieldName: 'half', dataType: 'Int64', nullable: true }
  await data('/collections/fields/add', { ...books, schema: half })
  const rows = [1, 2, 3, 4].map((id) => ({ id, vector: [id, 0], half: id % 2 }))
  await data('/entities/insert', { ...books, data: rows })
  const ids = async (more: object, path = '/entities/search') =>
    (await data(path, { ...books, data: [[1, 0]], ...more })).map(({ id }: { id: string }) => id)
  expect(await ids({ searchParams: { params: { radius: 5, range_filter: 1 } } })).toEqual([
    '2',
    '3',
  ])
  expect(await ids({ filter: 'id in {some}', exprParams: { some: [4, 3] } })).toEqual(['3', '4'])
  expect(await ids({ limit: 1, groupingField: 'half' })).toMatchObject(['1'])
  const search = [
    { data: [[1, 0]], limit: 2 },
    { data: [[4, 0]], limit: 1, filter: 'id > 1' },
  ]
  const rerank = { strategy: 'weighted', params: { weights: [0.1, 0.9] } }
  const hybrid = { search, rerank, limit: 2 }
  expect((await ids(hybrid, '/entities/hybrid_search'))[0]).toBe('4')
  const asked = { ...books, filter: 'id == {key}', exprParams: { key: 2 }, outputFields: ['id'] }
  expect(await data('/entities/query', asked)).toEqual([{ id: '2' }])
  expect(await data('/entities/delete', asked)).toEqual({ deleteCount: 1 })
  expect(
    (await post('/entities/search', { ...books, data: [[1, 0]], limit: 0 })).message,
  ).toContain('topk [0] is invalid')
})

it('upserts, and says what is wrong with rows', async () => {
  await data('/collections/create', {
    ...books,
    dimension: 2,
    params: { enableDynamicField: false },
  })
  const upsert = (rows: unknown) => post('/entities/upsert', { ...books, data: rows })
  expect((await upsert([{ id: 1, vector: [1, 2] }])).data).toEqual({
    upsertCount: 1,
    upsertIds: ['1'],
  })
  expect((await upsert([{ id: 1, vector: [3, 4] }])).code).toBe(0)
  expect(await data('/entities/get', { ...books, id: 1 })).toEqual([{ id: '1', vector: [3, 4] }])
  const short = await upsert([{ id: 2, vector: [1] }])
  expect(short).toMatchObject({
    code: 1804,
    message: expect.stringContaining("data[0], field 'vector'"),
  })
  expect((await upsert([{ id: 2, vector: [1, 2], odd: 1 }])).message).toContain(
    'has pass more field',
  )
  expect(await post('/entities/get', { ...books, id: true })).toMatchObject({ code: 1806 })
  expect(await post('/entities/insert', books)).toMatchObject({ code: 1802 })
  const search = await post('/entities/search', { ...books, data: [[1, 2, 3]] })
  expect(search).toMatchObject({ code: 1801 })
})

it('has what is asked of collections and partitions', async () => {
  await data('/collections/create', { ...books, dimension: 2 })
  expect(await data('/collections/has', books)).toEqual({ has: true })
  expect(await data('/collections/get_load_state', books)).toEqual({
    loadState: 'LoadStateLoaded',
    loadProgress: 100,
    message: '',
  })
  await data('/partitions/create', { ...books, partitionName: 'p' })
  expect(await data('/partitions/list', books)).toEqual(['_default', 'p'])
  expect(await data('/partitions/has', { ...books, partitionName: 'p' })).toEqual({ has: true })
  await data('/entities/insert', {
    ...books,
    partitionName: 'p',
    data: [{ id: 1, vector: [1, 2] }],
  })
  expect(await data('/partitions/get_stats', { ...books, partitionName: 'p' })).toEqual({
    rowCount: 1,
  })
  await data('/partitions/load', { ...books, partitionNames: ['p'] })
  expect(await post('/partitions/load', books)).toMatchObject({ code: 1802 })
  await data('/partitions/release', { ...books, partitionNames: ['p'] })
  await data('/partitions/drop', { ...books, partitionName: 'p' })
  await data('/collections/flush', books)
  await data('/collections/rename', { ...books, newCollectionName: 'tomes' })
  const tomes = { collectionName: 'tomes' }
  await data('/collections/alter_properties', {
    ...tomes,
    properties: { 'collection.ttl.seconds': 9 },
  })
  await data('/collections/fields/add', {
    ...tomes,
    schema: { fieldName: 'note', dataType: 'Int64', nullable: true, defaultValue: 4 },
  })
  expect(await data('/collections/describe', tomes)).toMatchObject({
    fields: [{ name: 'id' }, { name: 'vector' }, { name: 'note', nullable: true }],
    properties: [
      { key: 'timezone', value: 'UTC' },
      { key: 'collection.ttl.seconds', value: '9' },
    ],
  })
  await data('/collections/drop_properties', { ...tomes, propertyKeys: ['collection.ttl.seconds'] })
  await data('/collections/truncate', tomes)
  expect(await data('/collections/get_stats', tomes)).toEqual({ rowCount: 0 })
  await data('/collections/release', tomes)
  await data('/collections/drop', tomes)
  expect(await data('/collections/list', {})).toEqual([])
  expect(await post('/collections/get_load_state', tomes)).toMatchObject({ code: 100 })
})

it('has indexes, aliases and databases', async () => {
  await data('/databases/create', {
    dbName: 'library',
    properties: { 'database.replica.number': 1 },
  })
  expect(await data('/databases/list', {})).toEqual(['default', 'library'])
  expect(await data('/databases/describe', { dbName: 'library' })).toMatchObject({
    dbName: 'library',
    properties: [{ key: 'database.replica.number', value: '1' }],
  })
  await data('/databases/alter', { dbName: 'library', properties: { more: 'x' } })
  await data('/databases/drop_properties', { dbName: 'library', propertyKeys: ['more'] })
  const inside = { ...books, dbName: 'library' }
  await data('/collections/create', { ...inside, dimension: 2, metricType: 'IP' })
  expect(await data('/collections/list', {}, { 'DB-Name': 'library' })).toEqual(['books'])
  expect(await data('/indexes/list', inside)).toEqual(['vector'])
  expect(await data('/indexes/describe', { ...inside, indexName: 'vector' })).toMatchObject([
    { fieldName: 'vector', indexType: 'AUTOINDEX', metricType: 'IP', indexState: 'Finished' },
  ])
  await data('/collections/release', inside)
  await data('/indexes/drop', { ...inside, indexName: 'vector' })
  const indexParams = [{ fieldName: 'vector', indexName: 'v', indexType: 'HNSW', metricType: 'L2' }]
  await data('/indexes/create', { ...inside, indexParams })
  await data('/aliases/create', { ...inside, aliasName: 'shelf' })
  expect(await data('/aliases/list', inside)).toEqual(['shelf'])
  expect(await data('/aliases/describe', { dbName: 'library', aliasName: 'shelf' })).toEqual({
    dbName: 'library',
    collectionName: 'books',
    aliasName: 'shelf',
  })
  await data('/aliases/alter', { ...inside, aliasName: 'shelf' })
  await data('/aliases/drop', { dbName: 'library', aliasName: 'shelf' })
  expect(await post('/databases/drop', { dbName: 'library' })).toMatchObject({ code: 1100 })
  await data('/collections/drop', inside)
  await data('/databases/drop', { dbName: 'library' })
  expect(await post('/collections/list', { dbName: 'library' })).toMatchObject({ code: 800 })
})

it('gives a collection its time zone, that of its database or UTC', async () => {
  const zoneOf = async (body: object) => {
    await data('/collections/create', { ...body, dimension: 2 })
    return (await data('/collections/describe', body)).properties
  }
  expect(await zoneOf(books)).toEqual([{ key: 'timezone', value: 'UTC' }])
  const asia = { dbName: 'asia', properties: { timezone: 'Asia/Shanghai' } }
  await data('/databases/create', asia)
  expect(await zoneOf({ ...books, dbName: 'asia' })).toEqual([
    { key: 'timezone', value: 'Asia/Shanghai' },
  ])
  const odd = { ...books, properties: { timezone: 'Mars/Olympus' } }
  expect(await post('/collections/alter_properties', odd)).toMatchObject({
    code: 1100,
    message: expect.stringContaining('unknown or invalid IANA Time Zone ID: Mars/Olympus'),
  })
})

it('refuses what has no code of its own in Milvus with its code for that', async () => {
  await data('/collections/create', { ...books, dimension: 2 })
  const indexParams = [{ fieldName: 'none', metricType: 'L2', indexType: 'FLAT' }]
  expect(await post('/indexes/create', { ...books, indexParams })).toMatchObject({
    code: 65535,
    message: expect.stringContaining('non-existed field: none'),
  })
})

it('updates some fields of rows, and leaves the others as they are', async () => {
  await data('/collections/create', { ...books, dimension: 2, metricType: 'L2' })
  const rows = [
    { id: 1, vector: [0.1, 1], title: 'one', page: 3 },
    { id: 2, vector: [0.2, 1], title: 'two' },
  ]
  await data('/entities/insert', { ...books, data: rows })
  const partial = { ...books, partialUpdate: true }
  await data('/entities/upsert', { ...partial, data: [{ id: 1, title: 'eins' }] })
  await data('/entities/upsert', { ...partial, data: { id: 2, vector: [7, 7] } })
  expect(await data('/entities/query', { ...books, filter: 'id > 0' })).toEqual([
    { id: '1', vector: [0.1, 1], title: 'eins', page: 3 },
    { id: '2', vector: [7, 7], title: 'two' },
  ])
  const uneven = [
    { id: 1, vector: [1, 1] },
    { id: 2, title: 'zwei' },
  ]
  expect(await post('/entities/upsert', { ...partial, data: uneven })).toMatchObject({
    code: 1804,
    message: expect.stringMatching(/data\[1\]: .* must have the same keys/),
  })
})

it('searches with sparse vectors', async () => {
  const schema = {
    fields: [
      { fieldName: 'id', dataType: 'Int64', isPrimary: true },
      { fieldName: 'words', dataType: 'SparseFloatVector' },
    ],
  }
  const indexParams = [{ fieldName: 'words', metricType: 'IP', indexType: 'SPARSE_INVERTED_INDEX' }]
  await data('/collections/create', { ...books, schema, indexParams })
  const rows = [
    { id: 1, words: { 3: 0.5, 70: 1 } },
    { id: 2, words: { 3: 2 } },
  ]
  await data('/entities/insert', { ...books, data: rows })
  const asked = { ...books, annsField: 'words', data: [{ 3: 1 }, { 70: 2, 3: 1 }], limit: 1 }
  expect(await data('/entities/search', asked)).toMatchObject([
    { id: '2', distance: 2 },
    { id: '1', distance: 2.5 },
  ])
})
