import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FixedColumn } from '../../dist/column/column.js'
import { DataType } from '../../dist/schema/data-type.js'
import { Catalog } from '../../dist/storage/catalog.js'
import { DataDirectory } from '../../dist/storage/data-directory.js'
import { field, schemaOf } from '../support/fields.js'
import { randomFrom } from '../support/random.js'
import { OpenEngine } from './open-engine.js'

const db = 'default'
const name = 'c'
const [dim, rowCount] = [18, 5000]
const random = randomFrom(5)
const vectors = Float32Array.from({ length: rowCount * dim }, () => random())

let open: OpenEngine

beforeEach(async () => {
  open = await OpenEngine.open()
})
afterEach(() => open.remove())

/** Loaded and indexed by this release. */
async function build(indexType: string, params: object) {
  const schema = schemaOf(name, [
    field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
    field(101, 'vector', DataType.FloatVector, { dim }),
  ])
  await open.create(db, schema)
  await open.engine.createIndex({
    ...{ dbName: db, collectionName: name, fieldName: 'vector', indexName: '' },
    params: paramsOf(indexType, params),
  })
  const ids = BigInt64Array.from({ length: rowCount }, (_, row) => BigInt(row))
  const columns = new Map([
    [100, { shape: 'fixed', values: ids, width: 1, validity: null } as const],
    [101, { shape: 'fixed', values: vectors, width: dim, validity: null } as const],
  ])
  await open.engine.insert(db, name, '', { rowCount, columns })
  await open.engine.flush(db, name)
  await indexed()
  await open.engine.load(db, name, [])
}

function paramsOf(indexType: string, params: object): [string, string][] {
  return [
    ['index_type', indexType],
    ['metric_type', 'L2'],
    ['params', JSON.stringify(params)],
  ]
}

async function indexed() {
  for (;;) {
    const [index] = await open.engine.describeIndex(db, name, 'vector', '')
    if (index.pendingRows === 0 || index.failure) return index
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Starts again with an index that is called otherwise, as an older release might have left it. */
function reopenWith(indexType: string, params: object) {
  return open.reopen(async (path) => {
    const directory = await DataDirectory.open(path)
    const catalog = Catalog.open(directory.store)
    const [record] = catalog.allCollections()
    const [index] = record.indexes
    const older = { ...index, params: paramsOf(indexType, params) }
    await catalog.putCollections([{ ...record, indexes: [older] }])
    await directory.close()
  })
}

async function nearest(row: number, params: Record<string, number>) {
  const bytes = new Uint8Array(vectors.slice(row * dim, (row + 1) * dim).buffer)
  const result = await open.engine.search({
    ...{ dbName: db, collectionName: name, partitionNames: [], filter: '', params },
    vectorFieldName: '',
    queries: { dataType: DataType.FloatVector, nq: 1, bytes },
    ...{ topK: 5, offset: 0, metricType: '', roundDecimal: -1, outputFields: [] },
  })
  return [...(result.ids as FixedColumn).values].map(Number)
}

function indexFile(): string {
  const folder = join(open.folder, 'data', 'indexes')
  const [file] = readdirSync(folder)
  return join(folder, file)
}

const refused = 'a parameter of an index is refused by now, and counts as left out'

describe('an index that an older release made', () => {
  it('is used as it is where a parameter that is refused by now says nothing of its file', async () => {
    const params = { M: 12, efConstruction: 80 }
    await build('HNSW', params)
    const found = await nearest(17, { ef: 100 })
    const { mtimeMs } = statSync(indexFile())
    await reopenWith('HNSW', { ...params, refine: true, refine_type: 'FP32' })
    expect(open.notes).toContainEqual([
      refused,
      {
        ...{ database: db, collection: name, index: 'vector' },
        refused: 'refine is not supported for this index: invalid parameter',
      },
    ])
    expect(await nearest(17, { ef: 100 })).toEqual(found)
    expect(await indexed()).toMatchObject({ pendingRows: 0, failure: '' })
    expect(open.errors).toEqual([])
    expect(statSync(indexFile()).mtimeMs).toBe(mtimeMs)
  })

  it.each([
    ['SCANN', { nlist: 16, sub_dim: 4 }],
    ['IVF_SQ8', { nlist: 16, sq_type: 'SQ5' }],
    ['IVF_RABITQ', { nlist: 16, rbq_bits: 10 }],
  ])('of type %s is used as it is without what is refused of %j', async (type, params) => {
    await build(type, { nlist: params.nlist })
    const found = await nearest(17, { nprobe: 16 })
    await reopenWith(type, params)
    expect(open.notes.map(([message]) => message)).toContain(refused)
    expect(await nearest(17, { nprobe: 16 })).toEqual(found)
    expect(await indexed()).toMatchObject({ pendingRows: 0, failure: '' })
    expect(open.errors).toEqual([])
  })

  it.each([
    ['SCANN', {}, { sub_dim: 3 }],
    ['IVF_PQ', { m: 9 }, { m: 6 }],
  ])('of type %s is built anew where it has %j and is to have %j', async (type, had, wanted) => {
    const lists = { nlist: 16 }
    await build(type, { ...lists, ...had })
    const before = statSync(indexFile()).size
    const found = await nearest(17, { nprobe: 16, reorder_k: 2000, refine_k: 400 })
    await reopenWith(type, { ...lists, ...wanted })
    expect(await nearest(17, { nprobe: 16 })).toEqual(found)
    expect(open.errors).toEqual(['an index is damaged and is built anew'])
    const [{ error }] = open.details as { error: Error }[]
    expect(error.message).toContain(`begins with "IVF2" and has ${before} bytes`)
    await indexed()
    expect(statSync(indexFile()).size).not.toBe(before)
    expect(await nearest(17, { nprobe: 16, reorder_k: 2000, refine_k: 400 })).toEqual(found)
    await open.reopen()
    expect(open.errors).toHaveLength(1)
  })
})
