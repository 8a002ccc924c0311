import { DataType, MilvusClient, ShowPartitionsType } from '@zilliz/milvus2-sdk-node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ServedMillrace } from './served-millrace.js'

const collection_name = 'node_catalog'

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

const succeeded = (status: { error_code?: string | number; reason?: string }) =>
  expect([status.error_code, status.reason]).toEqual(['Success', ''])

const idOf = async (name: string) =>
  (await client.describeCollection({ collection_name: name })).collectionID

it('serves the Node SDK databases', async () => {
  succeeded(await client.createDatabase({ db_name: 'node_db' }))
  expect((await client.listDatabases()).db_names).toEqual(['default', 'node_db'])
  const described = await client.describeDatabase({ db_name: 'node_db' })
  expect(described.db_name).toBe('node_db')
  succeeded(await client.alterDatabase({ db_name: 'node_db', properties: { 'a.b': 1 } }))
  succeeded(await client.dropDatabase({ db_name: 'node_db' }))
})

it('serves the Node SDK upserts, aliases and changes of a collection', async () => {
  const created = await client.createCollection({
    collection_name,
    fields: [
      { name: 'id', data_type: DataType.Int64, is_primary_key: true },
      { name: 'vector', data_type: DataType.FloatVector, dim: 2 },
      { name: 'name', data_type: DataType.VarChar, max_length: 8 },
    ],
    index_params: [{ field_name: 'vector', index_type: 'FLAT', metric_type: 'L2' }],
  })
  succeeded(created)
  succeeded(await client.loadCollectionSync({ collection_name }))
  const rows = [1, 2].map((id) => ({ id, vector: [id, 0], name: 'old' }))
  await client.insert({ collection_name, data: rows })
  const upserted = await client.upsert({
    collection_name,
    data: [2, 3].map((id) => ({ id, vector: [id, 0], name: 'new' })),
  })
  succeeded(upserted.status)
  expect(upserted.upsert_cnt).toBe('2')
  succeeded(await client.createAlias({ collection_name, alias: 'node_alias' }))
  const query = { collection_name: 'node_alias', filter: 'id > 0', output_fields: ['id', 'name'] }
  expect((await client.query(query)).data).toEqual([
    { id: '1', name: 'old' },
    { id: '2', name: 'new' },
    { id: '3', name: 'new' },
  ])
  expect((await client.listAliases({ collection_name })).aliases).toEqual(['node_alias'])
  succeeded(await client.dropAlias({ alias: 'node_alias' }))
  succeeded(
    await client.addCollectionField({
      collection_name,
      field: { name: 'rank', data_type: 'Int64', nullable: true, default_value: 5 },
    }),
  )
  const ranked = await client.query({ collection_name, filter: 'rank == 5', output_fields: ['id'] })
  expect(ranked.data.length).toBe(3)
  succeeded(
    await client.alterCollectionProperties({
      collection_name,
      properties: { 'collection.ttl.seconds': 1000 },
    }),
  )
  await client.flushSync({ collection_names: [collection_name] })
  const { infos } = await client.getPersistentSegmentInfo({ collectionName: collection_name })
  expect(infos.reduce((sum, { num_rows }) => sum + Number(num_rows), 0)).toBe(3)
  const compaction = await client.compact({ collection_name })
  const { state } = await client.getCompactionState({ compactionID: compaction.compactionID })
  expect(state).toBe('Completed')
  const tooSmall = await client.compact({ collection_name, target_size: 1 })
  expect(tooSmall.status.reason).toContain('targetSize 1 MB')
  succeeded((await client.compact({ collection_name, target_size: 1_024 })).status)
  succeeded(await client.createPartition({ collection_name, partition_name: 'other' }))
  succeeded(await client.releasePartitions({ collection_name, partition_names: ['_default'] }))
  const loaded = await client.showPartitions({ collection_name, type: ShowPartitionsType.Loaded })
  expect(loaded.partition_names).not.toContain('_default')
  const queried = await client.getQuerySegmentInfo({ collectionName: collection_name })
  expect(queried.infos).toEqual([])
  const { replicas } = await client.getReplicas({ collectionID: await idOf(collection_name) })
  expect(replicas.map(({ partition_ids }) => partition_ids.length)).toEqual([1])
  const balanced = await client.loadBalance({ src_nodeID: 1, collectionName: collection_name })
  expect(balanced.reason).toContain('there is one node')
  succeeded(await client.renameCollection({ collection_name, new_collection_name: 'node_new' }))
  expect((await client.listResourceGroups()).resource_groups).toEqual(['__default_resource_group'])
  succeeded(await client.dropCollection({ collection_name: 'node_new' }))
})
