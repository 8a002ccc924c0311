import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isFinished } from '../../dist/bulk/import-state.js'
import type { FixedColumn } from '../../dist/column/column.js'
import { npyBytes } from '../../dist/formats/npy/npy-writer.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field, schemaOf } from '../support/fields.js'
import { randomFrom } from '../support/random.js'
import { keepChecksum } from '../support/same-checksum.js'
import { OpenEngine } from './open-engine.js'

const db = 'default'
const name = 'c'
const dim = 16
const rowCount = 6000

const schema = schemaOf(name, [
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'vector', DataType.FloatVector, { dim }),
])
const random = randomFrom(5)
const vectors = Float32Array.from({ length: rowCount * dim }, () => random())

let open: OpenEngine

beforeEach(async () => {
  open = await OpenEngine.open()
  await open.create(db, schema)
})
afterEach(() => open.remove())

function createIndex(indexType: string, params = {}) {
  return open.engine.createIndex({
    dbName: db,
    collectionName: name,
    fieldName: 'vector',
    indexName: '',
    params: [
      ['index_type', indexType],
      ['metric_type', 'L2'],
      ['params', JSON.stringify(params)],
    ],
  })
}

async function insertRows() {
  const ids = BigInt64Array.from({ length: rowCount }, (_, row) => BigInt(row))
  const columns = new Map([
    [100, { shape: 'fixed', values: ids, width: 1, validity: null } as const],
    [101, { shape: 'fixed', values: vectors, width: dim, validity: null } as const],
  ])
  await open.engine.insert(db, name, '', { rowCount, columns })
  await open.engine.flush(db, name)
}

async function importRows() {
  const ids = BigInt64Array.from({ length: rowCount }, (_, row) => BigInt(row))
  writeFileSync(join(open.importRoot, 'id.npy'), npyBytes(ids, [rowCount]))
  writeFileSync(join(open.importRoot, 'vector.npy'), npyBytes(vectors, [rowCount, dim]))
  const task = await open.engine.imports.start({
    dbName: db,
    collectionName: name,
    partitionName: '',
    fileGroups: [['id.npy', 'vector.npy']],
    options: [],
    idempotencyKey: '',
  })
  const seen = new Set<string>()
  for (;;) {
    const { task: now, phase, progress } = open.engine.imports.task(task.taskId)
    seen.add(phase)
    if (isFinished(now.state)) return { seen, progress, reason: now.reason }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

async function indexed() {
  for (;;) {
    const [index] = await open.engine.describeIndex(db, name, 'vector', '')
    if (index.pendingRows === 0 || index.failure) return index
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function search(row: number, params = {}, filter = '') {
  const bytes = new Uint8Array(vectors.slice(row * dim, (row + 1) * dim).buffer)
  const result = await open.engine.search({
    ...{ dbName: db, collectionName: name, partitionNames: [], filter, params },
    vectorFieldName: '',
    queries: { dataType: DataType.FloatVector, nq: 1, bytes },
    ...{ topK: 5, offset: 0, metricType: '', roundDecimal: -1, outputFields: [] },
  })
  return [...(result.ids as FixedColumn).values].map(Number)
}

/** The five nearest by their true distances. */
function nearestOf(row: number): number[] {
  const distance = (other: number) => {
    let sum = 0
    for (let at = 0; at < dim; at++) {
      sum += (vectors[row * dim + at] - vectors[other * dim + at]) ** 2
    }
    return sum
  }
  const rows = Array.from({ length: rowCount }, (_, other) => other)
  return rows.sort((one, other) => distance(one) - distance(other)).slice(0, 5)
}

function indexFiles(): string[] {
  return readdirSync(join(open.folder, 'data', 'indexes')).map((file) =>
    join(open.folder, 'data', 'indexes', file),
  )
}

describe('an index', () => {
  it.each([
    ['HNSW', { M: 16, efConstruction: 100 }, { ef: 200 }],
    ['HNSW_SQ', { M: 16, efConstruction: 100, refine: true }, { ef: 200 }],
    ['DISKANN', {}, { search_list: 200 }],
    ['IVF_FLAT', { nlist: 16 }, { nprobe: 16 }],
    ['IVF_SQ8', { nlist: 16 }, { nprobe: 16 }],
    ['IVF_SQ8', { nlist: 16, refine: true }, { nprobe: 16 }],
  ])('%s is built after a flush, and survives a restart', async (type, params, searchParams) => {
    await createIndex(type, params)
    await insertRows()
    expect(await indexed()).toMatchObject({
      indexedRows: rowCount,
      totalRows: rowCount,
      failure: '',
    })
    expect(indexFiles()).toHaveLength(1)
    await open.engine.load(db, name, [])
    expect(await search(17, searchParams)).toEqual(nearestOf(17))
    await open.reopen()
    expect(await search(99, searchParams)).toEqual(nearestOf(99))
    expect(indexFiles()).toHaveLength(1)
  })

  it('is there when an import completes, which tells that it is built', async () => {
    await createIndex('HNSW')
    await open.engine.load(db, name, [])
    const { seen, reason } = await importRows()
    expect(reason).toBe('')
    expect(seen).toContain('indexing')
    expect(indexFiles()).toHaveLength(1)
    expect(await search(1234, { ef: 200 })).toEqual(nearestOf(1234))
    expect(await indexed()).toMatchObject({ pendingRows: 0, indexedRows: rowCount })
  })

  it('is built over rows that are there before it, while they are searched', async () => {
    await insertRows()
    await createIndex('HNSW')
    await open.engine.load(db, name, [])
    expect(await search(7)).toEqual(nearestOf(7))
    await indexed()
    expect(await search(7, { ef: 200 })).toEqual(nearestOf(7))
  })

  it('is not there any more when it is dropped, nor when the collection is', async () => {
    await createIndex('IVF_FLAT', { nlist: 16 })
    await insertRows()
    await indexed()
    await open.engine.dropIndex(db, name, 'vector', '')
    await vi.waitFor(() => expect(indexFiles()).toEqual([]))
    await createIndex('HNSW')
    await indexed()
    expect(indexFiles()).toHaveLength(1)
    await open.engine.dropCollection(db, name)
    await vi.waitFor(() => expect(indexFiles()).toEqual([]))
  })

  it.each([
    ['changed', (path: string) => writeFileSync(path, flipped(path))],
    ['cut', (path: string) => truncateSync(path, 1000)],
    ['longer', (path: string) => appendFileSync(path, 'more')],
  ])('is built anew when its file is %s', async (_, damage) => {
    await createIndex('HNSW')
    await insertRows()
    await indexed()
    await open.engine.load(db, name, [])
    const [path] = indexFiles()
    const good = readFileSync(path)
    damage(path)
    await open.reopen()
    expect(await search(3)).toEqual(nearestOf(3))
    expect(open.errors).toEqual(['an index is damaged and is built anew'])
    await indexed()
    expect(readFileSync(path).length).toBe(good.length)
    await open.reopen()
    expect(open.errors).toHaveLength(1)
    expect(await search(3, { ef: 200 })).toEqual(nearestOf(3))
  })

  it.each(['HNSW', 'IVF_FLAT', 'SCANN'])(
    'of type %s is built anew when its file is one of another release',
    async (type) => {
      await createIndex(type)
      await insertRows()
      await indexed()
      const [path] = indexFiles()
      const good = readFileSync(path)
      const old = Uint8Array.from(good)
      old[3] = 0x31 - Number(old[3] === 0x31)
      keepChecksum(old, crc32(good), 56)
      writeFileSync(path, old)
      await open.reopen()
      await open.engine.load(db, name, [])
      expect(await search(3)).toEqual(nearestOf(3))
      expect(open.errors).toEqual(['an index is damaged and is built anew'])
      await indexed()
      expect(readFileSync(path)[3]).toBe(good[3])
    },
  )

  it('finds only rows that pass the filter, and none that are deleted', async () => {
    await createIndex('HNSW')
    await insertRows()
    await indexed()
    await open.engine.load(db, name, [])
    const [first, second, ...others] = nearestOf(40)
    await open.engine.delete(db, name, '', `id in [${first}]`)
    expect((await search(40, { ef: 200 }))[0]).toBe(second)
    expect(await search(40, {}, `id > ${rowCount - 3}`)).toHaveLength(2)
    expect((await search(40, { ef: 200 }, `id != ${second}`))[0]).toBe(others[0])
  })

  it('refuses parameters that it does not have', async () => {
    await expect(createIndex('HNSW', { M: 1 })).rejects.toThrow(
      "Out of range in json: param 'M' (1) should be in range [2, 2048]: invalid parameter",
    )
    await createIndex('HNSW')
    await open.engine.load(db, name, [])
    await expect(search(0, { ef: 2 })).rejects.toThrow('ef(2) should be larger than k(5)')
  })
})

const onDisk: [string, object, Record<string, number>][] = [
  ['HNSW_SQ', { M: 8, efConstruction: 40, refine: true }, { ef: 200 }],
  ['IVF_SQ8', { nlist: 16 }, { nprobe: 16 }],
  ['IVF_RABITQ', { nlist: 16 }, { nprobe: 16, refine_k: 40 }],
  ['SCANN', { nlist: 16, with_raw_data: false }, { nprobe: 16, reorder_k: 400 }],
]

describe.each(onDisk)('vectors that stay on disk beside %s', (type, params, all) => {
  async function loadOnDisk() {
    await createIndex(type, params)
    await insertRows()
    await indexed()
    await open.engine.load(db, name, [])
  }

  it('are found by any filter, wide or narrow, and without one', async () => {
    await loadOnDisk()
    const nearest = nearestOf(40)
    expect(await search(40, all)).toEqual(nearest)
    expect(await search(40, all, `id != ${nearest[0]}`)).not.toContain(nearest[0])
    expect(await search(40, all, `id in ${JSON.stringify(nearest)}`)).toEqual(nearest)
    expect(await search(40, all, 'id % 7 == 0')).toHaveLength(5)
    expect(await search(40, {}, `id > ${rowCount - 3}`)).toHaveLength(2)
  })

  it('are found in a range, near or not', async () => {
    await loadOnDisk()
    const found = await search(40, { radius: 100, range_filter: 0.0001, ...all })
    expect(found).toHaveLength(5)
    expect(found.slice(0, 4)).toEqual(nearestOf(40).slice(1))
  })

  it('are given out as they came in', async () => {
    await loadOnDisk()
    const result = await open.engine.query({
      ...{ dbName: db, collectionName: name, partitionNames: [], limit: null, offset: 0 },
      ...{ filter: 'id in [17, 4000, 5]', outputFields: ['id', 'vector'] },
    })
    const columnOf = (wanted: string) =>
      result.fields.find(({ field: { name } }) => name === wanted)!.column as FixedColumn
    const ids = [...columnOf('id').values].map(Number)
    expect(ids).toHaveLength(3)
    const { values } = columnOf('vector')
    for (const [at, id] of ids.entries()) {
      expect(values.slice(at * dim, (at + 1) * dim)).toEqual(
        vectors.slice(id * dim, (id + 1) * dim),
      )
    }
  })

  it('are scanned while their index is damaged', async () => {
    await loadOnDisk()
    const [path] = indexFiles()
    writeFileSync(path, flipped(path))
    await open.reopen()
    expect(await search(3)).toEqual(nearestOf(3))
    expect(open.errors).toEqual(['an index is damaged and is built anew'])
    await indexed()
    expect(await search(3, all)).toEqual(nearestOf(3))
  })
})

function flipped(path: string): Buffer {
  const bytes = readFileSync(path)
  bytes[bytes.length >> 1] ^= 1
  return bytes
}
