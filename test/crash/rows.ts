import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Connection } from '../../dist/client/connection.js'
import { MilvusClient } from '../../dist/client/index.js'
import { npyBytes } from '../../dist/formats/npy/npy-writer.js'
import { DataType } from '../../dist/schema/data-type.js'

/** Every row's values follow from its id, so that what comes back can be told right from wrong. */
export const dim = 64
export const tenantCount = 24
const client = new MilvusClient({ timeout: 20 })

/** Component `index` of the vector of row `id`. */
function component(id: number, index: number): number {
  return Math.fround(((id * 31 + index * 17) % 4093) / 4093)
}

function vectorOf(id: number): number[] {
  return Array.from({ length: dim }, (_, index) => component(id, index))
}

function vectorsOf(ids: readonly number[]): Float32Array {
  const vectors = new Float32Array(ids.length * dim)
  ids.forEach((id, row) => {
    for (let index = 0; index < dim; index++) vectors[row * dim + index] = component(id, index)
  })
  return vectors
}

export function idsFrom(begin: number, end: number): number[] {
  return Array.from({ length: end - begin }, (_, index) => begin + index)
}

export function writeRows(importRoot: string, rowCount: number): void {
  const ids = idsFrom(0, rowCount)
  const write = (name: string, bytes: Uint8Array) => writeFileSync(join(importRoot, name), bytes)
  write('id.npy', npyBytes(BigInt64Array.from(ids, BigInt)))
  write('vector.npy', npyBytes(vectorsOf(ids), [rowCount, dim]))
  write('tenant.npy', npyBytes(BigInt64Array.from(ids, (id) => BigInt(id % tenantCount))))
}

export async function createCollection(collectionName: string, isPartitioned = false) {
  const fields = [
    { name: 'id', dataType: DataType.Int64, isPrimary: true },
    { name: 'vector', dataType: DataType.FloatVector, dim },
  ]
  const tenant = { name: 'tenant', dataType: DataType.Int64, isPartitionKey: true }
  await client.createCollection({
    collectionName,
    fields: isPartitioned ? [...fields, tenant] : fields,
  })
  // Nothing is built for it, so that an import is as short as it can be.
  const indexType = 'FLAT'
  await client.createIndex({ collectionName, fieldName: 'vector', indexType, metricType: 'L2' })
}

/** What is wrong with a collection that is to hold the rows `ids`, each once: sentences. */
export async function faultsOf(
  connection: Connection,
  collectionName: string,
  ids: readonly number[],
): Promise<string[]> {
  await client.loadCollection(collectionName)
  const [{ 'count(*)': count }] = await client.query({ collectionName, outputFields: ['count(*)'] })
  const faults: string[] = []
  if (Number(count) !== ids.length) faults.push(`count(*): expected ${ids.length}, got ${count}`)
  const found = await keysOf(connection, collectionName)
  const wrong = ids.findIndex((id, index) => found[index] !== BigInt(id))
  if (found.length !== ids.length) faults.push(`expected ${ids.length} keys, got ${found.length}`)
  if (wrong >= 0) faults.push(`key ${wrong}: expected ${ids[wrong]}, got ${found[wrong]}`)
  return [...faults, ...(await vectorFaults(collectionName, sampleOf(ids)))]
}

/** All keys, in their order. */
export async function keysOf(
  connection: Connection,
  collectionName: string,
): Promise<BigInt64Array> {
  const { fields_data } = await connection.call('Query', {
    collection_name: collectionName,
    expr: 'id >= 0',
    output_fields: ['id'],
  })
  const field = fields_data.find(({ field_name }) => field_name === 'id')
  return (field?.scalars?.long_data?.data as BigInt64Array | undefined) ?? new BigInt64Array(0)
}

async function vectorFaults(collectionName: string, ids: readonly number[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await client.query({
    collectionName,
    filter: `id in [${ids}]`,
    outputFields: ['id', 'vector'],
  })
  return rows.flatMap(({ id, vector }) => {
    const expected = vectorOf(Number(id))
    const got = Array.from(vector as Float32Array)
    const index = expected.findIndex((value, at) => value !== got[at])
    return index < 0 ? [] : [`row ${id}: component ${index} is ${got[index]}`]
  })
}

function sampleOf(ids: readonly number[]): number[] {
  return Array.from({ length: Math.min(ids.length, 16) }, (_, index) => {
    return ids[Math.floor((index * (ids.length - 1)) / 15)]
  })
}

export function insertMessage(collectionName: string, ids: readonly number[]) {
  return {
    collection_name: collectionName,
    num_rows: ids.length,
    fields_data: [
      {
        type: DataType.Int64,
        field_name: 'id',
        scalars: { long_data: { data: BigInt64Array.from(ids, BigInt) } },
      },
      {
        type: DataType.FloatVector,
        field_name: 'vector',
        vectors: { dim: BigInt(dim), float_vector: { data: vectorsOf(ids) } },
      },
    ],
  }
}
