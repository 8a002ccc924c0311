import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRestServer } from '../../dist/server/rest/rest-server.js'
import { OpenEngine } from '../engines/open-engine.js'

let opened: OpenEngine
let server: Server

beforeEach(async () => {
  opened = await OpenEngine.open()
  server = createRestServer({
    engine: opened.engine,
    uploads: null,
    authenticator: null,
    host: '127.0.0.1',
    log: pino({ level: 'silent' }),
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve))
  await opened.remove()
})

async function textOf(path: string, init: RequestInit = {}): Promise<string> {
  const { port } = server.address() as AddressInfo
  const headers = { connection: 'close', ...init.headers }
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers })
  return response.text()
}

const get = async (path: string) => JSON.parse(await textOf(`/v1/vector${path}`))
const postText = (path: string, body: unknown, headers = {}) =>
  textOf(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
const post = async (path: string, body: unknown) =>
  JSON.parse(await postText(`/v1/vector${path}`, body))

const books = { collectionName: 'books' }

describe('REST v1', () => {
  beforeEach(async () => {
    const created = { ...books, dimension: 2, description: 'to read' }
    expect(await post('/collections/create', created)).toEqual({ code: 200, data: {} })
  })

  it('creates, lists, describes and drops collections', async () => {
    expect(await get('/collections')).toEqual({ code: 200, data: ['books'] })
    expect(await get('/collections/describe?collectionName=books')).toEqual({
      code: 200,
      data: {
        collectionName: 'books',
        description: 'to read',
        fields: [
          expect.objectContaining({ name: 'id', type: 'Int64', primaryKey: true, autoId: true }),
          expect.objectContaining({ name: 'vector', type: 'FloatVector(2)', primaryKey: false }),
        ],
        indexes: [{ indexName: 'vector_idx', fieldName: 'vector', metricType: 'L2' }],
        load: 'LoadStateLoaded',
        shardsNum: 1,
        enableDynamic: true,
      },
    })
    expect(await post('/collections/drop', books)).toEqual({ code: 200, data: {} })
    expect(await post('/collections/drop', books)).toEqual({
      code: 100,
      message: 'collection not found, database: default, collection: books',
    })
  })

  it('inserts, searches, queries, gets and deletes rows', async () => {
    const rows = [
      { vector: [0.1, 1], title: 'one' },
      { vector: [0.2, 1], title: 'two' },
    ]
    const inserted = await post('/insert', { ...books, data: rows })
    expect(inserted).toEqual({
      code: 200,
      data: { insertCount: 2, insertIds: [...'12'].map(() => expect.stringMatching(/^\d{18}$/)) },
    })
    const [, id] = inserted.data.insertIds
    expect(await post('/insert', { ...books, data: { vector: [5, 5] } })).toMatchObject({
      code: 200,
      data: { insertCount: 1 },
    })
    const sought = { ...books, vector: [0.2, 1], limit: 1, outputFields: ['title'] }
    expect(await post('/search', sought)).toEqual({
      code: 200,
      data: [{ id, distance: 0, title: 'two' }],
    })
    const exact = await postText('/v1/vector/search', sought, { 'accept-type-allow-int64': 'true' })
    expect(exact).toContain(`"id":${id}`)
    const two = { id, vector: [0.2, 1], title: 'two' }
    expect(await post('/get', { ...books, id })).toEqual({ code: 200, data: [two] })
    expect(await post('/query', { ...books, filter: 'title == "two"' })).toEqual({
      code: 200,
      data: [two],
    })
    expect(await post('/delete', { ...books, id })).toEqual({ code: 200, data: {} })
    expect(await post('/delete', { ...books, filter: 'title == "one"' })).toEqual({
      code: 200,
      data: {},
    })
    expect((await post('/query', { ...books, filter: 'id > 0' })).data).toHaveLength(1)
  })

  it('upserts into a collection that has its own keys only', async () => {
    expect(await post('/upsert', { ...books, data: [{ id: 1, vector: [1, 2] }] })).toEqual({
      code: 1100,
      message: expect.stringContaining('cannot upsert an autoID collection'),
    })
    const notes = { collectionName: 'notes', dimension: 2 }
    await postText('/v2/vectordb/collections/create', notes)
    const row = { id: 7, vector: [1, 2] }
    expect(await post('/upsert', { ...notes, data: [row] })).toEqual({
      code: 200,
      data: { upsertCount: 1, upsertIds: ['7'] },
    })
  })

  it.each([
    ['/collections/create', { collectionName: 'x' }, 'collectionName, dimension'],
    ['/insert', books, 'collectionName, data'],
    ['/search', books, 'collectionName, vector'],
    ['/query', books, 'collectionName, filter'],
    ['/get', books, 'collectionName, id'],
    ['/delete', books, 'collectionName, id/filter'],
  ])('says what %s lacks', async (path, body, keys) => {
    expect(await post(path, body)).toEqual({
      code: 1802,
      message: `missing required parameters, required parameters: [${keys}]`,
    })
  })

  it('takes each route by its own method, and JSON only', async () => {
    expect(await textOf('/v1/vector/insert')).toContain('does not serve GET /v1/vector/insert')
    expect(await post('/insert', '{')).toMatchObject({ code: 1801 })
  })
})

describe('REST v2', () => {
  it('describes segments, each by its id', async () => {
    await postText('/v2/vectordb/collections/create', { ...books, dimension: 2 })
    const v2 = async (path: string, body: object) =>
      JSON.parse((await postText(`/v2/vectordb${path}`, body)).replaceAll(/:(\d{17,})/g, ':"$1"'))
    await v2('/entities/insert', { ...books, data: [{ id: 1, vector: [1, 2] }] })
    await v2('/collections/flush', books)
    const { collectionID } = (await v2('/collections/describe', books)).data
    const all = await v2('/segments/describe', { collectionID })
    expect(all).toEqual({
      code: 0,
      data: { segmentInfos: [expect.objectContaining({ collectionID, numRows: 1, state: 4 })] },
    })
    const [{ segmentID }] = all.data.segmentInfos
    const one = `{"collectionID":${collectionID},"segmentIDs":[${segmentID}]}`
    expect(JSON.parse(await postText('/v2/vectordb/segments/describe', one))).toMatchObject({
      code: 0,
    })
    expect(await v2('/segments/describe', { collectionID, segmentIDs: ['5'] })).toEqual({
      code: 600,
      message: 'segment not found[segment=5]',
    })
    expect(await v2('/segments/describe', { collectionID: '5' })).toMatchObject({ code: 100 })
    expect(await v2('/quotacenter/describe', {})).toEqual({ code: 0, data: '{}' })
  })

  it('says of a route what it does not have', async () => {
    const reply = await postText('/v2/vectordb/common/run_analyzer', { text: 'a b' })
    expect(JSON.parse(reply)).toEqual({
      code: 3000,
      message: 'not supported by millrace: analyzers',
    })
  })
})
