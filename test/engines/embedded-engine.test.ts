import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ImportState, isFinished } from '../../dist/bulk/import-state.js'
import type { Column, ColumnBatch, FixedColumn } from '../../dist/column/column.js'
import { EmbeddedEngine } from '../../dist/engines/embedded/embedded-engine.js'
import type { ImportProgress } from '../../dist/engines/engine.js'
import { npyBytes } from '../../dist/formats/npy/npy-writer.js'
import type { CollectionSchema } from '../../dist/schema/collection-schema.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { SearchRequest } from '../../dist/search/search-request.js'
import { field, schemaOf } from '../support/fields.js'

const dim = 8
const db = 'default'
const name = 'c'

let directory: string
let engine: EmbeddedEngine

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-engine-'))
  mkdirSync(join(directory, 'files'))
  await open()
})
afterEach(async () => {
  await engine.close()
  rmSync(directory, { recursive: true, force: true })
})

async function open() {
  engine = await EmbeddedEngine.open({
    dataPath: join(directory, 'data'),
    importRoots: [join(directory, 'files')],
    log: { info: () => {}, error: (message, detail) => console.error(message, detail) },
  })
}

async function reopen() {
  await engine.close()
  await open()
}

const plainSchema = schemaOf(name, [
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'vector', DataType.FloatVector, { dim }),
])

function create(schema: CollectionSchema = plainSchema, numPartitions = 0) {
  return engine.createCollection({
    dbName: db,
    schema,
    shardsNum: 1,
    consistencyLevel: 2,
    properties: [],
    numPartitions,
  })
}

async function createIndexAndLoad(metric = 'L2') {
  await engine.createIndex({
    dbName: db,
    collectionName: name,
    fieldName: 'vector',
    indexName: '',
    params: [
      ['index_type', 'HNSW'],
      ['metric_type', metric],
    ],
  })
  await engine.load(db, name, [])
}

function vectorOf(id: number): number[] {
  return Array.from({ length: dim }, (_, index) => Math.fround(Math.sin(id * 7 + index)))
}

function vectorsOf(ids: readonly number[]): Float32Array {
  return Float32Array.from(ids.flatMap(vectorOf))
}

function writeFiles(ids: readonly number[], names = ['id.npy', 'vector.npy']) {
  mkdirSync(join(directory, 'files', dirname(names[0])), { recursive: true })
  writeFileSync(join(directory, 'files', names[0]), npyBytes(BigInt64Array.from(ids, BigInt)))
  writeFileSync(join(directory, 'files', names[1]), npyBytes(vectorsOf(ids), [ids.length, dim]))
}

async function imported(
  files = ['id.npy', 'vector.npy'],
  partitionName = '',
): Promise<ImportProgress> {
  const { taskId } = await engine.imports.start({
    dbName: db,
    collectionName: name,
    partitionName,
    fileGroups: [files],
    options: [],
  })
  for (;;) {
    const state = engine.imports.task(taskId)
    if (isFinished(state.task.state)) return state
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

function fixed(values: FixedColumn['values'], width = 1): FixedColumn {
  return { shape: 'fixed', values, width, validity: null }
}

function batch(ids: readonly number[]): ColumnBatch {
  return {
    rowCount: ids.length,
    columns: new Map<number, Column>([
      [100, fixed(BigInt64Array.from(ids, BigInt))],
      [101, fixed(vectorsOf(ids), dim)],
    ]),
  }
}

function search(ids: readonly number[], more: Partial<SearchRequest> = {}) {
  const vectors = vectorsOf(ids)
  return engine.search({
    dbName: db,
    collectionName: name,
    partitionNames: [],
    filter: '',
    vectorFieldName: '',
    queries: {
      dataType: DataType.FloatVector,
      nq: ids.length,
      bytes: new Uint8Array(vectors.buffer),
    },
    topK: 3,
    offset: 0,
    metricType: '',
    params: {},
    roundDecimal: -1,
    outputFields: [],
    ...more,
  })
}

async function foundIds(ids: readonly number[], more: Partial<SearchRequest> = {}) {
  const result = await search(ids, more)
  return [...((result.ids as FixedColumn).values as BigInt64Array)].map(Number)
}

async function query(filter: string, outputFields: string[], limit: number | null = null) {
  const result = await engine.query({
    dbName: db,
    collectionName: name,
    partitionNames: [],
    filter,
    outputFields,
    limit,
    offset: 0,
  })
  return result.fields.map(({ field: { name: fieldName }, column }) => [
    fieldName,
    [...(column as FixedColumn).values].map(Number),
  ])
}

const count = async (filter = '') => (await query(filter, ['count(*)']))[0][1]

const upTo = (end: number, begin = 0) =>
  Array.from({ length: end - begin }, (_, index) => begin + index)

it('imports, and finds the rows at once in a loaded collection', async () => {
  await create()
  await createIndexAndLoad()
  writeFiles(upTo(1000))
  const { task, progress } = await imported()
  expect([task.reason, task.state, task.rowCount, progress]).toEqual([
    '',
    ImportState.Completed,
    1000,
    100,
  ])
  expect(await count()).toEqual([1000])
  expect((await foundIds([17, 4])).filter((_, index) => index % 3 === 0)).toEqual([17, 4])
})

it('has everything after a restart: rows, tasks, what was loaded', async () => {
  await create()
  await createIndexAndLoad()
  writeFiles(upTo(100))
  const { task } = await imported()
  await engine.insert(db, name, '', batch([1000, 1001]))
  await engine.delete(db, name, '', 'id in [3, 1001]')
  await reopen()
  expect(engine.imports.task(task.taskId).task.state).toBe(ImportState.Completed)
  expect(engine.loadState(db, name, []).state).not.toBe('released')
  expect(await count()).toEqual([100])
  expect(await foundIds([1000], { topK: 1 })).toEqual([1000])
  expect(await foundIds([3], { topK: 1 })).not.toEqual([3])
})

it('lets earlier deletes be, and later ones touch imported rows', async () => {
  await create()
  await createIndexAndLoad()
  writeFiles(upTo(10))
  await engine.delete(db, name, '', 'id in [1]')
  await imported()
  expect(await count('id == 1')).toEqual([1])
  const { rowCount } = await engine.delete(db, name, '', 'id > 2 and id < 5')
  expect(rowCount).toBe(2)
  expect(await query('', ['id'], 20)).toEqual([['id', [0, 1, 2, 5, 6, 7, 8, 9]]])
})

it('leaves nothing of a failed import', async () => {
  await create()
  writeFiles(upTo(50))
  writeFileSync(join(directory, 'files', 'vector.npy'), npyBytes(vectorsOf(upTo(40)), [40, dim]))
  const { task } = await imported()
  expect(task.state).toBe(ImportState.Failed)
  expect(task.reason).toContain('importing data failed')
  expect(await engine.rowCount(db, name, '')).toBe(0)
  expect(readdirSync(join(directory, 'data', 'segments'))).toEqual([])
})

it('searches growing and sealed rows together, with filters, offsets and output fields', async () => {
  await create()
  await createIndexAndLoad()
  writeFiles(upTo(500))
  await imported()
  await engine.insert(db, name, '', batch(upTo(1000, 500)))
  const nearest = await foundIds([700], { topK: 10 })
  expect(nearest[0]).toBe(700)
  expect(await foundIds([700], { topK: 4, offset: 6 })).toEqual(nearest.slice(6))
  const sealed = await foundIds([700], { filter: 'id < 500', topK: 5 })
  expect(sealed.every((id) => id < 500)).toBe(true)
  const result = await search([700], { topK: 1, outputFields: ['vector'] })
  const vector = result.fields.find(({ field: each }) => each.name === 'vector')!
  expect([...(vector.column as FixedColumn).values]).toEqual(vectorOf(700))
  expect(result.scores[0]).toBe(0)
})

it('gives one hit for rows that share a key', async () => {
  await create()
  await createIndexAndLoad()
  writeFiles(upTo(20))
  await imported()
  await imported()
  expect(await count()).toEqual([40])
  expect(new Set(await foundIds([5], { topK: 10 })).size).toBe(10)
  expect(await query('', ['id'], 100)).toEqual([['id', upTo(20)]])
})

it('refuses searches of what is not loaded, and loads of what has no index', async () => {
  await create()
  await expect(foundIds([1])).rejects.toMatchObject({ kind: 'collectionNotLoaded' })
  await expect(engine.load(db, name, [])).rejects.toMatchObject({ kind: 'indexNotFound' })
  await createIndexAndLoad()
  await engine.release(db, name, [])
  await expect(foundIds([1])).rejects.toMatchObject({ kind: 'collectionNotLoaded' })
})

function everyRow(partition: string) {
  const where = { dbName: db, collectionName: name, partitionNames: [partition], filter: '' }
  return { ...where, outputFields: ['id'], limit: null, offset: 0 }
}

it('spreads rows over partitions by their key, imported or inserted alike', async () => {
  const schema = schemaOf(name, [
    field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
    field(101, 'vector', DataType.FloatVector, { dim }),
    field(102, 'tenant', DataType.Int64, { isPartitionKey: true }),
  ])
  await create(schema, 4)
  await createIndexAndLoad()
  const ids = upTo(200)
  writeFiles(ids)
  const tenants = BigInt64Array.from(ids, (id) => BigInt(id % 9))
  writeFileSync(join(directory, 'files', 'tenant.npy'), npyBytes(tenants))
  const { task } = await imported(['id.npy', 'vector.npy', 'tenant.npy'])
  expect(task.rowCount).toBe(200)
  const { partitions } = engine.describeCollection(db, name)
  const counts = await Promise.all(partitions.map((each) => engine.rowCount(db, name, each.name)))
  expect(counts.reduce((sum, rows) => sum + rows)).toBe(200)
  expect(counts.filter((rows) => rows > 0).length).toBeGreaterThan(1)
  const more = batch(ids)
  const columns = new Map(more.columns).set(102, fixed(tenants))
  await engine.insert(db, name, '', { rowCount: 200, columns })
  const [{ name: partition }] = partitions
  await expect(engine.query(everyRow(partition))).rejects.toThrow(/manually specifying/)
  const doubled = await Promise.all(partitions.map((each) => engine.rowCount(db, name, each.name)))
  expect(doubled).toEqual(counts.map((rows) => rows * 2))
})

it('gives auto ids in half-open ranges, no id twice', async () => {
  await create(
    schemaOf(name, [
      field(100, 'id', DataType.Int64, { isPrimaryKey: true, autoId: true }),
      field(101, 'vector', DataType.FloatVector, { dim }),
    ]),
  )
  await createIndexAndLoad()
  writeFiles(upTo(30))
  await imported(['vector.npy'])
  const { columns } = batch(upTo(5))
  const { ids } = await engine.insert(db, name, '', {
    rowCount: 5,
    columns: new Map([[101, columns.get(101)!]]),
  })
  expect(new Set((ids as FixedColumn).values as BigInt64Array).size).toBe(5)
  const found = await engine.query({
    dbName: db,
    collectionName: name,
    partitionNames: [],
    filter: '',
    outputFields: ['id'],
    limit: null,
    offset: 0,
  })
  const [{ column }] = found.fields
  expect(new Set((column as FixedColumn).values as BigInt64Array).size).toBe(35)
})

it('ends the imports of a dropped collection at once', async () => {
  await create()
  writeFiles(upTo(200_000))
  const { taskId } = await engine.imports.start({
    dbName: db,
    collectionName: name,
    partitionName: '',
    fileGroups: [['id.npy', 'vector.npy']],
    options: [],
  })
  await engine.dropCollection(db, name)
  const { task } = engine.imports.task(taskId)
  expect(task.state).toBe(ImportState.Failed)
  expect(task.reason).toContain(`collection ${name} dropped`)
  expect(readdirSync(join(directory, 'data', 'segments'))).toEqual([])
})

it('removes the segments of an import that fails after some of its units', async () => {
  await create()
  writeFiles(upTo(10), ['a/id.npy', 'a/vector.npy'])
  const ids = upTo(150_000)
  writeFiles(ids, ['b/id.npy', 'b/vector.npy'])
  const vectors = vectorsOf(ids)
  vectors[vectors.length - 1] = Number.NaN
  writeFileSync(join(directory, 'files', 'b', 'vector.npy'), npyBytes(vectors, [ids.length, dim]))
  const { taskId } = await engine.imports.start({
    ...{ dbName: db, collectionName: name, partitionName: '', options: [] },
    fileGroups: ['a', 'b'].map((folder) => [`${folder}/id.npy`, `${folder}/vector.npy`]),
  })
  let rowsSeen = 0
  for (;;) {
    const { task } = engine.imports.task(taskId)
    rowsSeen = Math.max(rowsSeen, task.rowCount)
    if (isFinished(task.state)) break
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  expect(engine.imports.task(taskId).task.reason).toContain('NaN')
  expect(rowsSeen).toBe(10)
  expect(readdirSync(join(directory, 'data', 'segments'))).toEqual([])
})

it('keeps what was acknowledged when it is closed in the middle of everything', async () => {
  await create()
  await createIndexAndLoad()
  writeFiles(upTo(100_000, 1_000_000), ['id.npy', 'vector.npy'])
  const acknowledged: number[] = []
  const insert = async (begin: number) => {
    await engine.insert(db, name, '', batch(upTo(begin + 100, begin)))
    acknowledged.push(...upTo(begin + 100, begin))
  }
  await insert(0)
  await engine.imports.start({
    ...{ dbName: db, collectionName: name, partitionName: '', options: [] },
    fileGroups: [['id.npy', 'vector.npy']],
  })
  const work: Promise<unknown>[] = [
    ...[100, 200, 300].map(insert),
    engine.flush(db, name),
    insert(400),
    foundIds([7]),
    engine.delete(db, name, '', 'id < 0'),
    count(),
    engine.load(db, name, []),
  ]
  await Promise.all([engine.close(), Promise.allSettled(work)])
  await open()
  for (;;) {
    if (engine.imports.tasks(db, name).every(({ task }) => isFinished(task.state))) break
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const [, keys] = (await query('id < 1000', ['id']))[0] as [string, number[]]
  expect(acknowledged.filter((id) => !keys.includes(id))).toEqual([])
})

it('gives every import a true end when its partition is dropped at any moment', async () => {
  await create()
  writeFiles(upTo(2000))
  for (let round = 0; round < 12; round++) {
    await engine.createPartition(db, name, 'p')
    const { taskId } = await engine.imports.start({
      ...{ dbName: db, collectionName: name, partitionName: 'p', options: [] },
      fileGroups: [['id.npy', 'vector.npy']],
    })
    await new Promise((resolve) => setTimeout(resolve, round * 2))
    await engine.dropPartition(db, name, 'p')
    const { task } = engine.imports.task(taskId)
    if (task.state !== ImportState.Completed) expect(task.reason).toContain('partition p dropped')
    expect(isFinished(task.state)).toBe(true)
    expect(readdirSync(join(directory, 'data', 'segments'))).toEqual([])
  }
})

it('makes the partitions of a partition key, as many as may be', async () => {
  const keyed = schemaOf(name, [
    ...plainSchema.fields,
    field(102, 'tenant', DataType.Int64, { isPartitionKey: true }),
  ])
  await expect(create(plainSchema, 10)).rejects.toThrow(
    'num_partitions should only be specified with partition key field enabled',
  )
  await expect(create(keyed, -1)).rejects.toThrow('should be greater than 0')
  await expect(create(keyed, 1025)).rejects.toThrow(
    'partition number (1025) exceeds max configuration (1024)',
  )
  await create(keyed, 3)
  expect(engine.describeCollection(db, name).partitions).toHaveLength(3)
})

it('tells a read of a partition that there is none, loaded or not', async () => {
  await create()
  const query = { dbName: db, collectionName: name, filter: '', outputFields: [], offset: 0 }
  const of = (partition: string) =>
    engine.query({ ...query, limit: 1, partitionNames: [partition] })
  await expect(of('nope')).rejects.toThrow('partition name nope not found')
  await expect(of('')).rejects.toThrow('Partition name should not be empty.')
  await expect(of('_default')).rejects.toThrow('collection not loaded')
})

it('changes how a collection is held in memory only while it is released', async () => {
  await create()
  await createIndexAndLoad()
  const change = { set: [['mmap.enabled', 'true']] as const, remove: [] }
  await expect(engine.changes.alter(db, name, change)).rejects.toMatchObject({
    kind: 'collectionLoaded',
  })
  const [{ name: index }] = await engine.describeIndex(db, name, '', '')
  await expect(engine.changes.alterIndex(db, name, index, change)).rejects.toThrow(
    "can't alter index on loaded collection",
  )
  await engine.release(db, name, [])
  await engine.changes.alter(db, name, change)
  await engine.changes.alterIndex(db, name, index, change)
})

it('lets others have their turns while a large insert is made ready, of which nobody sees a part', async () => {
  const note = field(102, 'note', DataType.JSON, {})
  await create(schemaOf(name, [...plainSchema.fields, note]))
  const rowCount = 100_000
  const texts = Array.from({ length: rowCount }, (_, row) => JSON.stringify({ row, of: 'many' }))
  const inserted = (rows: number, first: number) => {
    const bytes = Buffer.from(texts.slice(0, rows).join(''))
    const offsets = new Int32Array(rows + 1)
    for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row] + texts[row].length
    const ids = BigInt64Array.from({ length: rows }, (_, row) => BigInt(first + row))
    const values = new Float32Array(rows * dim)
    const columns = new Map<number, Column>([
      [100, { shape: 'fixed', values: ids, width: 1, validity: null }],
      [101, { shape: 'fixed', values, width: dim, validity: null }],
      [102, { shape: 'bytes', offsets, bytes, validity: null }],
    ])
    return engine.insert(db, name, '', { rowCount: rows, columns })
  }
  const order: string[] = []
  const counts = new Set<number>()
  const large = inserted(rowCount, 1000).then(() => order.push('large'))
  const small = inserted(1, 0).then(() => order.push('small'))
  while (order.length < 2) {
    counts.add(await engine.rowCount(db, name, ''))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all([large, small])
  expect(order).toEqual(['small', 'large'])
  expect([...counts].every((count) => [0, 1, 1 + rowCount].includes(count))).toBe(true)
  expect(await engine.rowCount(db, name, '')).toBe(1 + rowCount)
})
