import { afterAll, beforeAll, expect, it } from 'vitest'
import type { MilvusException, NewField } from '../../dist/client/index.js'
import { npyBytes } from '../../dist/formats/npy/npy-writer.js'
import { DataType } from '../../dist/schema/data-type.js'
import { EmbeddedServer } from './embedded-server.js'
import { dim, idField, plainRow, rowsOf, vectorField, vectorOf } from './rows.js'

const rowCount = 500
const number: NewField = { name: 'number', dataType: DataType.Int32 }

let server: EmbeddedServer
beforeAll(async () => {
  server = await EmbeddedServer.open()
})
afterAll(() => server?.close())

function writeRows(name: string, begin = 0): string {
  const rows = rowsOf(rowCount, (id) => ({ ...plainRow(id), number: id }), begin)
  return server.write(`${name}-${begin}.json`, JSON.stringify({ rows }))
}

async function createWithPartition(collectionName: string): Promise<void> {
  await server.create(collectionName, [idField, vectorField, number])
  await server.data('/partitions/create', { collectionName, partitionName: 'north' })
}

it('case 3 test_partition_float_vector_int_scalar', async () => {
  await createWithPartition('rivers')
  const state = await server.bulkInsert('rivers', [writeRows('rivers')], { partitionName: 'north' })
  expect([state.stateName, state.partitionName]).toEqual(['Completed', 'north'])
  const stats = { collectionName: 'rivers', partitionName: 'north' }
  expect(await server.data('/partitions/get_stats', stats)).toEqual({ rowCount })
  expect(await server.count('rivers')).toBe(rowCount)
  expect(await server.count('rivers', ['north'])).toBe(rowCount)
  expect(await server.count('rivers', ['_default'])).toBe(0)
  const search = { collectionName: 'rivers', data: [vectorOf(9)], limit: 3 }
  const [hits] = await server.client.search({ ...search, partitionNames: ['north'] })
  expect(hits.map(({ id }) => id)).toEqual([9n, expect.anything(), expect.anything()])
  const [none] = await server.client.search({ ...search, partitionNames: ['_default'] })
  expect(none).toEqual([])
  expect(await server.query('rivers', 'number == 12', 'id')).toEqual([{ id: 12n }])
})

it('case 48 test_non_existing_partition', async () => {
  await createWithPartition('lakes')
  const work = server.bulkInsert('lakes', [writeRows('lakes')], { partitionName: 'south' })
  const refusal = await work.catch((error: unknown) => error as MilvusException)
  expect(refusal).toMatchObject({ code: 200, message: 'partition not found[partition=south]' })
})

it('case 67 import job with_partition: counts in the partition and in the collection', async () => {
  await createWithPartition('seas')
  const files = [[writeRows('seas')], [writeRows('seas', rowCount)]]
  expect(await server.job('seas', files, { partitionName: 'north' })).toMatchObject({
    state: 'Completed',
    importedRows: 2 * rowCount,
  })
  await server.job('seas', [[writeRows('seas', 2 * rowCount)]])
  expect(await server.count('seas', ['north'])).toBe(2 * rowCount)
  expect(await server.count('seas')).toBe(3 * rowCount)
})

const keys: readonly NewField[] = [
  { name: 'key', dataType: DataType.Int64, isPartitionKey: true },
  { name: 'key', dataType: DataType.VarChar, maxLength: 16, isPartitionKey: true },
]

async function expectSpread(collectionName: string, count: number): Promise<void> {
  const partitionNames = await server.data<string[]>('/partitions/list', { collectionName })
  expect(partitionNames).toHaveLength(16)
  const counts: number[] = []
  for (const partitionName of partitionNames) {
    const stats = { collectionName, partitionName }
    const { rowCount } = await server.data<{ rowCount: number }>('/partitions/get_stats', stats)
    counts.push(rowCount)
  }
  expect(counts.reduce((sum, each) => sum + each, 0)).toBe(count)
  expect(Math.max(...counts)).toBeLessThan(count / 2)
  expect(await server.count(collectionName)).toBe(count)
}

async function expectRefused(collectionName: string, files: string[]): Promise<void> {
  const work = server.bulkInsert(collectionName, files, { partitionName: '_default_0' })
  const refusal = await work.catch((error: unknown) => error as MilvusException)
  expect(refusal).toMatchObject({
    code: 2100,
    message:
      'not allow to set partition name for collection with partition key: importing data failed',
  })
}

it.each(keys)('case 13 test_partition_key_on_json_file: key of type $dataType', async (key) => {
  const name = `keyed_${key.dataType}`
  await server.create(name, [idField, vectorField, key])
  const isText = key.dataType === DataType.VarChar
  const rows = rowsOf(rowCount, (id) => ({
    ...plainRow(id),
    key: isText ? `k${id % 100}` : id % 100,
  }))
  const path = server.write(`${name}.json`, JSON.stringify({ rows }))
  await expectRefused(name, [path])
  expect((await server.bulkInsert(name, [path])).stateName).toBe('Completed')
  await expectSpread(name, rowCount)
  const filter = isText ? 'key == "k7"' : 'key == 7'
  expect(await server.query(name, filter, 'id')).toHaveLength(rowCount / 100)
})

it('case 14 test_partition_key_on_multi_numpy_files', async () => {
  const [key] = keys
  await server.create('sets', [idField, vectorField, key])
  const sets = [0, 1, 2].map((folder) => {
    const ids = rowsOf(rowCount, (id) => id, folder * rowCount)
    const vectors = Float32Array.from(ids.flatMap((id) => vectorOf(id)))
    return [
      server.write(`sets/${folder}/id.npy`, npyBytes(BigInt64Array.from(ids, BigInt))),
      server.write(`sets/${folder}/key.npy`, npyBytes(BigInt64Array.from(ids, BigInt))),
      server.write(`sets/${folder}/vector.npy`, npyBytes(vectors, [rowCount, dim])),
    ]
  })
  await expectRefused('sets', sets[0])
  const states = await Promise.all(sets.map((files) => server.bulkInsert('sets', files)))
  expect(states.map(({ stateName }) => stateName)).toEqual(sets.map(() => 'Completed'))
  await expectSpread('sets', 3 * rowCount)
  expect(await server.query('sets', 'key == 1234', 'id')).toEqual([{ id: 1234n }])
})
