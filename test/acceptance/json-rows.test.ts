import { afterAll, beforeAll, expect, it } from 'vitest'
import { BulkInsertState, type NewField } from '../../dist/client/index.js'
import { DataType } from '../../dist/schema/data-type.js'
import { EmbeddedServer } from './embedded-server.js'
import {
  dim,
  everyField,
  everyValue,
  idField,
  plainRow,
  rowsOf,
  vectorField,
  vectorOf,
} from './rows.js'

let server: EmbeddedServer
beforeAll(async () => {
  server = await EmbeddedServer.open()
})
afterAll(() => server?.close())

/** Imports and expects all rows to be there, found by a search and by a query. */
async function expectImported(collectionName: string, files: string[], rowCount: number) {
  const state = await server.bulkInsert(collectionName, files)
  expect([state.stateName, state.failedReason]).toEqual(['Completed', ''])
  expect(state.rowCount).toBe(rowCount)
  expect(await server.count(collectionName)).toBe(rowCount)
  expect((await server.client.getCollectionStats(collectionName)).rowCount).toBe(rowCount)
  return state
}

it.each(
  [true, false].flatMap((autoId) =>
    [8, 128].flatMap((width) => [1, 1000].map((rowCount) => ({ autoId, width, rowCount }))),
  ),
)(
  'case 1 test_float_vector_only: $rowCount rows, dim $width, auto_id $autoId',
  async ({ autoId, width, rowCount }) => {
    const name = `floats_${autoId}_${width}_${rowCount}`
    await server.create(name, [
      { ...idField, autoId },
      { ...vectorField, dim: width },
    ])
    const rows = rowsOf(rowCount, (id) => ({
      ...(autoId ? {} : { id }),
      vector: vectorOf(id, width),
    }))
    const path = server.write(`${name}.json`, JSON.stringify({ rows }))
    const state = await expectImported(name, [path], rowCount)
    expect(state.ids).toHaveLength(autoId ? rowCount : 0)
    const row = rowCount - 1
    const data = [vectorOf(row, width), vectorOf(0, width)]
    const found = await server.client.search({ collectionName: name, data, limit: 1 })
    const keys = autoId ? state.ids : rowsOf(rowCount, BigInt)
    expect(found.map(([hit]) => [hit.id, hit.distance])).toEqual([
      [keys[row], 0],
      [keys[0], 0],
    ])
    const [stored] = await server.query(name, `id == ${keys[row]}`, 'vector')
    expect(stored.vector).toEqual(Float32Array.from(vectorOf(row, width)))
  },
)

it('case 2 test_str_pk_float_vector_only', async () => {
  const id: NewField = { ...idField, dataType: DataType.VarChar, maxLength: 16 }
  await server.create('texts', [id, vectorField])
  const rows = rowsOf(500, (number) => ({ id: `key_${number}`, vector: vectorOf(number) }))
  await expectImported('texts', [server.write('texts.json', JSON.stringify({ rows }))], 500)
  const data = [vectorOf(77)]
  const [hits] = await server.client.search({ collectionName: 'texts', data, limit: 10 })
  expect(hits).toHaveLength(10)
  expect(hits[0].id).toBe('key_77')
  expect(await server.query('texts', 'id in ["key_3", "key_499"]', 'id')).toHaveLength(2)
})

const kinds = [true, false].flatMap((autoId) => [true, false].map((hasMore) => [autoId, hasMore]))

it.each(kinds)(
  'case 7 test_with_all_field_json: rows, auto_id %s, dynamic field %s',
  async (autoId, hasMore) => expectEveryField(`rows_${autoId}_${hasMore}`, autoId, hasMore, true),
)

it.each(kinds)(
  'case 8 test_bulk_insert_all_field_with_new_json_format: list, auto_id %s, dynamic field %s',
  async (autoId, hasMore) => expectEveryField(`list_${autoId}_${hasMore}`, autoId, hasMore, false),
)

async function expectEveryField(name: string, autoId: boolean, hasMore: boolean, isRows: boolean) {
  const fields = [{ ...idField, autoId }, ...everyField]
  await server.create(name, fields, { enableDynamicField: hasMore })
  const rows = rowsOf(300, (id) => ({
    ...(autoId ? {} : { id }),
    ...everyValue(id),
    ...(hasMore ? { name: `dynamic ${id}`, age: id } : {}),
  }))
  const path = server.write(`${name}.json`, JSON.stringify(isRows ? { rows } : rows))
  await expectImported(name, [path], 300)
  const names = everyField.map((field) => field.name)
  const [{ id, json, $meta, ...stored }] = await server.query(name, 'int64 == 14', '*')
  expect(Object.keys(stored).sort()).toEqual(names.filter((each) => each !== 'json').sort())
  expect(stored).toEqual({
    ...{ vector: Float32Array.from(vectorOf(7)), int64: 14n, float: 1.75, double: 0.875 },
    ...{ text: 'text 7', ints: [7n, 8n], floats: [3.5], texts: ['a7', 'b7'] },
    bools: [false, true],
  })
  expect(JSON.parse(String(json))).toEqual({ number: 7, list: [7, 8] })
  if (!autoId) expect(id).toBe(7n)
  const count = async (filter: string) => (await server.query(name, filter, 'int64')).length
  expect(await count('json["number"] == 9 and array_contains(ints, 10)')).toBe(1)
  expect(await count('texts[1] == "b5" and float == 1.25')).toBe(1)
  if (!hasMore) return
  expect(JSON.parse(String($meta))).toEqual({ name: 'dynamic 7', age: 7 })
  expect(await count('age >= 290 and name like "dynamic%"')).toBe(10)
}

const indices = (id: number) => [id, id + 1000, id + 100_000]
const weight = (index: number) => (index % 9) + 1
const sparse = {
  doc: (id: number) => Object.fromEntries(indices(id).map((index) => [index, weight(index)])),
  coo: (id: number) => ({ indices: indices(id), values: indices(id).map(weight) }),
}

it.each(
  (['doc', 'coo'] as const).flatMap((format) =>
    [true, false].map((more) => [format, more] as const),
  ),
)(
  'case 18 test_bulk_insert_sparse_vector_with_json: %s, with $meta %s',
  async (format, hasMore) => {
    const name = `sparse_${format}_${hasMore}`
    const fields = [idField, { name: 'sparse', dataType: DataType.SparseFloatVector }]
    await server.create(name, fields, { enableDynamicField: hasMore })
    const rows = rowsOf(300, (id) => ({
      ...{ id, sparse: sparse[format](id) },
      ...(hasMore ? { $meta: { number: id } } : {}),
    }))
    await expectImported(name, [server.write(`${name}.json`, JSON.stringify(rows))], 300)
    const [stored] = await server.query(name, 'id == 5', 'sparse')
    expect(sparseFrom(stored.sparse as Uint8Array)).toEqual(
      indices(5).map((index) => [index, weight(index)]),
    )
    if (hasMore) expect(await server.query(name, 'number == 5', 'id')).toEqual([{ id: 5n }])
  },
)

/** Pairs of an index and its value, as Milvus has them in bytes. */
function sparseFrom({ buffer, byteOffset, byteLength }: Uint8Array): [number, number][] {
  const view = new DataView(buffer, byteOffset, byteLength)
  return Array.from({ length: byteLength / 8 }, (_, pair) => [
    view.getUint32(pair * 8, true),
    view.getFloat32(pair * 8 + 4, true),
  ])
}

it('case 24 test_bulk_import_random_pk_stats_task', async () => {
  await server.create('shuffled', [idField, vectorField])
  // 7919 and 3000 have no common divisor: every key comes once, in no order.
  const rows = rowsOf(3000, (at) => plainRow((at * 7919) % 3000))
  await expectImported('shuffled', [server.write('shuffled.json', JSON.stringify(rows))], 3000)
  for (const id of [0, 1499, 2999]) {
    const found = await server.query('shuffled', `id == ${id}`, 'id', 'vector')
    expect(found).toEqual([{ id: BigInt(id), vector: Float32Array.from(vectorOf(id)) }])
  }
  expect(await server.query('shuffled', 'id >= 1000 and id < 1100', 'id')).toHaveLength(100)
})

it('case 36 test_data_type_int_on_float_scalar', async () => {
  const number: NewField = { name: 'number', dataType: DataType.Float }
  await server.create('ints', [idField, vectorField, number])
  const rows = rowsOf(100, (id) => ({ ...plainRow(id), number: id }))
  await expectImported('ints', [server.write('ints.json', JSON.stringify({ rows }))], 100)
  expect(await server.query('ints', 'number == 42', 'number')).toEqual([{ number: 42, id: 42n }])
})

it('case 39 test_empty_json_file', async () => {
  await server.create('empty', [idField, vectorField])
  for (const content of ['[]', '{"rows": []}']) {
    const state = await server.bulkInsert('empty', [server.write('empty.json', content)])
    expect(state.state).toBe(BulkInsertState.ImportCompleted)
    expect(state.rowCount).toBe(0)
  }
  expect(await server.count('empty')).toBe(0)
})

it('case 46 test_wrong_dim_in_schema', async () => {
  await server.create('narrow', [idField, vectorField])
  const rows = rowsOf(10, (id) => ({ id, vector: vectorOf(id, dim + 1) }))
  const state = await server.bulkInsert('narrow', [
    server.write('wide.json', JSON.stringify({ rows })),
  ])
  expect(state.stateName).toBe('Failed')
  expect(state.failedReason).toContain(
    `array size ${dim + 1} doesn't equal to vector dimension ${dim} of field 'vector'`,
  )
})
