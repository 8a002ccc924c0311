import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DataType, MilvusClient } from '@zilliz/milvus2-sdk-node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { npyBytes } from './npy-bytes.js'
import { ServedMillrace } from './served-millrace.js'

const rowCount = 1_000
const dim = 16
const collection_name = 'node_sdk'

let server: ServedMillrace
let client: MilvusClient

beforeAll(async () => {
  server = await ServedMillrace.start()
  client = new MilvusClient({ address: `127.0.0.1:${server.port}`, logLevel: 'error' })
})
afterAll(async () => {
  await client?.closeConnection()
  await server?.stop()
})

it('serves the Node SDK from a bulk insert to a search', async () => {
  const vectors = Float32Array.from({ length: rowCount * dim }, (_, at) => Math.sin(at))
  const ids = BigInt64Array.from({ length: rowCount }, (_, row) => 2n ** 60n + BigInt(row))
  mkdirSync(join(server.importRoot, 'node'))
  writeFileSync(join(server.importRoot, 'node/id.npy'), npyBytes('<i8', [rowCount], ids))
  writeFileSync(
    join(server.importRoot, 'node/vector.npy'),
    npyBytes('<f4', [rowCount, dim], vectors),
  )

  const created = await client.createCollection({
    collection_name,
    fields: [
      { name: 'id', data_type: DataType.Int64, is_primary_key: true },
      { name: 'vector', data_type: DataType.FloatVector, dim },
    ],
  })
  expect(created.error_code).toBe('Success')

  const imported = await client.bulkInsert({
    collection_name,
    files: ['node/id.npy', 'node/vector.npy'],
  })
  const task = imported.tasks[0]!
  await expect
    .poll(async () => (await client.getImportState({ task })).state, { timeout: 30_000 })
    .toBe('ImportCompleted')
  const listed = await client.listImportTasks({ collection_name })
  expect(listed.tasks.map(({ id }) => id)).toEqual([task])

  await client.createIndex({
    collection_name,
    field_name: 'vector',
    index_type: 'HNSW',
    metric_type: 'L2',
    params: { M: 16, efConstruction: 200 },
  })
  await client.loadCollectionSync({ collection_name })
  const counted = await client.query({ collection_name, expr: '', output_fields: ['count(*)'] })
  expect(Number(counted.data[0]!['count(*)'])).toBe(rowCount)

  const found = await client.search({
    collection_name,
    data: [...vectors.subarray(7 * dim, 8 * dim)],
    limit: 3,
  })
  expect(found.results[0]).toMatchObject({ id: String(ids[7]), score: 0 })

  await client.dropCollection({ collection_name })
  expect((await client.hasCollection({ collection_name })).value).toBe(false)
})
