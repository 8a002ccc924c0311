import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as tick } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type ColumnBatch, type FixedColumn, layoutOf } from '../../dist/column/column.js'
import { growableColumn } from '../../dist/column/growable-column.js'
import { DataType } from '../../dist/schema/data-type.js'
import { plainField } from '../../dist/schema/field.js'
import { OpenEngine } from './open-engine.js'

const dim = 64
const pk = { ...plainField(100, 'id', DataType.Int64), isPrimaryKey: true }
const vector = { ...plainField(101, 'vector', DataType.FloatVector), dim }
const schema = {
  name: 'books',
  description: '',
  fields: [pk, vector],
  enableDynamicField: false,
  version: 0,
}
const [db, name] = ['default', 'books']
const rowCount = 2_000

let opened: OpenEngine

beforeEach(async () => {
  opened = await OpenEngine.open()
  await opened.create(db, schema)
  await opened.engine.createPartition(db, name, 'old')
  const params = [['metric_type', 'L2']] as const
  const index = { dbName: db, collectionName: name, fieldName: 'vector', indexName: '', params }
  await opened.engine.createIndex(index)
  for (const [part, partition] of ['', '', '', 'old'].entries()) {
    await opened.engine.insert(db, name, partition, batch(part * rowCount))
    await opened.engine.flush(db, name)
  }
})
afterEach(() => opened.remove())

function batch(first: number): ColumnBatch {
  const ids = BigInt64Array.from({ length: rowCount }, (_, row) => BigInt(first + row))
  const vectors = growableColumn(layoutOf(vector))
  vectors.append(
    { shape: 'fixed', values: new Float32Array(rowCount * dim), width: dim, validity: null },
    0,
    rowCount,
  )
  const columns = new Map([
    [pk.fieldId, { shape: 'fixed' as const, values: ids, width: 1, validity: null }],
    [vector.fieldId, vectors.snapshot()],
  ])
  return { rowCount, columns }
}

async function query(partitionNames: readonly string[] = []) {
  const { fields } = await opened.engine.query({
    dbName: db,
    collectionName: name,
    partitionNames,
    filter: '',
    outputFields: ['count(*)'],
    limit: null,
    offset: 0,
  })
  return (fields[0].column as FixedColumn).values[0]
}

const stateOf = (partitionNames: readonly string[] = []) =>
  opened.engine.loadState(db, name, partitionNames)

/** What is told until a load has ended. */
async function statesDuring(loading: Promise<void>): Promise<ReturnType<typeof stateOf>[]> {
  let isOver = false
  const over = loading.finally(() => {
    isOver = true
  })
  const states: ReturnType<typeof stateOf>[] = []
  while (!isOver) {
    await tick()
    if (!isOver) states.push(stateOf())
  }
  await over
  return states
}

it('tells how far a load is, and 100 only when rows can be searched', async () => {
  expect(stateOf()).toEqual({ state: 'released', percent: 0 })
  const states = await statesDuring(opened.engine.load(db, name, []))
  const percents = states.filter(({ state }) => state === 'loading').map(({ percent }) => percent)
  expect(percents.length).toBeGreaterThan(0)
  expect(percents).toEqual(percents.toSorted((left, right) => left - right))
  expect(percents.every((percent) => [0, 25, 50, 75, 99].includes(percent))).toBe(true)
  expect(stateOf()).toEqual({ state: 'loaded', percent: 100 })
  expect(await query()).toBe(8_000n)
})

it('refuses to search what is still being loaded, with Milvus’s words', async () => {
  const loading = opened.engine.load(db, name, [])
  await tick()
  await expect(query()).rejects.toMatchObject({
    code: 103,
    message: `collection not fully loaded[collection=${name}]`,
  })
  await loading
  await query()
})

it('tells of each partition by itself', async () => {
  await opened.engine.load(db, name, ['_default'])
  expect(stateOf(['old'])).toEqual({ state: 'released', percent: 0 })
  const loading = opened.engine.load(db, name, ['old'])
  await tick()
  expect(stateOf(['_default'])).toEqual({ state: 'loaded', percent: 100 })
  expect(stateOf(['old']).state).toBe('loading')
  expect(stateOf().state).toBe('loading')
  await query()
  await expect(query(['old'])).rejects.toMatchObject({ code: 202 })
  await loading
  expect(stateOf()).toEqual({ state: 'loaded', percent: 100 })
})

it('does not load what is released meanwhile, and drops what is dropped', async () => {
  const loading = opened.engine.load(db, name, [])
  await tick()
  await opened.engine.release(db, name, [])
  await loading
  expect(stateOf()).toEqual({ state: 'released', percent: 0 })
  const again = opened.engine.load(db, name, [])
  await tick()
  await opened.engine.dropCollection(db, name)
  await again
  expect(stateOf()).toEqual({ state: 'missing', percent: 0 })
})

it('loads a partition that is made while all are being loaded', async () => {
  const loading = opened.engine.load(db, name, [])
  await tick()
  await opened.engine.createPartition(db, name, 'new')
  await loading
  expect(stateOf(['new'])).toEqual({ state: 'loaded', percent: 100 })
})

it('tells how far it is after a restart, and lets searches wait', async () => {
  await opened.engine.load(db, name, [])
  await opened.reopen()
  expect(stateOf().state).toBe('loading')
  expect(await query()).toBe(8_000n)
  expect(stateOf()).toEqual({ state: 'loaded', percent: 100 })
})

it('stays loaded while it is asked to be loaded once more', async () => {
  await opened.engine.load(db, name, [])
  const again = opened.engine.load(db, name, [])
  await tick()
  expect(stateOf()).toEqual({ state: 'loaded', percent: 100 })
  await again
})

it('tells those who ask why a load failed, until it is released', async () => {
  const segments = join(opened.folder, 'data', 'segments')
  for (const file of readdirSync(segments)) rmSync(join(segments, file))
  await expect(opened.engine.load(db, name, [])).rejects.toThrow()
  expect(() => stateOf()).toThrow(`collection ${name} could not be loaded`)
  await opened.engine.release(db, name, [])
  expect(stateOf()).toEqual({ state: 'released', percent: 0 })
})
