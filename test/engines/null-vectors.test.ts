import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Column, FixedColumn } from '../../dist/column/column.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field, schemaOf } from '../support/fields.js'
import { OpenEngine } from './open-engine.js'

const db = 'default'
const name = 'c'
const where = { dbName: db, collectionName: name, partitionNames: [] }
let opened: OpenEngine

beforeEach(async () => {
  opened = await OpenEngine.open()
  await opened.createLoaded(
    db,
    schemaOf(name, [
      field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
      field(101, 'vector', DataType.FloatVector, { dim: 2, nullable: true }),
    ]),
  )
  const ids = BigInt64Array.of(1n, 2n, 3n)
  const vectors = Float32Array.of(5, 5, 0, 0, 3, 3)
  const columns = new Map<number, Column>([
    [100, { shape: 'fixed', values: ids, width: 1, validity: null }],
    [101, { shape: 'fixed', values: vectors, width: 2, validity: Uint8Array.of(0b101) }],
  ])
  await opened.engine.insert(db, name, '', { rowCount: 3, columns })
})
afterEach(() => opened.remove())

async function keys(filter: string): Promise<number[]> {
  const page = { limit: null, offset: 0 }
  const query = { ...where, ...page, filter, outputFields: ['id', 'vector'] }
  const { fields } = await opened.engine.query(query)
  const id = fields.find((each) => each.field.name === 'id')!
  return Array.from((id.column as FixedColumn).values, Number)
}

async function nearestOrigin(filter: string): Promise<number[]> {
  const bytes = new Uint8Array(8)
  const { ids } = await opened.engine.search({
    ...{ ...where, filter, vectorFieldName: 'vector', topK: 3, offset: 0, metricType: '' },
    ...{ queries: { dataType: DataType.FloatVector, nq: 1, bytes }, params: {} },
    ...{ roundDecimal: -1, outputFields: [] },
  })
  return Array.from((ids as FixedColumn).values, Number)
}

async function expectNullKept(): Promise<void> {
  expect(await keys('vector is null')).toEqual([2])
  expect(await keys('vector is not null')).toEqual([1, 3])
  expect(await nearestOrigin('')).toEqual([3, 1])
  expect(await nearestOrigin('id < 3')).toEqual([1])
}

it('keeps a null vector null and does not search it while its row grows', expectNullKept)

it('does so when the row is sealed, in memory, and after a restart', async () => {
  await opened.engine.flush(db, name)
  await expectNullKept()
  await opened.reopen()
  await expectNullKept()
})

it('has no vectors of a field that is younger than its rows, until rows bring some', async () => {
  const { engine } = opened
  await engine.flush(db, name)
  const younger = field(0, 'other', DataType.FloatVector, { dim: 2, nullable: true })
  await engine.changes.addField(db, name, younger)
  const bytes = new Uint8Array(8)
  const nearest = async (): Promise<number[]> => {
    const { ids } = await engine.search({
      ...{ ...where, filter: '', vectorFieldName: 'other', topK: 5, offset: 0, metricType: '' },
      ...{ queries: { dataType: DataType.FloatVector, nq: 1, bytes }, params: {} },
      ...{ roundDecimal: -1, outputFields: ['other'] },
    })
    return Array.from((ids as FixedColumn).values, Number)
  }
  expect(await nearest()).toEqual([])
  const { schema } = engine.describeCollection(db, name)
  const { fieldId } = schema.fields.find((each) => each.name === 'other')!
  const columns = new Map<number, Column>([
    [100, { shape: 'fixed', values: BigInt64Array.of(7n, 8n), width: 1, validity: null }],
    [fieldId, { shape: 'fixed', values: Float32Array.of(2, 2, 1, 1), width: 2, validity: null }],
  ])
  await engine.insert(db, name, '', { rowCount: 2, columns })
  const expectFound = async () => {
    expect(await nearest()).toEqual([8, 7])
    expect(await nearestOrigin('')).toEqual([3, 1])
    expect(await keys('other is null')).toEqual([1, 2, 3])
  }
  await expectFound()
  const index = { dbName: db, collectionName: name, fieldName: 'other', indexName: '' }
  await engine.createIndex({ ...index, params: [['metric_type', 'L2']] })
  await engine.flush(db, name)
  await expectFound()
  await engine.release(db, name, [])
  await engine.load(db, name, [])
  await expectFound()
  await engine.compact(db, name)
  await expectFound()
  await opened.reopen()
  expect(await keys('other is null')).toEqual([1, 2, 3])
})
