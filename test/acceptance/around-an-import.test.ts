import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MilvusException, type NewField } from '../../dist/client/index.js'
import { DataType } from '../../dist/schema/data-type.js'
import { EmbeddedServer } from './embedded-server.js'
import { bytesOf, dim, idField, plainRow, rowsOf, vectorField, vectorOf } from './rows.js'

const rowCount = 500
const fields = [idField, vectorField]

let server: EmbeddedServer
beforeAll(async () => {
  server = await EmbeddedServer.open()
})
afterAll(() => server?.close())

async function importRows(collectionName: string, begin = 0): Promise<void> {
  const rows = rowsOf(rowCount, plainRow, begin)
  const path = server.write(`${collectionName}-${begin}.json`, JSON.stringify({ rows }))
  const state = await server.bulkInsert(collectionName, [path])
  expect([state.stateName, state.failedReason]).toEqual(['Completed', ''])
}

async function insertRows(collectionName: string, begin: number): Promise<void> {
  const data = rowsOf(rowCount, plainRow, begin)
  await server.data('/entities/insert', { collectionName, data })
}

async function expectFound(collectionName: string, ids: readonly number[]): Promise<void> {
  const data = ids.map((id) => vectorOf(id))
  const found = await server.client.search({ collectionName, data, limit: 10 })
  expect(found.map((hits) => hits.length)).toEqual(ids.map(() => 10))
  expect(found.map(([hit]) => hit.id)).toEqual(ids.map(BigInt))
}

describe('binary vectors', () => {
  const binary: readonly NewField[] = [
    idField,
    { name: 'bits', dataType: DataType.BinaryVector, dim: 64 },
  ]

  it.each(['case 4 test_binary_vector_only', 'case 15 test_binary_vector_json'])(
    '%s: index and load before the import',
    async (title) => {
      const name = `bits_${title.split(' ')[1]}`
      await server.create(name, binary)
      const rows = rowsOf(rowCount, (id) => ({ id, bits: bytesOf(id, 8) }))
      const content = title.endsWith('only') ? { rows } : rows
      const path = server.write(`${name}.json`, JSON.stringify(content))
      expect((await server.bulkInsert(name, [path])).stateName).toBe('Completed')
      expect(await server.count(name)).toBe(rowCount)
      const data = [Uint8Array.from(bytesOf(3, 8)), Uint8Array.from(bytesOf(250, 8))]
      const found = await server.client.search({ collectionName: name, data, limit: 5 })
      expect(found.map((hits) => hits.map(({ id }) => Number(id)).includes(3))).toEqual([
        true,
        false,
      ])
      expect(found.map(([hit]) => hit.distance)).toEqual([0, 0])
    },
  )
})

it.each([true, false])(
  'case 5 test_insert_before_or_after_bulk_insert: inserts come first %s',
  async (insertsFirst) => {
    const name = `mixed_${insertsFirst}`
    await server.create(name, fields)
    if (insertsFirst) await insertRows(name, rowCount)
    await importRows(name)
    if (!insertsFirst) await insertRows(name, rowCount)
    expect(await server.count(name)).toBe(2 * rowCount)
    await expectFound(name, [1, rowCount - 1, rowCount, 2 * rowCount - 1])
    expect(await server.query(name, 'id in [7, 507]', 'id')).toHaveLength(2)
  },
)

describe('load and index', () => {
  const ways = [true, false].flatMap((loads) => [true, false].map((indexes) => [loads, indexes]))

  it.each(ways)(
    'case 6 test_load_before_or_after_bulk_insert: load before %s, index before %s',
    async (loadsBefore, indexesBefore) => {
      const name = `loaded_${loadsBefore}_${indexesBefore}`
      await server.create(name, fields, { isLoaded: false })
      const load = () => server.client.loadCollection(name)
      if (indexesBefore) await server.index(name, fields)
      if (loadsBefore && indexesBefore) await load()
      if (loadsBefore && !indexesBefore) {
        const refusal = await load().catch((error: unknown) => error)
        expect(refusal).toBeInstanceOf(MilvusException)
        expect((refusal as MilvusException).message).toContain('index not found')
      }
      await importRows(name)
      if (!indexesBefore) await server.index(name, fields)
      if (!loadsBefore || !indexesBefore) await load()
      await expectFound(name, [0, 17, rowCount - 1])
      expect(await server.count(name)).toBe(rowCount)
    },
  )

  it('case 16 test_index_load_before_bulk_insert', async () => {
    await server.create('ready', fields)
    await importRows('ready')
    // Without another load: what is Completed is searchable.
    await expectFound('ready', [0, 250, rowCount - 1])
    await importRows('ready', rowCount)
    await expectFound('ready', [0, rowCount, 2 * rowCount - 1])
    expect(await server.query('ready', `id == ${rowCount}`, 'vector')).toEqual([
      { vector: Float32Array.from(vectorOf(rowCount, dim)), id: BigInt(rowCount) },
    ])
  })
})
