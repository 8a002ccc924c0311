import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Column, FixedColumn, ListColumn } from '../../dist/column/column.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'
import { field, schemaOf } from '../support/fields.js'
import { OpenEngine } from './open-engine.js'

const db = 'default'
const name = 'c'
let opened: OpenEngine

beforeEach(async () => {
  opened = await OpenEngine.open()
})
afterEach(() => opened.remove())

async function create(more: Partial<Field> = {}, keyPart: Partial<Field> = {}, properties = {}) {
  const schema = schemaOf(name, [
    field(100, 'id', DataType.Int64, { isPrimaryKey: true, ...keyPart }),
    field(101, 'vector', DataType.FloatVector, { dim: 2 }),
    field(102, 'tag', DataType.Int64, more),
  ])
  await opened.createLoaded(db, schema, properties)
}

function batch(ids: readonly number[], tag: number) {
  const columns = new Map<number, Column>([
    [100, fixed(BigInt64Array.from(ids, BigInt))],
    [101, { ...fixed(Float32Array.from(ids.flatMap((id) => [id, 1]))), width: 2 }],
    [102, fixed(new BigInt64Array(ids.length).fill(BigInt(tag)))],
  ])
  return { rowCount: ids.length, columns }
}

function fixed(values: FixedColumn['values']): FixedColumn {
  return { shape: 'fixed', values, width: 1, validity: null }
}

const upsert = (ids: readonly number[], tag: number) =>
  opened.engine.upsert(db, name, '', batch(ids, tag))

async function tags(): Promise<number[][]> {
  const [ids, found] = await opened.numbers(db, name, ['id', 'tag'])
  return ids.map((id, row) => [id, found[row]])
}

it('puts new rows in the place of those with their keys', async () => {
  await create()
  await opened.engine.insert(db, name, '', batch([1, 2], 7))
  await opened.engine.flush(db, name)
  const { rowCount, ids } = await upsert([2, 3], 8)
  expect([rowCount, (ids as FixedColumn).values]).toEqual([2, BigInt64Array.of(2n, 3n)])
  expect(await tags()).toEqual([
    [1, 7],
    [2, 8],
    [3, 8],
  ])
})

it('moves a row whose partition key has changed', async () => {
  await create({ isPartitionKey: true })
  for (const tag of [1, 2, 3, 4, 5]) await upsert([9], tag)
  expect(await tags()).toEqual([[9, 5]])
})

it('gives new keys where the server gives keys', async () => {
  await create({}, { autoId: true })
  const { columns } = batch([0], 1)
  const given = { rowCount: 1, columns: new Map([...columns].filter(([id]) => id !== 100)) }
  await opened.engine.insert(db, name, '', given)
  const [[oldId]] = await opened.numbers(db, name, ['id'])
  await opened.engine.upsert(db, name, '', {
    rowCount: 1,
    columns: new Map(columns).set(100, fixed(BigInt64Array.of(BigInt(oldId)))),
  })
  const [ids] = await opened.numbers(db, name, ['id'])
  expect(ids.length).toBe(1)
  expect(ids[0]).not.toBe(oldId)
})

it('refuses a batch that has a key twice, or none', async () => {
  await create()
  await expect(upsert([1, 1], 1)).rejects.toThrow(
    'duplicate primary keys are not allowed in the same batch: invalid parameter',
  )
  const { columns } = batch([1], 1)
  columns.delete(100)
  await expect(opened.engine.upsert(db, name, '', { rowCount: 1, columns })).rejects.toThrow(
    /must assign pk/,
  )
})

it('leaves what a partial update does not name as it is', async () => {
  await create({ nullable: true })
  await opened.engine.insert(db, name, '', batch([1, 2], 7))
  await opened.engine.flush(db, name)
  await opened.engine.insert(db, name, '', batch([3], 7))
  const only = (ids: readonly number[], fieldId: number) => {
    const { rowCount, columns } = batch(ids, 9)
    const named = new Map([...columns].filter(([id]) => id === 100 || id === fieldId))
    return { rowCount, columns: named }
  }
  const { engine } = opened
  await engine.upsert(db, name, '', only([1, 3], 102), new Map())
  await engine.upsert(db, name, '', only([4, 2], 101), new Map())
  const [ids, found, vectors] = await opened.numbers(db, name, ['id', 'tag', 'vector'])
  expect([ids, found]).toEqual([
    [1, 2, 3, 4],
    [9, 7, 9, 0],
  ])
  expect(vectors).toEqual([1, 1, 2, 1, 3, 1, 4, 1])
  await expect(engine.upsert(db, name, '', only([5], 102), new Map())).rejects.toThrow(
    /vector.*row 0/,
  )
})

it('puts elements behind those of an array, and takes elements out of it', async () => {
  const isArray = { dataType: DataType.Array, elementType: DataType.Int64, maxCapacity: 4 }
  await create({ ...isArray, nullable: true })
  const { engine } = opened
  const rowsOf = (lists: readonly (readonly number[])[]) => {
    const { rowCount, columns } = batch(
      lists.map((_, row) => row + 1),
      0,
    )
    const offsets = Int32Array.from([
      0,
      ...lists.map((_, row) => lists.slice(0, row + 1).flat().length),
    ])
    const child = fixed(BigInt64Array.from(lists.flat(), BigInt))
    return {
      rowCount,
      columns: new Map(columns).set(102, { shape: 'list', offsets, child, validity: null }),
    }
  }
  const lists = async () => {
    const query = {
      dbName: db,
      collectionName: name,
      partitionNames: [],
      filter: '',
      limit: 9,
      offset: 0,
    }
    const { fields } = await engine.query({ ...query, outputFields: ['tag'] })
    const { offsets, child } = fields[1].column as ListColumn
    const numbers = Array.from((child as FixedColumn).values, Number)
    return Array.from({ length: fields[1].rowCount }, (_, row) =>
      numbers.slice(offsets[row], offsets[row + 1]),
    )
  }
  await engine.insert(db, name, '', rowsOf([[1, 2], [5]]))
  await engine.upsert(db, name, '', rowsOf([[3, 1], [], [7]]), new Map([['tag', 'append']]))
  expect(await lists()).toEqual([[1, 2, 3, 1], [5], [7]])
  await engine.upsert(db, name, '', rowsOf([[1, 9], [5]]), new Map([['tag', 'remove']]))
  expect(await lists()).toEqual([[2, 3], [], [7]])
  const tooMany = engine.upsert(db, name, '', rowsOf([[1, 2, 3]]), new Map([['tag', 'append']]))
  await expect(tooMany).rejects.toThrow(/row 0, field 'tag'/)
  const noArray = engine.upsert(db, name, '', rowsOf([[1]]), new Map([['id', 'append']]))
  await expect(noArray).rejects.toThrow('needs an Array field')
})

it('takes given keys in the place of auto ids where the collection allows it', async () => {
  await create({}, { autoId: true })
  await expect(opened.engine.insert(db, name, '', batch([5], 1))).rejects.toThrow(/auto-generated/)
  await opened.engine.dropCollection(db, name)
  await create({}, { autoId: true }, { allow_insert_auto_id: 'true' })
  await opened.engine.insert(db, name, '', batch([5], 1))
  expect(await tags()).toEqual([[5, 1]])
})
