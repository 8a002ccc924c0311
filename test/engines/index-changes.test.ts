import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { isFinished } from '../../dist/bulk/import-state.js'
import type { FixedColumn } from '../../dist/column/column.js'
import { npyBytes } from '../../dist/formats/npy/npy-writer.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field, schemaOf } from '../support/fields.js'
import { randomFrom } from '../support/random.js'
import { OpenEngine } from './open-engine.js'

const db = 'default'
const name = 'c'
const dim = 16
const partRows = 4500

const schema = schemaOf(name, [
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'vector', DataType.FloatVector, { dim }),
])
const random = randomFrom(9)
const vectors = Float32Array.from({ length: 2 * partRows * dim }, () => random())
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

let open: OpenEngine

beforeEach(async () => {
  open = await OpenEngine.open()
  await open.create(db, schema)
})
afterEach(() => open.remove())

function createIndex(indexType = 'IVF_FLAT', params: object = { nlist: 16 }) {
  return open.engine.createIndex({
    ...{ dbName: db, collectionName: name, fieldName: 'vector', indexName: '' },
    params: [
      ['index_type', indexType],
      ['metric_type', 'L2'],
      ['params', JSON.stringify(params)],
    ],
  })
}

/** A segment of the rows of one part. */
async function addSegment(part: number) {
  const values = vectors.slice(part * partRows * dim, (part + 1) * partRows * dim)
  const columns = new Map([
    [100, { shape: 'fixed', values: idsOf(part), width: 1, validity: null } as const],
    [101, { shape: 'fixed', values, width: dim, validity: null } as const],
  ])
  await open.engine.insert(db, name, '', { rowCount: partRows, columns })
  await open.engine.flush(db, name)
}

function idsOf(part: number): BigInt64Array {
  return BigInt64Array.from({ length: partRows }, (_, row) => BigInt(part * partRows + row))
}

async function startImport(options: [string, string][] = []) {
  writeFileSync(join(open.importRoot, 'id.npy'), npyBytes(idsOf(0), [partRows]))
  const values = vectors.slice(0, partRows * dim)
  writeFileSync(join(open.importRoot, 'vector.npy'), npyBytes(values, [partRows, dim]))
  const { taskId } = await open.engine.imports.start({
    ...{ dbName: db, collectionName: name, partitionName: '', options, idempotencyKey: '' },
    fileGroups: [['id.npy', 'vector.npy']],
  })
  return taskId
}

/** Phases and progress that were seen until a job is there. */
async function followed(taskId: bigint, until: string[]) {
  const seen: { phase: string; progress: number }[] = []
  for (;;) {
    const { task, phase, progress } = open.engine.imports.task(taskId)
    seen.push({ phase, progress })
    if (until.includes(phase) || isFinished(task.state)) return seen
    await sleep(1)
  }
}

async function indexed(): Promise<void> {
  for (;;) {
    const [{ pendingRows, failure }] = await open.engine.describeIndex(db, name, 'vector', '')
    expect(failure).toBe('')
    if (pendingRows === 0) return
    await sleep(5)
  }
}

/** The nearest rows to a row's own vector, which is there: it is the first. */
async function search(row: number) {
  const bytes = new Uint8Array(vectors.slice(row * dim, (row + 1) * dim).buffer)
  const result = await open.engine.search({
    ...{ dbName: db, collectionName: name, partitionNames: [], filter: '' },
    ...{ params: { nprobe: 16 }, vectorFieldName: '', metricType: '', roundDecimal: -1 },
    ...{ queries: { dataType: DataType.FloatVector, nq: 1, bytes }, topK: 3, offset: 0 },
    outputFields: [],
  })
  return Number((result.ids as FixedColumn).values[0])
}

const filesIn = (folder: string) => readdirSync(join(open.folder, 'data', folder))

it('searches see every row while indexes are attached, and segments become one', async () => {
  await createIndex()
  await open.engine.load(db, name, [])
  await addSegment(0)
  const failures: unknown[] = []
  let isOver = false
  let searchCount = 0
  const searching = (async () => {
    for (let row = 0; !isOver; row = (row + 977) % partRows, searchCount++) {
      try {
        expect(await search(row)).toBe(row)
      } catch (error) {
        failures.push(error)
      }
      // A small search waits for nobody: without this the program would do nothing else.
      await sleep(0)
    }
  })()
  await indexed()
  await addSegment(1)
  await open.engine.delete(db, name, '', `id >= ${partRows} and id < ${partRows + 2000}`)
  const { compactionId } = await open.engine.compact(db, name)
  while (open.engine.compactionState(compactionId).executing > 0) await sleep(5)
  await indexed()
  isOver = true
  await searching
  expect(failures).toEqual([])
  expect(searchCount).toBeGreaterThan(10)
  expect(open.errors).toEqual([])
  expect(filesIn('indexes')).toHaveLength(open.engine.segments(db, name).length)
  await open.reopen()
  expect(await search(17)).toBe(17)
  expect(await search(partRows + 2500)).toBe(partRows + 2500)
})

it('a search that is under way ends well when its collection is released or dropped', async () => {
  await createIndex()
  await addSegment(0)
  await indexed()
  for (const end of ['release', 'drop']) {
    await open.engine.load(db, name, [])
    const searches = [1, 2, 3, 4, 5, 6].map(search)
    if (end === 'release') await open.engine.release(db, name, [])
    else await open.engine.dropCollection(db, name)
    for (const result of await Promise.allSettled(searches)) {
      if (result.status === 'fulfilled') continue
      expect(String(result.reason)).toMatch(/not loaded|released meanwhile|not found/)
    }
  }
  await vi.waitFor(() => expect(filesIn('indexes')).toEqual([]))
  expect(open.errors).toEqual([])
})

it('leaves no file of an import that is cancelled while its index is built', async () => {
  await createIndex('HNSW', { M: 64, efConstruction: 512 })
  const taskId = await startImport()
  const seen = await followed(taskId, ['indexing'])
  expect(seen.at(-1)?.phase).toBe('indexing')
  await sleep(50)
  await open.engine.imports.cancel(taskId)
  await followed(taskId, [])
  for (let tries = 0; filesIn('segments').length + filesIn('indexes').length > 0; tries++) {
    expect(tries).toBeLessThan(500)
    await sleep(5)
  }
  expect(open.errors).toEqual([])
})

it('the progress of an import moves while its index is built, and never falls', async () => {
  await createIndex('HNSW', { M: 32, efConstruction: 300 })
  const seen = await followed(await startImport(), [])
  const numbers = seen.map(({ progress }) => progress)
  expect(numbers).toEqual([...numbers].sort((one, other) => one - other))
  const indexing = seen.filter(({ phase }) => phase === 'indexing').map(({ progress }) => progress)
  expect(new Set(indexing).size).toBeGreaterThan(2)
  expect(numbers.at(-1)).toBe(100)
})

it('the progress of an index moves while it is built, and is Finished at its end only', async () => {
  await addSegment(0)
  await createIndex('HNSW', { M: 32, efConstruction: 300 })
  const seen: number[] = []
  for (;;) {
    const [index] = await open.engine.describeIndex(db, name, 'vector', '')
    expect(index.indexedRows + index.pendingRows).toBe(partRows)
    seen.push(index.indexedRows)
    if (index.pendingRows === 0) break
    await sleep(1)
  }
  expect(seen).toEqual([...seen].sort((one, other) => one - other))
  expect(new Set(seen).size).toBeGreaterThan(3)
  expect(filesIn('indexes')).toHaveLength(1)
})

it('an import that is committed later has the index of that time, not one that was dropped', async () => {
  await createIndex()
  const taskId = await startImport([['auto_commit', 'false']])
  await followed(taskId, ['uncommitted'])
  expect(filesIn('indexes')).toHaveLength(1)
  await open.engine.dropIndex(db, name, 'vector', '')
  await createIndex('HNSW')
  await open.engine.imports.commit(taskId)
  await followed(taskId, [])
  await indexed()
  expect(filesIn('indexes')).toHaveLength(1)
  await open.engine.load(db, name, [])
  const [{ indexId }] = await open.engine.describeIndex(db, name, 'vector', '')
  expect(filesIn('indexes')[0]).toContain(String(indexId))
  expect(await search(3)).toBe(3)
})
