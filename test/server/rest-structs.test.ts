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
  server = createRestServer({ engine: opened.engine, uploads: null, host: '127.0.0.1', log })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve))
  await opened.remove()
})

async function post(path: string, body: object) {
  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/v2/vectordb${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ collectionName: 'books', ...body }),
  })
  return response.json()
}

async function data(path: string, body: object = {}) {
  const reply = await post(path, body)
  expect(reply).toEqual(expect.objectContaining({ code: 0 }))
  return reply.data
}

const chunks = {
  fieldName: 'chunks',
  nullable: true,
  typeParams: { max_capacity: '3' },
  fields: [
    {
      fieldName: 'word',
      dataType: 'Array',
      elementDataType: 'VarChar',
      elementTypeParams: { max_length: '5' },
    },
    { fieldName: 'number', dataType: 'Array', elementDataType: 'Int64' },
    {
      fieldName: 'floats',
      dataType: 'ArrayOfVector',
      elementDataType: 'FloatVector',
      elementTypeParams: { dim: '2' },
    },
  ],
}

const books = [
  { id: '1', chunks: [{ word: 'a', number: '1152921504606846977', floats: [1, 0.5] }] },
  { id: '2', chunks: null },
  { id: '3', chunks: [] },
  {
    id: '4',
    chunks: [
      { word: 'b', number: '-1', floats: [3, 3] },
      { word: 'c', number: '0', floats: [0, 9] },
    ],
  },
]

async function createBooks(): Promise<void> {
  await data('/collections/create', {
    schema: {
      fields: [{ fieldName: 'id', dataType: 'Int64', isPrimary: true }],
      structFields: [chunks],
    },
    indexParams: [{ fieldName: 'chunks[floats]', indexName: 'floats', metricType: 'MAX_SIM_L2' }],
  })
  expect((await data('/entities/insert', { data: books })).insertCount).toBe(4)
}

it('creates a struct array and describes it', async () => {
  await createBooks()
  const { fields, structFields, indexes } = await data('/collections/describe')
  expect(fields).toMatchObject([{ name: 'id' }])
  expect(structFields).toMatchObject([{ name: 'chunks', nullable: true, id: 101 }])
  const params = [
    { key: 'dim', value: '2' },
    { key: 'max_capacity', value: '3' },
  ]
  const floats = { name: 'floats', type: 'ArrayOfVector', elementType: 'FloatVector', params }
  expect(structFields[0].fields).toMatchObject([{ name: 'word' }, { name: 'number' }, floats])
  expect(indexes).toEqual([
    { fieldName: 'chunks[floats]', indexName: 'floats', metricType: 'MAX_SIM_L2' },
  ])
})

it('takes its rows as objects, gives them back, and searches them by lists', async () => {
  await createBooks()
  const asked = { filter: 'id > 0', outputFields: ['chunks'] }
  expect(await data('/entities/query', asked)).toEqual(books)
  expect(await data('/entities/get', { id: [4], outputFields: ['chunks[word]'] })).toEqual([
    { id: '4', chunks: [{ word: 'b' }, { word: 'c' }] },
  ])
  const found = await data('/entities/search', {
    ...{ annsField: 'chunks[floats]', limit: 2, outputFields: ['chunks[number]'] },
    data: [
      [
        [3, 3],
        [0, 8],
      ],
    ],
  })
  expect(found).toEqual([
    { id: '4', distance: 1, chunks: [{ number: '-1' }, { number: '0' }] },
    { id: '1', distance: 67.5, chunks: [{ number: '1152921504606846977' }] },
  ])
})

it('names the row and the field of a bad element', async () => {
  await createBooks()
  const { chunks: good } = books[0]
  const { code, message } = await post('/entities/insert', {
    data: [
      { id: 7, chunks: good },
      { id: 8, chunks: [{ ...good![0], floats: [1, 2, 3] }] },
    ],
  })
  expect(code).toBe(1804)
  expect(message).toContain("data[1], field 'chunks[floats]': expected a list of 2 numbers, got 3")
})

it('adds a struct array to a collection, and by no other route', async () => {
  await createBooks()
  await data('/collections/struct_fields/add', { schema: { ...chunks, fieldName: 'notes' } })
  const { structFields } = await data('/collections/describe')
  expect(structFields.map(({ name }: { name: string }) => name)).toEqual(['chunks', 'notes'])
  const schema = { fieldName: 'more', dataType: 'ArrayOfStruct', nullable: true }
  expect((await post('/collections/fields/add', { schema })).message).toContain('struct_fields/add')
})
