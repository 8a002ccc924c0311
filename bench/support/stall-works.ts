import { setTimeout as sleep } from 'node:timers/promises'
import { DataType, MilvusClient, utility } from 'millrace/client'
import { connectionNamed } from '#rooms/client/connections.js'
import type { MethodName } from '#rooms/wire/methods.js'
import { randomFloats } from './files.js'

export interface StallFiles {
  /** What the searches beside go over. */
  readonly searched: readonly string[]
  /** The same rows of `id` and `vector`, of each kind; fewer of texts. */
  readonly npy: readonly string[]
  readonly json: readonly string[]
  readonly csv: readonly string[]
  readonly parquet: readonly string[]
  readonly rowCount: number
}

/** Something heavy that a server is asked for. */
export interface StallWork {
  readonly name: string
  /** What is not measured. */
  prepare?(): Promise<void>
  run(): Promise<void>
}

/** In this order: later ones go on with what earlier ones left. */
export function stallWorks(dim: number, files: StallFiles): StallWork[] {
  const large = new StalledCollection('large', dim)
  const growing = new StalledCollection('growing', dim)
  const importing = (name: string, kind: readonly string[], index: string): StallWork => ({
    name,
    prepare: () => large.create(index),
    run: () => large.import(kind),
  })
  return [
    importing('import of JSON, no index', files.json, 'FLAT'),
    importing('import of CSV, no index', files.csv, 'FLAT'),
    importing('import of Parquet, no index', files.parquet, 'FLAT'),
    importing('import of npy, no index', files.npy, 'FLAT'),
    importing('import of npy, AUTOINDEX', files.npy, 'AUTOINDEX'),
    { name: 'load', run: () => large.load() },
    { name: 'release', run: () => large.release() },
    {
      name: 'import into a loaded collection',
      prepare: async () => {
        await large.create('FLAT')
        await large.load()
      },
      run: () => large.import(files.npy),
    },
    {
      name: 'import that upserts every row',
      run: () => large.import(files.npy, { upsert: 'true' }),
    },
    { name: 'count by a filter', run: () => large.query('id % 7 < 3', ['count(*)']) },
    { name: 'query of 16384 rows', run: () => large.query('id >= 0', ['id', 'vector'], 16_384) },
    {
      name: 'query by a list of 100,000 keys',
      run: () => large.query(listOf(100_000, 7), ['id'], 16_384),
    },
    { name: 'search among a list of 100,000 keys', run: () => large.search(listOf(100_000, 7)) },
    { name: 'search with 1,000 vectors', run: () => large.search('', 1000) },
    { name: 'delete of a list of 100,000 keys', run: () => large.delete(listOf(100_000, 3)) },
    { name: 'look after it', run: () => large.query('id == 5', ['id']) },
    { name: 'delete by an expression', run: () => large.delete(`id >= ${files.rowCount / 2}`) },
    { name: 'look after that', run: () => large.query('id == 5', ['id']) },
    { name: 'compaction', run: () => large.compact() },
    { name: 'background index', run: () => large.index('HNSW') },
    { name: 'drop', run: () => large.drop() },
    {
      name: 'inserts of 5,000 rows',
      prepare: () => growing.create(),
      run: () => growing.insert(20, 5000),
    },
    { name: 'insert of 50,000 rows', run: () => growing.insert(1, 50_000) },
    { name: 'upserts of 5,000 rows', run: () => growing.insert(10, 5000, 'Upsert') },
    { name: 'delete among growing rows', run: () => growing.delete(listOf(50_000, 1)) },
    { name: 'flush', run: () => growing.flush() },
    { name: 'index of flushed rows', run: () => growing.isIndexed() },
    { name: 'making 300 collections', run: () => manyCollections(300) },
    { name: 'listing 300 collections', run: () => listing(300) },
  ]
}

export class StalledCollection {
  readonly #name: string
  readonly #dim: number
  readonly #client = new MilvusClient()
  readonly #random = randomFloats(3)
  #nextId = 0

  constructor(name: string, dim: number) {
    this.#name = name
    this.#dim = dim
  }

  async create(index = 'AUTOINDEX'): Promise<void> {
    await this.#client.dropCollection(this.#name)
    await createCollection(this.#client, this.#name, this.#dim)
    await this.index(index)
  }

  async index(indexType: string): Promise<void> {
    const about = { collection_name: this.#name, field_name: 'vector' }
    await call('ReleaseCollection', about)
    await call('DropIndex', about)
    const index = { collectionName: this.#name, fieldName: 'vector', metricType: 'L2' }
    await this.#client.createIndex({ ...index, indexType })
  }

  async import(files: readonly string[], options: Record<string, string> = {}): Promise<void> {
    const job = { collectionName: this.#name, files: [...files], options }
    await utility.waitForBulkInsert(await utility.doBulkInsert(job), { intervalMs: 50 })
  }

  load(): Promise<void> {
    return this.#client.loadCollection(this.#name)
  }

  async release(): Promise<void> {
    await call('ReleaseCollection', { collection_name: this.#name })
  }

  async query(filter: string, outputFields: string[], limit?: number): Promise<void> {
    const query = { collectionName: this.#name, filter, outputFields }
    await this.#client.query(limit ? { ...query, limit } : query)
  }

  async search(filter: string, nq = 1): Promise<void> {
    const data = Array.from({ length: nq }, () => this.#random(this.#dim))
    await this.#client.search({ collectionName: this.#name, data, filter, metricType: 'L2' })
  }

  async delete(expr: string): Promise<void> {
    await call('Delete', { collection_name: this.#name, expr })
  }

  async insert(times: number, rows: number, method: 'Insert' | 'Upsert' = 'Insert'): Promise<void> {
    if (method === 'Upsert') this.#nextId = 0
    for (let time = 0; time < times; time++) {
      const ids = BigInt64Array.from({ length: rows }, (_, row) => BigInt(this.#nextId + row))
      this.#nextId += rows
      const data = this.#random(rows * this.#dim)
      const fields_data = [
        { type: DataType.Int64, field_name: 'id', scalars: { long_data: { data: ids } } },
        {
          ...{ type: DataType.FloatVector, field_name: 'vector' },
          vectors: { dim: BigInt(this.#dim), float_vector: { data } },
        },
      ]
      await call(method, { collection_name: this.#name, num_rows: rows, fields_data })
    }
  }

  async flush(): Promise<void> {
    await call('Flush', { collection_names: [this.#name] })
  }

  async isIndexed(): Promise<void> {
    const index = { collectionName: this.#name, fieldName: 'vector', metricType: 'L2' }
    await this.#client.createIndex(index)
  }

  async compact(): Promise<void> {
    const { collectionID } = (await call('DescribeCollection', {
      collection_name: this.#name,
    })) as { readonly collectionID: bigint }
    const { compactionID } = (await call('ManualCompaction', { collectionID })) as {
      readonly compactionID: bigint
    }
    while (true) {
      const { state } = (await call('GetCompactionState', { compactionID })) as {
        readonly state: number
      }
      if (state === 2) return
      await sleep(50)
    }
  }

  drop(): Promise<void> {
    return this.#client.dropCollection(this.#name)
  }
}

async function createCollection(client: MilvusClient, name: string, dim: number): Promise<void> {
  await client.createCollection({
    collectionName: name,
    fields: [
      { name: 'id', dataType: DataType.Int64, isPrimary: true },
      { name: 'vector', dataType: DataType.FloatVector, dim },
    ],
  })
}

/** Every `step`th key, as an expression. */
function listOf(count: number, step: number): string {
  return `id in [${Array.from({ length: count }, (_, index) => index * step).join(',')}]`
}

async function manyCollections(count: number): Promise<void> {
  const client = new MilvusClient()
  for (let index = 0; index < count; index++) await createCollection(client, `many_${index}`, 8)
}

async function listing(count: number): Promise<void> {
  for (let time = 0; time < 20; time++) await call('ShowCollections', {})
  for (let index = 0; index < count; index++) {
    await call('DescribeCollection', { collection_name: `many_${index}` })
  }
}

function call(method: MethodName, request: object): Promise<object> {
  return connectionNamed().call(method, request as never)
}
