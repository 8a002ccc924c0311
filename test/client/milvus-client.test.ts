import { afterEach, beforeEach, expect, it } from 'vitest'
import { connections, DataType, MilvusClient } from '../../dist/client/index.js'
import { decode } from '../../dist/wire/codec.js'
import type {
  CreateCollectionRequest,
  QueryRequest,
  SearchRequest,
} from '../../dist/wire/generated/messages.js'
import { type Answers, serveProtocol } from './protocol-server.js'

const status = { code: 0, error_code: 0 }
const bigId = 446781855410077319n
const utf8 = (text: string) => new TextEncoder().encode(text)

let answers: Answers
let stop: () => void
beforeEach(async () => {
  answers = {}
  const answer = (name: keyof Answers) => (request: never) => answers[name]!(request, {})
  const server = await serveProtocol({
    Connect: () => ({ status }),
    CreateCollection: answer('CreateCollection'),
    Search: answer('Search'),
    Query: answer('Query'),
  })
  stop = server.stop
  await connections.connect({ host: '127.0.0.1', port: server.port })
})
afterEach(() => {
  connections.disconnect()
  stop()
})

it('makes a collection of plain objects', async () => {
  let asked: CreateCollectionRequest | undefined
  answers.CreateCollection = (request: CreateCollectionRequest) => {
    asked = request
    return status
  }
  const fields = [
    { name: 'id', dataType: DataType.Int64, isPrimary: true, autoId: true },
    { name: 'title', dataType: DataType.VarChar, maxLength: 20, nullable: true },
    { name: 'vector', dataType: DataType.FloatVector, dim: 4 },
  ]
  await new MilvusClient().createCollection({ collectionName: 'c', fields })
  const schema = decode('CollectionSchema', asked!.schema)
  expect(schema).toMatchObject({ name: 'c', enable_dynamic_field: false })
  expect(schema.fields).toMatchObject([
    { name: 'id', data_type: 5, is_primary_key: true, autoID: true },
    { name: 'title', nullable: true, type_params: [{ key: 'max_length', value: '20' }] },
    { name: 'vector', data_type: 101, type_params: [{ key: 'dim', value: '4' }] },
  ])
})

it('splits hits by query, with exact ids', async () => {
  let asked: SearchRequest | undefined
  answers.Search = (request: SearchRequest) => {
    asked = request
    const ids = { int_id: { data: BigInt64Array.of(bigId, 2n, 3n) } }
    const scores = Float32Array.of(0, 0.5, 0.25)
    return { status, results: { num_queries: 2n, topks: [1n, 2n], scores, ids } }
  }
  const data = [Float32Array.of(1, 2), [3, 4]]
  const search = { collectionName: 'c', data, limit: 2, metricType: 'L2', params: { ef: 9 } }
  expect(await new MilvusClient().search(search)).toEqual([
    [{ id: bigId, distance: 0, entity: {} }],
    [
      { id: 2n, distance: 0.5, entity: {} },
      { id: 3n, distance: 0.25, entity: {} },
    ],
  ])
  expect(asked!.nq).toBe(2n)
  const params = Object.fromEntries(asked!.search_params.map(({ key, value }) => [key, value]))
  expect(params).toMatchObject({ topk: '2', metric_type: 'L2', params: '{"ef":9}' })
  const [placeholder] = decode('PlaceholderGroup', asked!.placeholder_group!).placeholders
  expect(placeholder).toMatchObject({ tag: '$0', type: 101 })
  const floats = placeholder!.values.map((bytes) => new Float32Array(Uint8Array.from(bytes).buffer))
  expect(floats).toEqual([Float32Array.of(1, 2), Float32Array.of(3, 4)])
})

it('gives rows of every kind of column', async () => {
  let asked: QueryRequest | undefined
  const scalars = {
    id: { long_data: { data: BigInt64Array.of(bigId, -1n) } },
    flag: { bool_data: { data: Uint8Array.of(1, 0) } },
    text: { string_data: { data: ['é', ''] } },
    json: { json_data: { data: [utf8('{"n":9007199254740993}'), utf8('null')] } },
    list: {
      array_data: {
        element_type: DataType.Int64,
        data: [{ long_data: { data: BigInt64Array.of(bigId) } }, { long_data: {} }],
      },
    },
  }
  const types: Record<string, number> = { list: DataType.Array }
  const fields_data = Object.entries(scalars).map(([field_name, column]) => ({
    field_name,
    type: types[field_name] ?? 0,
    scalars: column,
  }))
  const vectors = { dim: 2n, float_vector: { data: Float32Array.of(1, 2, 3, 4) } }
  const vector = { field_name: 'vector', type: DataType.FloatVector, vectors }
  answers.Query = (request: QueryRequest) => {
    asked = request
    return { status, fields_data: [...fields_data, vector] }
  }
  const query = { collectionName: 'c', filter: 'id < 9', limit: 2, offset: 1 }
  expect(await new MilvusClient().query(query)).toEqual([
    {
      id: bigId,
      flag: true,
      text: 'é',
      json: '{"n":9007199254740993}',
      list: [bigId],
      vector: Float32Array.of(1, 2),
    },
    { id: -1n, flag: false, text: '', json: 'null', list: [], vector: Float32Array.of(3, 4) },
  ])
  expect(asked).toMatchObject({ expr: 'id < 9', use_default_consistency: true })
  expect(asked!.query_params).toMatchObject([
    { key: 'limit', value: '2' },
    { key: 'offset', value: '1' },
  ])
})

it('reads nulls whether a server sends a value in their place or not', async () => {
  const valid_data = [true, false, true]
  const column = (field_name: string, values: readonly bigint[]) => ({
    field_name,
    valid_data,
    scalars: { long_data: { data: BigInt64Array.from(values) } },
  })
  answers.Query = () => ({
    status,
    fields_data: [column('full', [1n, 0n, 3n]), column('compact', [1n, 3n])],
  })
  expect(await new MilvusClient().query({ collectionName: 'c' })).toEqual([
    { full: 1n, compact: 1n },
    { full: null, compact: null },
    { full: 3n, compact: 3n },
  ])
})
