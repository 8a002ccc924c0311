// The TypeScript client's round trip against any server of Milvus's wire; prints its report as JSON.
// usage: node client-round-trip.mjs PORT IMPORT_ROOT
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connections, DataType, MilvusClient, utility } from '../../dist/client/index.js'
import { npyBytes } from '../../dist/formats/index.js'

const [port, importRoot] = process.argv.slice(2)
const rowCount = 1_000
const dim = 16
const collectionName = 'typescript_client'

const firstId = 2n ** 60n
const ids = BigInt64Array.from({ length: rowCount }, (_, row) => firstId + BigInt(row))
const vectors = Float32Array.from({ length: rowCount * dim }, (_, at) => Math.sin(at))
const files = ['typescript/id.npy', 'typescript/vector.npy']
mkdirSync(join(importRoot, 'typescript'), { recursive: true })
writeFileSync(join(importRoot, files[0]), npyBytes(ids))
writeFileSync(join(importRoot, files[1]), npyBytes(vectors, [rowCount, dim]))

await connections.connect({ host: '127.0.0.1', port })
const client = new MilvusClient()
if (await client.hasCollection(collectionName)) await client.dropCollection(collectionName)
await client.createCollection({
  collectionName,
  fields: [
    { name: 'id', dataType: DataType.Int64, isPrimary: true },
    { name: 'vector', dataType: DataType.FloatVector, dim },
  ],
})

const taskId = await utility.doBulkInsert({ collectionName, files })
const states = []
const onProgress = ({ stateName }) => stateName !== states.at(-1) && states.push(stateName)
const state = await utility.waitForBulkInsert(taskId, { onProgress, timeout: 60 })
assert.equal(state.taskId, taskId)
assert.equal(state.rowCount, rowCount)
assert.equal(state.files, files.join(','))
assert.equal(state.progress, 100)
const listed = await utility.listBulkInsertTasks({ collectionName, limit: 1 })
assert.equal(listed[0].taskId, taskId)

await client.createIndex({
  collectionName,
  fieldName: 'vector',
  indexType: 'HNSW',
  metricType: 'L2',
  params: { M: 16, efConstruction: 200 },
})
await client.loadCollection(collectionName)
assert.deepEqual(await client.getCollectionStats(collectionName), { rowCount })

const search = { collectionName, limit: 3, metricType: 'L2', params: { ef: 64 } }
const queries = [7, 500].map((row) => vectors.subarray(row * dim, (row + 1) * dim))
const consistencyLevel = 'Strong'
const found = await client.search({
  ...search,
  data: queries,
  outputFields: ['id'],
  consistencyLevel,
})
assert.deepEqual(
  found.map((hits) => hits.length),
  [3, 3],
)
for (const [query, row] of [7, 500].entries()) {
  const { id, entity, distance } = found[query][0]
  assert.deepEqual([id, entity.id, distance], [ids[row], ids[row], 0])
}

const filter = `id in [${ids[3]}, ${ids[999]}]`
const rows = await client.query({
  collectionName,
  filter,
  outputFields: ['vector'],
  consistencyLevel,
})
assert.deepEqual(rows.map(({ id }) => id).sort(), [ids[3], ids[999]])
assert.deepEqual(rows.find(({ id }) => id === ids[3]).vector, vectors.slice(3 * dim, 4 * dim))
const outputFields = ['count(*)']
const [counted] = await client.query({ collectionName, outputFields, consistencyLevel })
assert.equal(counted['count(*)'], BigInt(rowCount))

const failing = utility.doBulkInsert({ collectionName, files: [] })
await assert.rejects(failing, { name: 'MilvusException', code: 1100 })
await client.dropCollection(collectionName)
assert.equal(await client.hasCollection(collectionName), false)
connections.disconnect()
console.log(JSON.stringify({ rowCount, states, printed: String(state) }))
