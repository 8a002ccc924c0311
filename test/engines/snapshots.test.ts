import {
  existsSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FixedColumn } from '../../dist/column/column.js'
import { DataType } from '../../dist/schema/data-type.js'
import { keyFromId, Store } from '../../dist/storage/store.js'
import { field, schemaOf } from '../support/fields.js'
import { randomFrom } from '../support/random.js'
import { OpenEngine } from './open-engine.js'

const db = 'default'
const collectionName = 'c'
const dim = 16
const schema = schemaOf(collectionName, [
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'vector', DataType.FloatVector, { dim }),
  field(102, 'score', DataType.Int64, { isNullable: true }),
])
const named = (name: string) => ({ dbName: db, collectionName, name })

let open: OpenEngine

beforeEach(async () => {
  open = await OpenEngine.open()
  await open.create(db, schema)
  await createIndex('HNSW')
})
afterEach(() => open.remove())

function createIndex(indexType: string) {
  return open.engine.createIndex({
    ...{ dbName: db, collectionName, fieldName: 'vector', indexName: 'by_vector' },
    params: [
      ['index_type', indexType],
      ['metric_type', 'L2'],
      ['params', '{"M": 8, "efConstruction": 64}'],
    ],
  })
}

const vectorOf = (id: number) => {
  const random = randomFrom(id + 1)
  return Float32Array.from({ length: dim }, () => random())
}

function batch(ids: readonly number[], score: number) {
  const vectors = Float32Array.from(ids.flatMap((id) => [...vectorOf(id)]))
  const scores = BigInt64Array.from(ids, () => BigInt(score))
  const fixed = (values: FixedColumn['values'], width = 1) =>
    ({ shape: 'fixed', values, width, validity: null }) as const
  const columns = new Map([
    [100, fixed(BigInt64Array.from(ids, BigInt))],
    [101, fixed(vectors, dim)],
    [102, fixed(scores)],
  ])
  return { rowCount: ids.length, columns }
}

const insert = (ids: readonly number[], score = 1, partitionName = '') =>
  open.engine.insert(db, collectionName, partitionName, batch(ids, score))
const upsert = (ids: readonly number[], score: number) =>
  open.engine.upsert(db, collectionName, '', batch(ids, score))
const remove = (filter: string) => open.engine.delete(db, collectionName, '', filter)
const flush = () => open.engine.flush(db, collectionName)
const load = (name = collectionName) => open.engine.load(db, name, [])
const create = (name: string) =>
  open.engine.snapshots.create({ ...named(name), description: 'd', protectedSeconds: 0 })
const restore = (name: string, target: string, dbName = db) =>
  open.engine.snapshots.restore(named(name), dbName, target)

/** The keys and the scores of a collection's rows. */
async function rows(name: string) {
  await load(name)
  const [ids, scores] = await open.numbers(db, name, ['id', 'score'])
  return ids.map((id, row) => [id, scores[row]])
}

const range = (begin: number, end: number) =>
  Array.from({ length: end - begin }, (_, index) => begin + index)

const scored = (ids: readonly number[], score = 1) => ids.map((id) => [id, score])

async function indexed(name = collectionName) {
  for (;;) {
    const [index] = await open.engine.describeIndex(db, name, 'vector', '')
    if (index.pendingRows === 0 || index.failure) return index
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

async function nearest(name: string, id: number) {
  const bytes = new Uint8Array(vectorOf(id).buffer)
  const result = await open.engine.search({
    ...{ dbName: db, collectionName: name, partitionNames: [], filter: '', params: { ef: 64 } },
    vectorFieldName: '',
    queries: { dataType: DataType.FloatVector, nq: 1, bytes },
    ...{ topK: 1, offset: 0, metricType: '', roundDecimal: -1, outputFields: [] },
  })
  return Number((result.ids as FixedColumn).values[0])
}

const files = (directory: string) => readdirSync(join(open.folder, 'data', directory))

const onTwoDisks = it.runIf(existsSync('/dev/shm')) // needs /dev/shm

describe('a snapshot', () => {
  it('is restored as it was, whatever came after it: sealed rows, growing ones and deletes', async () => {
    await insert(range(0, 20))
    await flush()
    await insert(range(20, 30))
    await remove('id in [3, 25]')
    const before = scored(range(0, 30).filter((id) => id !== 3 && id !== 25))
    await create('s')
    await insert(range(30, 40))
    await upsert([0, 1], 9)
    await remove('id >= 10')
    await flush()
    await restore('s', 'restored')
    expect(await rows('restored')).toEqual(before)
    expect(await rows(collectionName)).toEqual([
      ...scored([0, 1], 9),
      ...scored([2, ...range(4, 10)]),
    ])
    await open.reopen()
    expect(await rows('restored')).toEqual(before)
    expect(open.errors).toEqual([])
  })

  it('is a collection of its own: what changes it leaves the others alone', async () => {
    await insert(range(0, 10))
    await create('s')
    await restore('s', 'one')
    await restore('s', 'two')
    await load('one')
    await open.engine.delete(db, 'one', '', 'id < 5')
    await open.engine.insert(db, 'one', '', batch([100], 2))
    await open.engine.flush(db, 'one')
    await open.engine.dropCollection(db, 'two')
    expect(await rows('one')).toEqual([...scored(range(5, 10)), [100, 2]])
    expect(await rows(collectionName)).toEqual(scored(range(0, 10)))
    await restore('s', 'two')
    expect(await rows('two')).toEqual(scored(range(0, 10)))
  })

  it('outlives truncation and compaction, and takes its indexes along', async () => {
    await insert(range(0, 6000))
    await flush()
    await insert(range(6000, 12_000))
    await flush()
    await indexed()
    await create('s')
    expect(files('indexes')).toHaveLength(2)
    await open.engine.compact(db, collectionName)
    await open.engine.changes.truncate(db, collectionName)
    await restore('s', 'restored')
    const [index] = await open.engine.describeIndex(db, 'restored', '', '')
    expect(index).toMatchObject({ name: 'by_vector', indexedRows: 12_000, pendingRows: 0 })
    await load('restored')
    expect(await nearest('restored', 7321)).toBe(7321)
    expect(await open.engine.rowCount(db, 'restored', '')).toBe(12_000)
    await open.reopen()
    await load('restored')
    expect(await nearest('restored', 1234)).toBe(1234)
    expect(open.errors).toEqual([])
  })

  it('shares no index any more that is damaged and is built anew', async () => {
    await insert(range(0, 6000))
    await flush()
    await indexed()
    await create('s')
    truncateSync(join(open.folder, 'data', 'indexes', files('indexes')[0]), 1000)
    await load()
    await indexed()
    await restore('s', 'restored')
    await load('restored')
    await indexed('restored')
    const damaged = Array.from({ length: 2 }, () => 'an index is damaged and is built anew')
    expect(open.errors).toEqual(damaged)
    await open.reopen()
    expect(await nearest('restored', 77)).toBe(77)
    expect(await nearest(collectionName, 78)).toBe(78)
    expect(open.errors).toEqual(damaged)
  })

  it('keeps schema, partitions, properties and indexes, and gives ids of its own', async () => {
    await open.engine.createPartition(db, collectionName, 'archive')
    await open.engine.changes.alter(db, collectionName, {
      set: [['collection.ttl.seconds', '1000']],
      remove: [],
    })
    await open.engine.aliases.create(db, collectionName, 'alias')
    await insert([1])
    await insert([2, 3], 1, 'archive')
    await create('s')
    await open.engine.dropPartition(db, collectionName, 'archive')
    await open.engine.databases.create('other', [])
    await restore('s', 'restored', 'other')
    const before = open.engine.describeCollection(db, collectionName)
    const after = open.engine.describeCollection('other', 'restored')
    expect(after.schema).toEqual({ ...before.schema, name: 'restored' })
    expect(after).toMatchObject({ aliases: [], properties: before.properties, isLoaded: false })
    expect(after.partitions.map(({ name }) => name)).toEqual(['_default', 'archive'])
    expect(after.collectionId).not.toBe(before.collectionId)
    expect(await open.engine.rowCount('other', 'restored', 'archive')).toBe(2)
    await open.engine.dropPartition('other', 'restored', 'archive')
    expect(await open.engine.rowCount('other', 'restored', '')).toBe(1)
  })

  it('holds one moment while upserts go on', async () => {
    const ids = range(0, 500)
    await insert(ids)
    await flush()
    let isDone = false
    let score = 1
    const writing = (async () => {
      while (!isDone) await upsert(ids, ++score)
    })()
    for (const round of range(0, 6)) {
      await create(`s${round}`)
      if (round % 2 === 1) void flush()
    }
    isDone = true
    await writing
    for (const round of range(0, 6)) {
      await restore(`s${round}`, `restored${round}`)
      const restored = await rows(`restored${round}`)
      expect(restored.map(([id]) => id)).toEqual(ids)
      expect(new Set(restored.map(([, value]) => value)).size).toBe(1)
    }
  })

  onTwoDisks('is copied where there are no links (needs /dev/shm)', async () => {
    await insert(range(0, 6000))
    await flush()
    await indexed()
    await open.engine.close()
    const elsewhere = mkdtempSync('/dev/shm/millrace-snapshots-')
    try {
      const path = join(open.folder, 'data', 'snapshots')
      rmdirSync(path)
      symlinkSync(elsewhere, path)
      await open.reopen()
      await create('s')
      const [name] = files('snapshots')
      expect(files(join('snapshots', name))).toHaveLength(2)
      await open.engine.changes.truncate(db, collectionName)
      await restore('s', 'restored')
      await load('restored')
      expect(await nearest('restored', 4321)).toBe(4321)
      expect(open.errors).toEqual([])
    } finally {
      rmSync(elsewhere, { recursive: true })
    }
  })

  it('of an empty collection is one, too', async () => {
    await create('s')
    await restore('s', 'restored')
    expect(await rows('restored')).toEqual([])
  })
})

describe('the snapshots of a collection', () => {
  it('are listed and described, and have their names for themselves', async () => {
    await create('one')
    await create('two')
    await open.create(db, schemaOf('other', schema.fields))
    const other = { dbName: db, collectionName: 'other', name: 'one', description: '' }
    await open.engine.snapshots.create({ ...other, protectedSeconds: 0 })
    const check = () => {
      expect(open.engine.snapshots.list(db, collectionName)).toEqual(['one', 'two'])
      expect(open.engine.snapshots.list(db, 'other')).toEqual(['one'])
      expect(open.engine.snapshots.describe(named('two'))).toMatchObject({
        ...{ name: 'two', description: 'd', collectionName, partitionNames: ['_default'] },
      })
    }
    check()
    await expect(create('one')).rejects.toThrow('snapshot name one already exists')
    await expect(create(' ')).rejects.toThrow('snapshot name should be not empty')
    await expect(create('../x')).rejects.toThrow('Invalid snapshot name')
    await open.reopen()
    check()
    await open.engine.changes.rename(db, collectionName, db, 'renamed')
    expect(open.engine.snapshots.list(db, 'renamed')).toEqual(['one', 'two'])
  })

  it('go when they are dropped, with their files', async () => {
    await insert(range(0, 5))
    await create('s')
    expect(files('snapshots')).toHaveLength(1)
    await open.engine.snapshots.drop(named('s'))
    await open.engine.snapshots.drop(named('s'))
    expect(files('snapshots')).toEqual([])
    expect(open.engine.snapshots.list(db, collectionName)).toEqual([])
    expect(() => open.engine.snapshots.describe(named('s'))).toThrow('snapshot not found')
    await expect(restore('s', 'restored')).rejects.toThrow('snapshot not found')
  })

  it('go with their collection, and not what was restored of them', async () => {
    await insert(range(0, 5))
    await create('s')
    await restore('s', 'restored')
    await open.engine.dropCollection(db, collectionName)
    expect(files('snapshots')).toEqual([])
    expect(await rows('restored')).toEqual(scored(range(0, 5)))
    await open.create(db, schema)
    expect(open.engine.snapshots.list(db, collectionName)).toEqual([])
  })

  it('go at the next start when a crash came between', async () => {
    const { collectionId } = open.engine.describeCollection(db, collectionName)
    await create('s')
    await open.engine.close()
    const store = Store.open(join(open.folder, 'data'))
    store.commitSync([{ table: 'collections', key: keyFromId(collectionId), remove: true }])
    await store.close()
    await open.reopen()
    await expect.poll(() => files('snapshots')).toEqual([])
  })

  it('stay while they are pinned', async () => {
    await create('s')
    const pinId = await open.engine.snapshots.pin(named('s'), 60)
    await open.engine.snapshots.pin(named('s'), 10)
    await open.reopen()
    await expect(open.engine.snapshots.drop(named('s'))).rejects.toThrow('snapshot is pinned')
    await open.engine.snapshots.unpin(pinId)
    await open.engine.snapshots.unpin(pinId)
    await expect(open.engine.snapshots.drop(named('s'))).rejects.toThrow('snapshot is pinned')
    open.pass(11_000)
    await open.engine.snapshots.drop(named('s'))
    expect(open.engine.snapshots.list(db, collectionName)).toEqual([])
  })
})

describe('a restore', () => {
  it('is a job that one can ask for, by the name that its collection has now', async () => {
    await create('s')
    const jobId = await restore('s', 'restored')
    await open.engine.changes.rename(db, 'restored', db, 'renamed')
    await open.reopen()
    const job = open.engine.snapshots.restoreJob(jobId)
    expect(job).toMatchObject({ jobId, snapshotName: 's', dbName: db, collectionName: 'renamed' })
    expect(open.engine.snapshots.restoreJobs(db, '')).toEqual([job])
    expect(open.engine.snapshots.restoreJobs(db, 'renamed')).toEqual([job])
    expect(open.engine.snapshots.restoreJobs(db, collectionName)).toEqual([])
    expect(() => open.engine.snapshots.restoreJob(1n)).toThrow('restore job not found: jobID=1')
  })

  it('leaves nothing behind when its collection may not be made', async () => {
    await insert(range(0, 5))
    await create('s')
    await open.engine.aliases.create(db, collectionName, 'alias')
    const before = files('segments')
    await expect(restore('s', collectionName)).rejects.toThrow('duplicate collection')
    await expect(restore('s', 'alias')).rejects.toThrow('duplicate collection')
    await expect(restore('s', '1')).rejects.toThrow('Invalid collection name')
    await expect(restore('s', 'x', 'nowhere')).rejects.toThrow('database not found')
    const [first, second] = await Promise.allSettled([restore('s', 'x'), restore('s', 'x')])
    expect([first.status, second.status]).toEqual(['fulfilled', 'rejected'])
    expect(files('segments')).toHaveLength(before.length + 1)
  })

  it('sweeps at the start what a crash left', async () => {
    await insert(range(0, 5))
    await create('s')
    const kept = files('snapshots')
    await open.engine.close()
    for (const path of ['snapshots/leftover', 'segments/1.arrow', 'indexes/1-2.index']) {
      writeFileSync(join(open.folder, 'data', path), 'half')
    }
    await open.reopen()
    expect(files('snapshots')).toEqual(kept)
    expect(files('indexes')).toEqual([])
    expect(files('segments')).toHaveLength(1)
  })
})
