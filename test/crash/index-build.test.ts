/** A server is killed while it builds indexes, and started again: it finishes them. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MilvusClient, utility } from '../../dist/client/index.js'
import { DataType } from '../../dist/schema/data-type.js'
import { CrashServer, sleep } from './crash-server.js'
import { dim, faultsOf, idsFrom, writeRows } from './rows.js'

const rowCount = 6_000
const collectionName = 'c'
const client = new MilvusClient({ timeout: 20 })
const indexParams = [
  { key: 'index_type', value: 'HNSW' },
  { key: 'metric_type', value: 'L2' },
  { key: 'params', value: '{"M": 32, "efConstruction": 400}' },
]

let server: CrashServer

beforeAll(async () => {
  server = new CrashServer()
  writeRows(server.importRoot, rowCount)
  await server.start()
}, 60_000)

afterAll(() => server.remove())

async function described() {
  const { index_descriptions } = await server.connection.call('DescribeIndex', request)
  return index_descriptions[0]
}

async function finished(): Promise<void> {
  for (;;) {
    const { index_state_fail_reason, pending_index_rows } = await described()
    expect(index_state_fail_reason).toBe('')
    if (pending_index_rows === 0n) return
    await sleep(20)
  }
}

const request = { collection_name: collectionName, field_name: 'vector' }

async function createCollection(): Promise<void> {
  await client.createCollection({
    collectionName,
    fields: [
      { name: 'id', dataType: DataType.Int64, isPrimary: true },
      { name: 'vector', dataType: DataType.FloatVector, dim },
    ],
  })
}

const indexFiles = () => readdirSync(join(server.dataPath, 'indexes'))

it('finishes an index that was being built when it was killed, and keeps no half of it', async () => {
  await createCollection()
  const taskId = await utility.doBulkInsert({ collectionName, files: ['id.npy', 'vector.npy'] })
  await utility.waitForBulkInsert(taskId, { timeout: 60 })
  await server.connection.call('CreateIndex', { ...request, extra_params: indexParams })
  for (const delayMs of [30, 200]) {
    await sleep(delayMs)
    expect((await described()).pending_index_rows).toBeGreaterThan(0n)
    await server.kill()
    await server.start()
  }
  await finished()
  expect(indexFiles()).toHaveLength(1)
  expect(await faultsOf(server.connection, collectionName, idsFrom(0, rowCount))).toEqual([])
  await client.dropCollection(collectionName)
  expect(indexFiles()).toEqual([])
}, 120_000)

it('completes an import that was killed while its index was built', async () => {
  await createCollection()
  await server.connection.call('CreateIndex', { ...request, extra_params: indexParams })
  const taskId = await utility.doBulkInsert({ collectionName, files: ['id.npy', 'vector.npy'] })
  for (;;) {
    const { stateName } = await utility.getBulkInsertState({ taskId })
    if (stateName === 'Persisted') break
    expect(stateName).not.toBe('Completed')
    await sleep(2)
  }
  await server.kill()
  await server.start()
  await utility.waitForBulkInsert(taskId, { timeout: 60 })
  expect((await described()).pending_index_rows).toBe(0n)
  expect(indexFiles()).toHaveLength(1)
  expect(await faultsOf(server.connection, collectionName, idsFrom(0, rowCount))).toEqual([])
}, 120_000)
