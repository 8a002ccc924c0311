import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { hasBit } from '../../dist/column/bitmap.js'
import type { FixedColumn } from '../../dist/column/column.js'
import type { VectorMemory } from '../../dist/kernels/vector-memory.js'
import { DataType } from '../../dist/schema/data-type.js'
import { CollectionRows } from '../../dist/storage/collection-rows.js'
import type { RowsContext } from '../../dist/storage/rows-context.js'
import { run as writeSegment } from '../../dist/storage/seal-job.js'
import { keyFromId } from '../../dist/storage/store.js'
import type { WorkerContext } from '../../dist/workers/worker-job.js'
import { field, schemaOf } from '../support/fields.js'
import { closeRows, openRowsContext } from './rows-context.js'

const schema = schemaOf('c', [
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'v', DataType.FloatVector, { dim: 2 }),
])
const collectionId = 7n
const first = 11n
const second = 12n

let path: string
let context: RowsContext
let rows: CollectionRows

beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'millrace-rows-'))
  await open()
})
afterEach(async () => {
  await close()
  rmSync(path, { recursive: true, force: true })
})

async function open(limits: ConstructorParameters<typeof VectorMemory>[0] = {}) {
  context = await openRowsContext(path, 1, limits)
  rows = CollectionRows.open(context, collectionId, schema)
}

function close() {
  return closeRows(rows, context)
}

async function reopen(limits = {}) {
  await close()
  await open(limits)
}

function batch(ids: readonly number[]) {
  return {
    rowCount: ids.length,
    columns: new Map([
      [100, fixed(BigInt64Array.from(ids, BigInt), 1)],
      [101, fixed(Float32Array.from(ids.flatMap((id) => [id, -id])), 2)],
    ]),
  }
}

function fixed(values: FixedColumn['values'], width: number): FixedColumn {
  return { shape: 'fixed', values, width, validity: null }
}

const insert = (ids: readonly number[], partitionId = first) =>
  rows.insert([{ partitionId, batch: batch(ids) }])

const remove = (ids: readonly number[], partitionId: bigint | null = null) =>
  rows.delete({
    keys: fixed(BigInt64Array.from(ids, BigInt), 1),
    rowCount: ids.length,
    partitionId,
  })

/** The keys of the rows that are seen, each with its vector's first component. */
async function seen(partitionIds = [first, second]): Promise<number[]> {
  const snapshot = await rows.snapshot(partitionIds)
  const keys: number[] = []
  for (const view of snapshot.views) {
    const ids = (await view.column(schema.fields[0])) as FixedColumn
    const vectors = (await view.column(schema.fields[1])) as FixedColumn
    for (let row = 0; row < view.rowCount; row++) {
      if (view.alive !== null && !hasBit(view.alive, row)) continue
      expect(Number(vectors.values[row * 2])).toBe(Number(ids.values[row]))
      keys.push(Number(ids.values[row]))
    }
  }
  snapshot.release()
  return keys.sort((left, right) => left - right)
}

it('shows rows at once, and after a restart', async () => {
  await insert([1, 2, 3])
  expect(await seen()).toEqual([1, 2, 3])
  await reopen()
  expect(await seen()).toEqual([1, 2, 3])
})

it('deletes growing and sealed rows, and keeps it over a restart', async () => {
  await insert([1, 2, 3, 4])
  await rows.flush()
  await insert([5, 6])
  await remove([2, 6])
  expect(await seen()).toEqual([1, 3, 4, 5])
  await reopen()
  expect(await seen()).toEqual([1, 3, 4, 5])
  expect(await rows.rowCount([first, second])).toBe(4)
})

it('does not touch rows that came after the delete', async () => {
  await remove([1])
  await insert([1])
  await rows.flush()
  await reopen()
  expect(await seen()).toEqual([1])
})

const replace = (ids: readonly number[]) =>
  rows.replace(
    {
      keys: fixed(BigInt64Array.from(ids, BigInt), 1),
      rowCount: ids.length,
      partitionId: null,
    },
    [{ partitionId: first, batch: batch(ids) }],
  )

it('replaces sealed and growing rows in one step, and keeps it over a restart', async () => {
  await insert([1, 2])
  await rows.flush()
  await insert([3, 4])
  await replace([1, 3, 5])
  expect(await seen()).toEqual([1, 2, 3, 4, 5])
  await reopen()
  expect(await seen()).toEqual([1, 2, 3, 4, 5])
  await replace([5])
  await rows.flush()
  await reopen()
  expect(await seen()).toEqual([1, 2, 3, 4, 5])
})

it('replaces rows while a seal is under way', async () => {
  await insert([1, 2])
  const flushed = rows.flush()
  await replace([2, 3])
  await flushed
  expect(await seen()).toEqual([1, 2, 3])
  await reopen()
  await rows.flush()
  await reopen()
  expect(await seen()).toEqual([1, 2, 3])
})

it('takes rows out of the log when they are sealed, each row once', async () => {
  await insert([1, 2, 3])
  await remove([2])
  const sealed = await rows.flush()
  expect(sealed.map(({ file }) => file.rowCount)).toEqual([2])
  expect([...context.directory.store.entriesUnder('rows', [])]).toEqual([])
  await reopen()
  expect(await seen()).toEqual([1, 3])
})

it('stores the deletes of sealed rows when the log lets go of them', async () => {
  await insert([1, 2, 3])
  await rows.flush()
  await remove([3])
  await insert([4])
  await rows.flush()
  expect([...context.directory.store.entriesUnder('rows', [])]).toEqual([])
  await reopen()
  expect(await seen()).toEqual([1, 2, 4])
})

it('marks rows that are deleted while their segment is written', async () => {
  await insert([1, 2, 3])
  const flushed = rows.flush()
  await remove([1])
  await flushed
  expect(await seen()).toEqual([2, 3])
  await reopen()
  expect(await seen()).toEqual([2, 3])
  await rows.flush()
  await reopen()
  expect(await seen()).toEqual([2, 3])
})

it('takes rows while a seal is under way', async () => {
  await insert([1])
  const flushed = rows.flush()
  await insert([2])
  await flushed
  expect(await seen()).toEqual([1, 2])
  await reopen()
  expect(await seen()).toEqual([1, 2])
})

it('deletes in one partition only where one is named', async () => {
  await insert([1, 2], first)
  await insert([1, 2], second)
  await remove([1], second)
  expect(await seen([first])).toEqual([1, 2])
  expect(await seen([second])).toEqual([2])
})

it('keeps a snapshot as it was, whatever comes after it', async () => {
  await insert([1, 2, 3])
  await rows.flush()
  await rows.load([first])
  const snapshot = await rows.snapshot([first])
  await remove([1])
  await insert([9])
  await rows.release([first])
  await rows.drop(async () => {})
  const [view] = snapshot.views
  expect(snapshot.views.length).toBe(1)
  expect([view.rowCount, view.alive]).toEqual([3, null])
  const [part] = view.vectorParts(schema.fields[1])
  const { region } = part
  const floats = new Float32Array(region.memory.buffer, region.byteOffset, 6)
  expect([...floats]).toEqual([1, -1, 2, -2, 3, -3])
  expect((await view.column(schema.fields[0])).shape).toBe('fixed')
  expect(readdirSync(context.directory.segmentsPath).length).toBe(1)
  snapshot.release()
  await context.directory.removed()
  expect(readdirSync(context.directory.segmentsPath)).toEqual([])
})

it('finds duplicate keys where they coexist, and deletes all of them', async () => {
  await insert([1, 1])
  await rows.flush()
  await insert([1, 1])
  expect(await seen()).toEqual([1, 1, 1, 1])
  await remove([1])
  expect(await seen()).toEqual([])
})

it('forgets a dropped partition with its log', async () => {
  await insert([1], first)
  await insert([2], second)
  await rows.flush()
  await insert([3], second)
  await rows.dropPartition(second, (segments, logged) =>
    context.catalog.editSegments([], segments, logged),
  )
  expect(await seen()).toEqual([1])
  await expect(insert([4], second)).rejects.toThrow(/dropped/)
  await reopen()
  expect(await seen()).toEqual([1])
})

it('gives the vectors of growing rows in chunks that cover them', async () => {
  const ids = Array.from({ length: 20_000 }, (_, index) => index)
  await insert(ids)
  const snapshot = await rows.snapshot([first])
  const parts = snapshot.views[0].vectorParts(schema.fields[1])
  expect(parts.length).toBeGreaterThan(1)
  let rowBegin = 0
  for (const part of parts) {
    expect(part.rowBegin).toBe(rowBegin)
    expect(part.rowBegin % 8).toBe(0)
    rowBegin += part.rowCount
  }
  expect(rowBegin).toBe(20_000)
  snapshot.release()
  expect((await seen()).length).toBe(20_000)
})

/** Of a job that looks at no memory, and that nobody cancels. */
const noThread: WorkerContext = {
  isCancelled: () => false,
  throwIfCancelled: () => {},
  reportProgress: () => {},
  memory: () => {
    throw new TypeError('there is no memory')
  },
  transfer: () => {},
}

it('lets a delete that settles during an import commit reach the imported rows', async () => {
  const segmentId = context.oracle.next()
  const { fields } = schema
  const path = context.directory.segmentPath(segmentId)
  const input = { path, fields, rows: { ...batch([1, 2, 3]), vectors: [] }, rowOffsets: null }
  const file = writeSegment(input, noThread)
  const hidden = {
    ...{ segmentId, collectionId, partitionId: first, timestamp: 0n, taskId: 5n },
    ...{ insertRuns: null, indexes: [] },
  }
  const rules = { loser: 'none', winner: 'none', areOnlyKeys: false, partitionId: null } as const
  const record = { ...hidden, schemaVersion: 1, indexes: [], file }
  await rows.addImported([record], rules, async ({ visible }) => {
    await context.catalog.editSegments(visible, [], [])
    await remove([2])
  })
  expect(await seen()).toEqual([1, 3])
  await reopen()
  expect(await seen()).toEqual([1, 3])
})

it('refuses rows of another shape before they are stored', async () => {
  await insert([1])
  const odd = batch([2])
  odd.columns.set(101, fixed(Float32Array.of(1, 2, 3), 3))
  await expect(rows.insert([{ partitionId: first, batch: odd }])).rejects.toThrow('does not fit')
  await reopen()
  expect(await seen()).toEqual([1])
})

it('refuses rows that find no memory whole, and not one comes back', async () => {
  await reopen({ bytesMax: 4 * 1024 ** 2 })
  await insert([1, 2])
  const many = Array.from({ length: 900_000 }, (_, index) => 10 + index)
  await expect(
    rows.insert([
      { partitionId: second, batch: batch([3]) },
      { partitionId: first, batch: batch(many) },
    ]),
  ).rejects.toMatchObject({ kind: 'memoryExceeded' })
  await insert([4])
  expect(await seen()).toEqual([1, 2, 4])
  await reopen()
  expect(await seen()).toEqual([1, 2, 4])
})

it('says what is wrong with a log that cannot be read, and can be dropped', async () => {
  await insert([1])
  const key = [keyFromId(collectionId), keyFromId(99n), 'insert', keyFromId(first), 0]
  await context.directory.store.commit([{ table: 'rows', key, bytes: Uint8Array.of(1, 2, 3) }])
  await reopen()
  await expect(seen()).rejects.toThrow('collection c: the inserted rows could not be read')
  await expect(insert([2])).rejects.toThrow('could not be read')
  await expect(rows.flush()).rejects.toThrow('could not be read')
  await rows.drop((logged) => context.catalog.dropCollection(collectionId, logged))
  await reopen()
  expect(await seen()).toEqual([])
})

it('deletes a key that very many rows share', async () => {
  const same = Array.from({ length: 200_000 }, () => 7)
  await insert([...same, 8])
  await remove([7])
  expect(await seen()).toEqual([8])
  await insert([...same, 9])
  await rows.flush()
  await remove([7])
  expect(await seen()).toEqual([8, 9])
})

it('takes rows again when a drop could not be stored', async () => {
  await insert([1])
  const refuse = () => Promise.reject(new Error('full'))
  await expect(rows.drop(refuse)).rejects.toThrow('full')
  await expect(rows.dropPartition(first, refuse)).rejects.toThrow('full')
  await insert([2])
  expect(await seen()).toEqual([1, 2])
})
