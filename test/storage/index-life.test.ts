import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { FixedColumn } from '../../dist/column/column.js'
import type { VectorMemory } from '../../dist/kernels/vector-memory.js'
import { DataType } from '../../dist/schema/data-type.js'
import { CollectionRows } from '../../dist/storage/collection-rows.js'
import type { CollectionRecord } from '../../dist/storage/records.js'
import type { RowsContext } from '../../dist/storage/rows-context.js'
import { field, schemaOf } from '../support/fields.js'
import { randomFrom } from '../support/random.js'
import { closeRows, openRowsContext } from './rows-context.js'

const dim = 32
const rowCount = 5000
const schema = schemaOf('c', [
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'v', DataType.FloatVector, { dim }),
])
const [, vectorField] = schema.fields
const collectionId = 7n
const partitionId = 11n
const vectorBytes = rowCount * dim * 4

let path: string
let context: RowsContext
let rows: CollectionRows
let buildErrors: unknown[]

/** Rows that are sealed, and a memory where none were growing. */
beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'millrace-index-life-'))
  await open()
  await insertRows()
})
afterEach(async () => {
  await close()
  rmSync(path, { recursive: true, force: true })
})

async function open(limits: ConstructorParameters<typeof VectorMemory>[0] = {}) {
  buildErrors = []
  context = await openRowsContext(path, 2, limits, (error) => buildErrors.push(error))
  rows = CollectionRows.open(context, collectionId, schema)
}

function close() {
  return closeRows(rows, context)
}

async function reopen(limits = {}) {
  await close()
  await open(limits)
}

async function insertRows() {
  const random = randomFrom(3)
  const ids = BigInt64Array.from({ length: rowCount }, (_, row) => BigInt(row))
  const vectors = Float32Array.from({ length: rowCount * dim }, () => random())
  const columns = new Map([
    [100, fixed(ids, 1)],
    [101, fixed(vectors, dim)],
  ])
  await rows.insert([{ partitionId, batch: { rowCount, columns } }])
  await rows.flush()
}

function fixed(values: FixedColumn['values'], width: number): FixedColumn {
  return { shape: 'fixed', values, width, validity: null }
}

/** What the catalog says of the collection: that it has these indexes on its vectors. */
function haveIndexes(...indexIds: bigint[]) {
  return haveIndexesOf('IVF_FLAT', indexIds)
}

async function haveIndexesOf(indexType: string, indexIds: readonly bigint[], params: object = {}) {
  const record: CollectionRecord = {
    ...{ collectionId, dbName: 'default', schema, shardsNum: 1, consistencyLevel: 2 },
    ...{ properties: [], createdTimestamp: 1n, updatedTimestamp: 1n, loadedPartitionIds: [] },
    ...{ lastFieldId: 101, aliases: [] },
    partitions: [{ partitionId, name: '_default', createdTimestamp: 1n }],
    indexes: indexIds.map((indexId) => ({
      ...{ indexId, name: 'v', fieldId: 101, createdTimestamp: 1n },
      params: [
        ['index_type', indexType],
        ['metric_type', 'L2'],
        ['params', JSON.stringify({ nlist: 16, M: 8, efConstruction: 40, ...params })],
      ],
    })),
  }
  await context.catalog.putCollections([record])
  await rows.refreshIndexes()
}

async function built(indexId: bigint) {
  for (;;) {
    const { indexedRows, totalRows, failure } = rows.indexProgress(indexId)
    if (failure) return failure
    if (indexedRows === totalRows) break
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  // Progress is told by what is durable; a search has it when the turn is over.
  await rows.close()
  return ''
}

async function indexInUse(): Promise<bigint | null> {
  const snapshot = await rows.snapshot([partitionId])
  const [view] = snapshot.views
  const index = view.vectorIndex(vectorField)
  snapshot.release()
  return index?.indexId ?? null
}

const indexFiles = () => readdirSync(join(path, 'indexes'))

it('gives all memory back, however often rows with an index are loaded and released', async () => {
  // Room for the rows and their index about three times.
  await reopen({ bytesMax: 8 * vectorBytes, memoryBytesMax: 8 * vectorBytes })
  await haveIndexes(21n)
  expect(await built(21n)).toBe('')
  for (let time = 0; time < 50; time++) {
    await rows.load([partitionId])
    expect(await indexInUse()).toBe(21n)
    const snapshot = await rows.snapshot([partitionId])
    await rows.release([partitionId])
    expect(snapshot.views[0].vectorIndex(vectorField)?.indexId).toBe(21n)
    snapshot.release()
  }
})

it('gives all memory back, however often indexes replace each other beside loaded rows', async () => {
  await reopen({ bytesMax: 8 * vectorBytes, memoryBytesMax: 8 * vectorBytes })
  for (let indexId = 21n; indexId < 41n; indexId++) {
    await haveIndexes(indexId)
    await rows.load([partitionId])
    expect(await built(indexId)).toBe('')
    expect(await indexInUse()).toBe(indexId)
    await rows.release([partitionId])
    expect(indexFiles()).toHaveLength(1)
  }
})

it.each([
  ['HNSW_SQ', {}],
  ['IVF_SQ8', {}],
  ['IVF_PQ', { m: 8, refine: true, refine_type: 'SQ8' }],
  ['IVF_RABITQ', {}],
  ['SCANN', { with_raw_data: false }],
])('keeps no rows in memory beside an index of type %s %j', async (type, params) => {
  await reopen({ bytesMax: 8 * vectorBytes, memoryBytesMax: 8 * vectorBytes })
  for (let time = 0n; time < 3n; time++) {
    await haveIndexesOf(type, [21n + time], params)
    await rows.load([partitionId])
    expect(await built(21n + time)).toBe('')
    expect(await indexInUse()).toBe(21n + time)
    const snapshot = await rows.snapshot([partitionId])
    const [view] = snapshot.views
    expect(view.vectorParts(vectorField)).toEqual([])
    expect(view.vectorFile(vectorField)?.rowBytes).toBe(dim * 4)
    snapshot.release()
    await rows.release([partitionId])
  }
  context.memory.free(context.memory.allocate(7 * vectorBytes))
})

it.each([
  ['HNSW', {}],
  ['IVF_FLAT', {}],
  ['IVF_SQ8', { refine: true }],
  ['IVF_PQ', { m: 8, refine: true, refine_type: 'flat' }],
  ['IVF_RABITQ', { refine: true, refine_type: 'FP32' }],
  ['SCANN', {}],
])('keeps the rows in memory beside an index of type %s %j', async (type, params) => {
  await haveIndexesOf(type, [21n], params)
  expect(await built(21n)).toBe('')
  await rows.load([partitionId])
  const snapshot = await rows.snapshot([partitionId])
  const [view] = snapshot.views
  expect(view.vectorIndex(vectorField)?.indexId).toBe(21n)
  expect(view.vectorParts(vectorField)).toMatchObject([{ rowBegin: 0, rowCount }])
  expect(view.vectorFile(vectorField)).toBeNull()
  snapshot.release()
})

it('builds apart what does not fit beside the rows, and then searches there', async () => {
  await reopen({ memoryBytesMax: 8 * vectorBytes })
  const filler = context.memory.allocate(6 * vectorBytes)
  await haveIndexes()
  await rows.load([partitionId])
  await haveIndexes(21n)
  expect(await built(21n)).toBe('')
  expect(await indexInUse()).toBe(21n)
  expect(buildErrors).toEqual([])
  context.memory.free(filler)
})

it('tells why an index is not there when it fits nowhere, and goes on without', async () => {
  const bytes = Math.ceil((1.3 * vectorBytes) / 65_536) * 65_536
  await reopen({ bytesMax: bytes, memoryBytesMax: bytes })
  await haveIndexes()
  await rows.load([partitionId])
  await haveIndexes(21n)
  expect(await built(21n)).toContain('vector memory')
  expect(await indexInUse()).toBeNull()
  expect(indexFiles()).toEqual([])
})

it('leaves no file of an index that is dropped, or whose rows are, while it is built', async () => {
  await haveIndexes(21n)
  await haveIndexes()
  await haveIndexes(22n)
  expect(await built(22n)).toBe('')
  expect(indexFiles()).toHaveLength(1)
  await haveIndexes(23n)
  await rows.drop(async () => {})
  await context.builder.close()
  expect(indexFiles()).toEqual([])
  expect(buildErrors).toEqual([])
})

it('ends the wait for a build at once when it is cancelled', async () => {
  const forever = new AbortController()
  const never = new Promise<void>((resolve) =>
    forever.signal.addEventListener('abort', () => resolve()),
  )
  const work = {
    ...{ segmentId: 1n, wanted: { indexId: 1n } as never, isWanted: () => true },
    vectors: async () => {
      await never
      throw new Error('the first ended')
    },
    take: async () => {},
  }
  const first = context.builder.build(work, new AbortController().signal)
  const waiting = new AbortController()
  const second = context.builder.build(work, waiting.signal)
  waiting.abort()
  await expect(second).rejects.toThrow('cancelled')
  forever.abort()
  await expect(first).rejects.toThrow('the first ended')
})
