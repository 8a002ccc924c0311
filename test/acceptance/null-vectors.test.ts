import { afterAll, beforeAll, expect, it } from 'vitest'
import type { NewField } from '../../dist/client/index.js'
import { DataType } from '../../dist/schema/data-type.js'
import { EmbeddedServer } from './embedded-server.js'
import { bytesOf, dim, idField, rowsOf, vectorField, vectorOf } from './rows.js'

const rowCount = 300
/** Of three rows, one has a vector, one has null, and one says nothing. */
const hasVector = (id: number) => id % 3 === 0

let server: EmbeddedServer
beforeAll(async () => {
  server = await EmbeddedServer.open()
})
afterAll(() => server?.close())

async function importRows(name: string, field: NewField, vectorAt: (id: number) => unknown) {
  await server.create(name, [idField, field])
  const rows = rowsOf(rowCount, (id) => {
    if (hasVector(id)) return { id, [field.name]: vectorAt(id) }
    return id % 3 === 1 ? { id, [field.name]: null } : { id }
  })
  const path = server.write(`${name}.json`, JSON.stringify(rows))
  const state = await server.bulkInsert(name, [path])
  expect([state.stateName, state.failedReason]).toEqual(['Completed', ''])
  expect(await server.count(name)).toBe(rowCount)
  const stored = await server.query(name, 'id < 3', 'id', field.name)
  expect(stored.map((row) => row[field.name] === null)).toEqual([false, true, true])
  return stored
}

it('case 25 test_bulk_insert_json_nullable_float_vector_null_and_omit', async () => {
  const stored = await importRows('floats', { ...vectorField, nullable: true }, (id) =>
    vectorOf(id),
  )
  expect(stored[0].vector).toEqual(Float32Array.from(vectorOf(0)))
  const search = { collectionName: 'floats', data: [vectorOf(1)], limit: rowCount }
  const [hits] = await server.client.search(search)
  expect(hits).toHaveLength(rowCount / 3)
  expect(hits.every(({ id }) => hasVector(Number(id)))).toBe(true)
  expect(await server.query('floats', 'vector is null', 'id')).toHaveLength((rowCount / 3) * 2)
})

const halves = (id: number) => vectorOf(id % 40)
const kinds: readonly [name: string, field: NewField, vectorAt: (id: number) => unknown][] = [
  ['FloatVector', { ...vectorField, nullable: true }, (id) => vectorOf(id)],
  ['Float16Vector', vectorOf16(DataType.Float16Vector), halves],
  ['BFloat16Vector', vectorOf16(DataType.BFloat16Vector), halves],
  ['Int8Vector', vectorOf16(DataType.Int8Vector), (id) => bytesOf(id, dim).map((at) => at - 128)],
  ['BinaryVector', vectorOf16(DataType.BinaryVector), (id) => bytesOf(id, dim / 8)],
  [
    'SparseFloatVector',
    { name: 'vector', dataType: DataType.SparseFloatVector, nullable: true },
    (id) => ({ [id]: 1.5, [id + 7]: 2 }),
  ],
]

function vectorOf16(dataType: DataType): NewField {
  return { name: 'vector', dataType, dim, nullable: true }
}

it.each(kinds)(
  'case 28 test_bulk_insert_json_nullable_vector_all_types: %s',
  async (type, field, vectorAt) => {
    const stored = await importRows(type, field, vectorAt)
    expect(stored[0].vector).not.toBeNull()
    if (type !== 'FloatVector' && type !== 'BinaryVector') return
    const data = [type === 'BinaryVector' ? Uint8Array.from(bytesOf(0, dim / 8)) : vectorOf(0)]
    const [hits] = await server.client.search({ collectionName: type, data, limit: rowCount })
    expect(hits).toHaveLength(rowCount / 3)
  },
)

it('case 29 test_bulk_insert_non_nullable_float_vector_with_null_failed', async () => {
  await server.create('strict', [idField, vectorField])
  const rows = rowsOf(rowCount, (id) => ({ id, vector: id === 17 ? null : vectorOf(id) }))
  const path = server.write('strict.json', JSON.stringify(rows))
  const state = await server.bulkInsert('strict', [path])
  expect(state.stateName).toBe('Failed')
  expect(state.failedReason).toContain("expected type 'FloatVector' for field 'vector'")
  expect(state.failedReason).toContain("got type '<nil>'")
  expect(state.infos).toMatchObject({ failed_row: '17', failed_field: 'vector' })
  expect(await server.count('strict')).toBe(0)
})
