import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { importInfos } from '../../dist/bulk/import-infos.js'
import { ImportState, isFinished } from '../../dist/bulk/import-state.js'
import type { FixedColumn } from '../../dist/column/column.js'
import { EmbeddedEngine } from '../../dist/engines/embedded/embedded-engine.js'
import { npyBytes } from '../../dist/formats/npy/npy-writer.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field, schemaOf } from '../support/fields.js'

const collection = { dbName: 'default', collectionName: 'c' }
const schema = schemaOf('c', [
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'price', DataType.Int64),
  field(102, 'vector', DataType.FloatVector, { dim: 2 }),
])

let directory: string
let engine: EmbeddedEngine

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-modes-'))
  mkdirSync(join(directory, 'files'))
  await open()
  await engine.createCollection({
    dbName: 'default',
    schema,
    shardsNum: 1,
    consistencyLevel: 2,
    properties: [],
    numPartitions: 0,
  })
  await engine.createIndex({
    ...collection,
    fieldName: 'vector',
    indexName: '',
    params: [
      ['index_type', 'FLAT'],
      ['metric_type', 'L2'],
    ],
  })
  await engine.load('default', 'c', [])
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

type Rows = readonly (readonly [id: number, price: number])[]

function columnsOf(rows: Rows) {
  return {
    ids: BigInt64Array.from(rows, ([id]) => BigInt(id)),
    prices: BigInt64Array.from(rows, ([, price]) => BigInt(price)),
    vectors: Float32Array.from(rows.flat()),
  }
}

function writeGroup(folder: string, rows: Rows): string[] {
  const { ids, prices, vectors } = columnsOf(rows)
  const files: [string, Uint8Array][] = [
    ['id', npyBytes(ids)],
    ['price', npyBytes(prices)],
    ['vector', npyBytes(vectors, [rows.length, 2])],
  ]
  mkdirSync(join(directory, 'files', folder))
  return files.map(([name, bytes]) => {
    writeFileSync(join(directory, 'files', folder, `${name}.npy`), bytes)
    return `${folder}/${name}.npy`
  })
}

async function imported(fileGroups: string[][], options: Record<string, string>) {
  const request = { ...collection, partitionName: '', fileGroups }
  const { taskId } = await engine.imports.start({ ...request, options: Object.entries(options) })
  for (;;) {
    const { task } = engine.imports.task(taskId)
    if (isFinished(task.state)) return task
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

async function insert(rows: Rows) {
  const { ids, prices, vectors } = columnsOf(rows)
  const fixed = (values: FixedColumn['values'], width = 1): FixedColumn => ({
    shape: 'fixed',
    values,
    width,
    validity: null,
  })
  const columns = new Map([
    [100, fixed(ids)],
    [101, fixed(prices)],
    [102, fixed(vectors, 2)],
  ])
  await engine.insert('default', 'c', '', { rowCount: rows.length, columns })
}

/** All rows, by their keys. */
async function stored(): Promise<[number, number][]> {
  const { fields } = await engine.query({
    ...collection,
    partitionNames: [],
    filter: 'id >= 0',
    outputFields: ['id', 'price'],
    limit: null,
    offset: 0,
  })
  const valuesOf = (name: string) => {
    const { column } = fields.find(({ field: { name: fieldName } }) => fieldName === name)!
    return [...(column as FixedColumn).values].map(Number)
  }
  const prices = valuesOf('price')
  const rows = valuesOf('id').map((id, row): [number, number] => [id, prices[row]])
  return rows.sort(([one], [other]) => one - other)
}

const count = () => engine.rowCount('default', 'c', '')

describe('upsert', () => {
  it('replaces rows wherever they lie, and the last of a key wins', async () => {
    await insert([
      [1, 10],
      [2, 10],
    ])
    await engine.flush('default', 'c')
    await insert([
      [3, 10],
      [4, 10],
    ])
    const groups = [
      writeGroup('a', [
        [2, 20],
        [4, 20],
        [5, 20],
      ]),
      writeGroup('b', [
        [5, 30],
        [2, 30],
        [6, 30],
      ]),
    ]
    const task = await imported(groups, { mode: 'upsert' })
    expect([task.state, task.reason, task.rowCount]).toEqual([ImportState.Completed, '', 4])
    const expected = [
      [1, 10],
      [2, 30],
      [3, 10],
      [4, 20],
      [5, 30],
      [6, 30],
    ]
    expect(await stored()).toEqual(expected)
    expect(await count()).toBe(6)
    expect(importInfos(task, 100).slice(-2)).toEqual([
      ['deleted_rows', '2'],
      ['skipped_rows', '2'],
    ])
    await engine.close()
    await open()
    expect(await stored()).toEqual(expected)
    expect(await count()).toBe(6)
  })

  it('replaces rows that come while it is committed', async () => {
    const rows = Array.from({ length: 2000 }, (_, id): [number, number] => [id, 20])
    const group = writeGroup('a', rows)
    const request = { ...collection, partitionName: '', fileGroups: [group] }
    const options: [string, string][] = [['mode', 'upsert']]
    const { taskId } = await engine.imports.start({ ...request, options })
    for (let id = 0; engine.imports.task(taskId).task.state !== ImportState.Completed; id++) {
      await insert([[id % 2000, 10]])
    }
    const total = await count()
    await engine.close()
    await open()
    expect(await count()).toBe(total)
    const prices = new Map(await stored())
    expect(prices.size).toBe(2000)
  })

  it('is refused where keys are given by nobody', async () => {
    await engine.createCollection({
      dbName: 'default',
      schema: schemaOf('auto', [
        field(100, 'id', DataType.Int64, { isPrimaryKey: true, autoId: true }),
        field(101, 'vector', DataType.FloatVector, { dim: 2 }),
      ]),
      shardsNum: 1,
      consistencyLevel: 2,
      properties: [],
      numPartitions: 0,
    })
    const request = {
      dbName: 'default',
      collectionName: 'auto',
      partitionName: '',
      fileGroups: [['a.npy']],
      options: [['mode', 'upsert']] as [string, string][],
    }
    await expect(engine.imports.start(request)).rejects.toMatchObject({ code: 1100 })
  })
})

it('leaves out rows that exist, and duplicates after the first', async () => {
  await insert([
    [1, 10],
    [2, 10],
  ])
  await engine.flush('default', 'c')
  await engine.delete('default', 'c', '', 'id == 2')
  await insert([[3, 10]])
  const group = writeGroup('a', [
    [1, 20],
    [2, 20],
    [3, 20],
    [4, 20],
    [4, 30],
  ])
  const task = await imported([group], { mode: 'skip_existing' })
  expect([task.reason, task.rowCount]).toEqual(['', 2])
  const expected = [
    [1, 10],
    [2, 20],
    [3, 10],
    [4, 20],
  ]
  expect(await stored()).toEqual(expected)
  await engine.close()
  await open()
  expect(await stored()).toEqual(expected)
  expect(await count()).toBe(4)
})

it('deletes by files of keys, and leaves no file of its own', async () => {
  await insert([
    [1, 10],
    [2, 10],
  ])
  await engine.flush('default', 'c')
  await insert([
    [3, 10],
    [4, 10],
  ])
  const [ids] = writeGroup('a', [
    [2, 0],
    [3, 0],
    [9, 0],
  ])
  const task = await imported([[ids]], { mode: 'delete' })
  expect([task.state, task.reason, task.segmentIds]).toEqual([ImportState.Completed, '', []])
  expect(await stored()).toEqual([
    [1, 10],
    [4, 10],
  ])
  expect(importInfos(task, 100).at(-1)).toEqual(['deleted_rows', '2'])
  await engine.close()
  await open()
  expect(await count()).toBe(2)
  const files = readdirSync(join(directory, 'data', 'segments'))
  expect(files.length).toBeLessThanOrEqual(2)
})

it('keeps the first or the last of a job’s rows with a key', async () => {
  const rows: Rows = [
    [1, 10],
    [2, 10],
    [1, 20],
  ]
  const first = await imported([writeGroup('a', rows)], { dedupe: 'first' })
  expect([first.reason, await stored()]).toEqual([
    '',
    [
      [1, 10],
      [2, 10],
    ],
  ])
  await imported([writeGroup('b', rows)], { dedupe: 'last', mode: 'upsert' })
  expect(await stored()).toEqual([
    [1, 20],
    [2, 10],
  ])
})

describe('in a collection whose rows are spread by a partition key', () => {
  const spread = { dbName: 'default', collectionName: 'spread' }

  beforeEach(async () => {
    await engine.createCollection({
      dbName: 'default',
      schema: schemaOf('spread', [
        field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
        field(101, 'price', DataType.Int64, { isPartitionKey: true }),
        field(102, 'vector', DataType.FloatVector, { dim: 2 }),
      ]),
      shardsNum: 1,
      consistencyLevel: 2,
      properties: [],
      numPartitions: 16,
    })
    const params: [string, string][] = [
      ['index_type', 'FLAT'],
      ['metric_type', 'L2'],
    ]
    await engine.createIndex({ ...spread, fieldName: 'vector', indexName: '', params })
    await engine.load('default', 'spread', [])
  })

  /** 40 keys, each of them 25 times, with the row's number as its price. */
  const rows: Rows = Array.from({ length: 1000 }, (_, row) => [(row * 7) % 40, row])
  const bounds = new Map<string, [number, number]>()
  for (const [id, price] of rows) {
    const [first] = bounds.get(String(id)) ?? [price]
    bounds.set(String(id), [first, price])
  }

  async function prices(): Promise<Map<string, number>> {
    const { fields } = await engine.query({
      ...spread,
      partitionNames: [],
      filter: 'id >= 0',
      outputFields: ['id', 'price'],
      limit: null,
      offset: 0,
    })
    const valuesOf = (name: string) => {
      const { column } = fields.find((each) => each.field.name === name)!
      return [...(column as FixedColumn).values].map(Number)
    }
    const found = valuesOf('price')
    return new Map(valuesOf('id').map((id, row) => [String(id), found[row]]))
  }

  /** As .npy, whose rows are counted, and as JSON lines, which are read until their end. */
  function filesOf(kind: string): string[] {
    if (kind === 'counted') return writeGroup('a', rows)
    const lines = rows.map(([id, price]) => JSON.stringify({ id, price, vector: [id, price] }))
    writeFileSync(join(directory, 'files', 'a.jsonl'), lines.join('\n'))
    return ['a.jsonl']
  }

  it.each([
    ['counted', { mode: 'upsert' }, 1],
    ['not counted', { mode: 'upsert' }, 1],
    ['counted', { dedupe: 'first' }, 0],
    ['not counted', { dedupe: 'last' }, 1],
    ['not counted', { mode: 'skip_existing' }, 0],
  ] as const)('keeps of %s rows with one key the one that %o means', async (kind, options, end) => {
    const request = { ...spread, partitionName: '', fileGroups: [filesOf(kind)] }
    const { taskId } = await engine.imports.start({ ...request, options: Object.entries(options) })
    while (!isFinished(engine.imports.task(taskId).task.state)) {
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect(engine.imports.task(taskId).task).toMatchObject({ reason: '', rowCount: 40 })
    const expected = [...bounds].map(([id, ends]): [string, number] => [id, ends[end]])
    expect(await prices()).toEqual(new Map(expected))
    expect(await engine.rowCount('default', 'spread', '')).toBe(40)
    await engine.close()
    await open()
    await engine.load('default', 'spread', [])
    expect(await prices()).toEqual(new Map(expected))
  })
})
