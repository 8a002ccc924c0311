// Run by bench/served-search.ts in a process of its own, which may lie in another network namespace.
// usage: served-collection.js PORT NAME DIM WAY INDEX_TYPE PARAMS FILE...
// Makes a collection with an index, fills it by bulk insert or (WAY insert) by inserts of the same files, and loads
// it. Prints the seconds until every row is indexed, and those that the load took after it, as JSON. WAY build makes the
// index after the bulk insert, says what that took alone, and loads nothing; WAY load only loads what is there.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { connections, DataType, MilvusClient, utility } from 'millrace/client'
import { connectionNamed } from '#rooms/client/connections.js'

const [port, collectionName, dimText, way, indexType, params, ...files] = process.argv.slice(2)
const dim = Number(dimText)
const index = {
  ...{ collectionName, fieldName: 'vector', indexType, metricType: 'L2' },
  params: JSON.parse(params),
}

await connections.connect({ port: Number(port), timeout: 60 })
const client = new MilvusClient()
console.log(JSON.stringify(way === 'load' ? { load: await secondsOfLoad() } : await fill()))
connections.disconnect()

async function fill(): Promise<Record<string, number>> {
  await create()
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1000
  if (way === 'import') await client.createIndex(index)
  if (way === 'insert') await insert()
  else {
    const taskId = await utility.doBulkInsert({ collectionName, files })
    await utility.waitForBulkInsert(taskId, { intervalMs: 20 })
  }
  const imported = seconds()
  await client.createIndex(index)
  const indexed = seconds()
  return way === 'build' ? { imported, indexed } : { indexed, load: await secondsOfLoad() }
}

async function create(): Promise<void> {
  await client.dropCollection(collectionName)
  await client.createCollection({
    collectionName,
    fields: [
      { name: 'id', dataType: DataType.Int64, isPrimary: true },
      { name: 'bucket', dataType: DataType.Int64 },
      { name: 'vector', dataType: DataType.FloatVector, dim },
    ],
  })
}

async function secondsOfLoad(): Promise<number> {
  const began = performance.now()
  await client.loadCollection(collectionName)
  return (performance.now() - began) / 1000
}

async function insert(): Promise<void> {
  const ids = new BigInt64Array(bodyOf('id.npy'))
  const buckets = new BigInt64Array(bodyOf('bucket.npy'))
  const floats = new Float32Array(bodyOf('vector.npy'))
  const step = 5000
  for (let first = 0; first < ids.length; first += step) {
    const end = Math.min(ids.length, first + step)
    const values = floats.subarray(first * dim, end * dim)
    const vector = { type: DataType.FloatVector, field_name: 'vector' }
    const vectors = { dim: BigInt(dim), float_vector: { data: values } }
    const fields_data = [
      longs('id', ids.subarray(first, end)),
      longs('bucket', buckets.subarray(first, end)),
      { ...vector, vectors },
    ]
    const request = { collection_name: collectionName, num_rows: end - first, fields_data }
    await connectionNamed().call('Insert', request as never)
  }
}

function longs(field_name: string, values: BigInt64Array) {
  return { type: DataType.Int64, field_name, scalars: { long_data: { data: values } } }
}

function bodyOf(name: string): ArrayBuffer {
  const bytes = readFileSync(files.find((file) => basename(file) === name)!)
  const begin = 10 + bytes.readUInt16LE(8)
  return new Uint8Array(bytes.subarray(begin)).buffer
}
