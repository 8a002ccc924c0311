import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DataType } from '../../dist/schema/data-type.js'
import { field, schemaOf } from '../support/fields.js'
import { OpenEngine } from './open-engine.js'

const db = 'default'
const name = 'c'
const schema = schemaOf(name, [
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'vector', DataType.FloatVector, { dim: 2 }),
])

let open: OpenEngine

beforeEach(async () => {
  open = await OpenEngine.open()
  await open.createLoaded(db, schema)
})
afterEach(() => open.remove())

/** A segment of the rows with these keys. */
async function addSegment(ids: readonly number[]) {
  const values = Float32Array.from(ids.flatMap((id) => [id, -id]))
  const columns = new Map([
    [100, fixed(BigInt64Array.from(ids, BigInt), 1)],
    [101, fixed(values, 2)],
  ])
  await open.engine.insert(db, name, '', { rowCount: ids.length, columns })
  await open.engine.flush(db, name)
}

function fixed<Values>(values: Values, width: number) {
  return { shape: 'fixed', values, width, validity: null } as const
}

async function compacted() {
  const { compactionId, planCount } = await open.engine.compact(db, name)
  for (;;) {
    const state = open.engine.compactionState(compactionId)
    if (state.executing === 0) return { planCount, ...state }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

async function keys(): Promise<number[]> {
  const [ids] = await open.numbers(db, name, ['id'])
  return ids
}

function segmentFiles(): string[] {
  return readdirSync(join(open.folder, 'data', 'segments'))
}

const range = (begin: number, end: number) =>
  Array.from({ length: end - begin }, (_, index) => begin + index)

it('merges small segments, leaves out what is deleted, and says so', async () => {
  for (let first = 0; first < 50; first += 10) await addSegment(range(first, first + 10))
  await open.engine.delete(db, name, '', 'id in [3, 17, 49]')
  const sources = open.engine.segments(db, name).map(({ segmentId }) => segmentId)
  const { planCount, completed, failed, merged } = await compacted()
  expect({ planCount, completed, failed }).toEqual({ planCount: 1, completed: 1, failed: 0 })
  const [segment, ...others] = open.engine.segments(db, name)
  expect(others).toEqual([])
  expect(segment.rowCount).toBe(47)
  expect(merged).toEqual([{ sources, target: segment.segmentId }])
  const left = range(0, 50).filter((id) => ![3, 17, 49].includes(id))
  expect(await keys()).toEqual(left)
  expect(segmentFiles()).toHaveLength(1)
  await open.reopen()
  expect(await keys()).toEqual(left)
  const { state } = open.engine.loadState(db, name, [])
  expect(['loading', 'loaded']).toContain(state)
})

it('merges by itself when there are many', async () => {
  for (let first = 0; first < 90; first += 10) await addSegment(range(first, first + 10))
  for (let tries = 0; open.engine.segments(db, name).length > 2; tries++) {
    expect(tries).toBeLessThan(500)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  expect(await keys()).toEqual(range(0, 90))
})

it('writes a segment anew that lost many rows, and removes one that lost all', async () => {
  await addSegment(range(0, 100))
  await open.engine.delete(db, name, '', 'id < 10')
  expect((await compacted()).planCount).toBe(0)
  await open.engine.delete(db, name, '', 'id < 60')
  expect((await compacted()).planCount).toBe(1)
  expect(open.engine.segments(db, name)[0].rowCount).toBe(40)
  await open.engine.delete(db, name, '', 'id >= 0')
  expect((await compacted()).merged).toMatchObject([{ target: null }])
  expect(open.engine.segments(db, name)).toEqual([])
  expect(segmentFiles()).toEqual([])
})

it('keeps what is deleted and inserted while it works', async () => {
  for (let first = 0; first < 50; first += 10) await addSegment(range(first, first + 10))
  const compaction = compacted()
  await open.engine.delete(db, name, '', 'id in [5, 25]')
  await addSegment([5, 100])
  await open.engine.delete(db, name, '', 'id == 45')
  await compaction
  const left = [...range(0, 50).filter((id) => ![25, 45].includes(id)), 100]
  expect(await keys()).toEqual(left)
  await open.reopen()
  expect(await keys()).toEqual(left)
})

it('gives up when the collection is dropped', async () => {
  for (let first = 0; first < 30; first += 10) await addSegment(range(first, first + 10))
  const { compactionId } = await open.engine.compact(db, name)
  await open.engine.dropCollection(db, name)
  for (;;) {
    const { executing, completed } = open.engine.compactionState(compactionId)
    expect(completed).toBe(0)
    if (executing === 0) break
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(segmentFiles()).toEqual([])
  expect(open.errors).toEqual([])
})

it('lets go of rows whose time is over, and of no others', async () => {
  await open.engine.changes.alter(db, name, {
    set: [['collection.ttl.seconds', '60']],
    remove: [],
  })
  await addSegment(range(0, 10))
  open.pass(50_000)
  await addSegment(range(10, 20))
  open.pass(20_000)
  await compacted()
  expect(open.engine.segments(db, name).map(({ rowCount }) => rowCount)).toEqual([10])
  expect(await keys()).toEqual(range(10, 20))
  open.pass(50_000)
  expect(await keys()).toEqual([])
})
