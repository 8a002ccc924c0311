import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { importInfos } from '../../dist/bulk/import-infos.js'
import type { ImportRunner } from '../../dist/bulk/import-runner.js'
import { ImportState } from '../../dist/bulk/import-state.js'
import { type ImportTask, idRangesOf } from '../../dist/bulk/import-task.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field } from '../support/fields.js'
import {
  BulkFixture,
  collectionId,
  collectionOf,
  idField,
  requestOf,
  taskIn,
} from './bulk-fixture.js'
import { localPool, registerLineFormat } from './line-format.js'

const { Persisted, Completed, Failed, FailedAndCleaned } = ImportState
const text = field(101, 'text', DataType.VarChar, { maxLength: 3000 })
const fields = [idField, text]

let fixture: BulkFixture
beforeAll(registerLineFormat)
beforeEach(async () => {
  fixture = await BulkFixture.open(localPool(2))
})
afterEach(() => fixture.close())

function finished(runner: ImportRunner, taskId: bigint): Promise<ImportTask> {
  return taskIn(runner, taskId, Completed, Failed, FailedAndCleaned)
}

/** Lines of `width` bytes, but those that are bad. */
function writeLines(
  name: string,
  rowCount: number,
  width = 20,
  bad: readonly number[] = [],
): string {
  const isBad = new Set(bad)
  const lines: string[] = []
  for (let row = 0; row < rowCount; row++) {
    const line = `${row},`
    lines.push(`${isBad.has(row) ? 'x' : ''}${line}`.padEnd(width, 't'))
  }
  writeFileSync(join(fixture.root, name), `${lines.join('\n')}\n`)
  return name
}

async function rejectsOf(runner: ImportRunner, taskId: bigint): Promise<Record<string, unknown>[]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of runner.rejects(taskId)) chunks.push(chunk)
  const lines = Buffer.concat(chunks).toString().split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line))
}

function requestWith(file: string, options: Record<string, string>, partition: bigint | null = 1n) {
  return { ...requestOf([[file]], partition), options: Object.entries(options) }
}

async function imported(
  file: string,
  options: Record<string, string> = {},
  collection = collectionOf(fields),
) {
  const runner = fixture.start(fixture.target(collection))
  const { taskId } = await runner.submit(
    requestWith(file, options, collection.partitions.length > 1 ? null : 1n),
  )
  return { runner, taskId, task: await finished(runner, taskId) }
}

describe('rows that nobody counted', () => {
  it('are all imported, in segments without large holes', async () => {
    const { task } = await imported(writeLines('a.line', 5000))
    expect([task.state, task.rowCount, task.reason]).toEqual([Completed, 5000, ''])
    const rows = await fixture.visibleRows(fields)
    expect(new Set(rows.map(({ id }) => id)).size).toBe(5000)
    const [segment] = fixture.catalog.segments(collectionId)
    const byName = Object.fromEntries(rows.map(({ id, text: value }) => [String(id), value]))
    expect(byName['17']).toBe('t'.repeat(17))
    expect(segment.file.fileBytes).toBeLessThan(5000 * 30 + 4000)
  })

  it('come in several steps, and auto ids are in the order of the input', async () => {
    const pk = { ...idField, autoId: true }
    const file = writeLines('a.line', 42_000, 2000)
    const { task, runner, taskId } = await imported(file, {}, collectionOf([pk, text]))
    expect([task.state, task.rowCount, task.reason]).toEqual([Completed, 42_000, ''])
    expect(task.plan!.units).toHaveLength(2)
    const ranges = idRangesOf(task)
    let count = 0n
    for (let at = 0; at < ranges.length; at += 2) count += ranges[at + 1] - ranges[at]
    expect(count).toBe(42_000n)
    const rows = await fixture.visibleRows([pk])
    expect(new Set(rows.map(({ id }) => id)).size).toBe(42_000)
    expect(runner.progress(taskId)).toMatchObject({ phase: 'completed', rowsRead: 42_000 })
  })

  it('spread over partitions', async () => {
    const key = { ...text, isPartitionKey: true }
    const { task } = await imported(
      writeLines('a.line', 20_000),
      {},
      collectionOf([idField, key], 16),
    )
    expect([task.state, task.rowCount, task.reason]).toEqual([Completed, 20_000, ''])
    const rows = await fixture.visibleRows([idField])
    expect(new Set(rows.map(({ id }) => id)).size).toBe(20_000)
    expect(new Set(rows.map(({ partition }) => partition)).size).toBeGreaterThan(1)
  })

  it('go on from the last durable segment after a death', async () => {
    const file = writeLines('a.line', 50_000, 2000)
    const target = fixture.target(collectionOf(fields))
    target.gate = (method) =>
      method === 'addSegments' && target.unitCount === 1 ? new Promise(() => {}) : undefined
    const doomed = fixture.startDoomed(target, { pool: localPool(8) })
    const { taskId } = await doomed.submit(requestWith(file, {}))
    const before = await taskWithRows(doomed, taskId)
    const progressBefore = doomed.progress(taskId)!.progress
    const later = fixture.target(collectionOf(fields))
    const runner = fixture.start(later)
    expect(runner.progress(taskId)!.progress).toBeGreaterThanOrEqual(before.progress)
    const task = await finished(runner, taskId)
    expect([task.state, task.rowCount, task.reason]).toEqual([Completed, 50_000, ''])
    expect(task.segmentIds.slice(0, before.segmentIds.length)).toEqual(before.segmentIds)
    const rows = await fixture.visibleRows([idField])
    expect(new Set(rows.map(({ id }) => id)).size).toBe(50_000)
    expect(progressBefore).toBeLessThan(100)
  }, 20_000)

  it('are counted to tell the row of an error in a later part', async () => {
    const file = writeLines('a.line', 42_000, 2000, [40_000])
    const { task } = await imported(file)
    expect(task.failedAt).toEqual({ file, row: 40_000, field: 'id' })
    expect(task.reason).toMatch(/^a\.line: row 40000, field 'id': expected a number/)
    expect(fixture.segmentFiles()).toEqual([])
  })
})

async function taskWithRows(runner: ImportRunner, taskId: bigint): Promise<ImportTask> {
  while (runner.task(taskId)!.rowCount === 0) await new Promise((settle) => setTimeout(settle, 5))
  return runner.task(taskId)!
}

describe('leaving out bad rows', () => {
  it('writes them down with their place in the file', async () => {
    const bad = [3, 20_000, 41_999]
    const file = writeLines('a.line', 42_000, 2000, bad)
    const { runner, taskId, task } = await imported(file, { on_error: 'skip' })
    expect([task.state, task.rowCount, task.rejectedCount]).toEqual([Completed, 41_997, 3])
    const rejects = await rejectsOf(runner, taskId)
    expect(rejects.map(({ row }) => row).sort((one, other) => Number(one) - Number(other))).toEqual(
      bad,
    )
    expect(rejects.find(({ row }) => row === 3)).toMatchObject({
      file,
      byte_offset: 6003,
      field: 'id',
      raw: expect.stringMatching(/^x3,t/),
    })
    expect(importInfos(task, 100).slice(-1)).toEqual([['rejected_rows', '3']])
  })

  it('leaves out what the checks find, by columns', async () => {
    const short = { ...text, maxLength: 17 }
    const file = writeLines('a.line', 1000)
    const options = { on_error: 'skip' }
    const { runner, taskId, task } = await imported(file, options, collectionOf([idField, short]))
    expect([task.rowCount, task.rejectedCount]).toEqual([990, 10])
    const [first] = await rejectsOf(runner, taskId)
    expect(first).toMatchObject({
      row: 0,
      byte_offset: 0,
      field: 'text',
      raw: `0,${'t'.repeat(18)}`,
    })
    expect(String(first.reason)).toMatch(/expected at most 17 bytes, got 18/)
  })

  it('fails over max_errors, with the first of them', async () => {
    const file = writeLines('a.line', 100, 20, [5, 6, 7])
    const options = { on_error: 'skip', max_errors: '2' }
    const { runner, taskId, task } = await imported(file, options)
    expect(task.state).toBe(Failed)
    expect(task.reason).toMatch(
      /^expected at most 2 bad rows \(max_errors\), got 3 so far: a\.line: row 5, field 'id': expected a number/,
    )
    expect(await rejectsOf(runner, taskId)).toHaveLength(3)
    expect(fixture.segmentFiles()).toEqual([])
  })

  it('tells everything in a dry run, and writes nothing', async () => {
    const file = writeLines('a.line', 1000, 20, [5, 6, 7])
    const { runner, taskId, task } = await imported(file, { dry_run: 'true', max_errors: '1' })
    expect([task.state, task.rowCount]).toEqual([Completed, 0])
    expect(Object.fromEntries(importInfos(task, 100))).toMatchObject({
      dry_run: 'true',
      valid_rows: '997',
      rejected_rows: '3',
    })
    expect((await rejectsOf(runner, taskId)).length).toBeGreaterThan(0)
    expect(fixture.segmentFiles()).toEqual([])
  })
})

describe('a job', () => {
  it('waits for its commit where the request says so', async () => {
    const runner = fixture.start(fixture.target(collectionOf(fields)))
    const request = requestWith(writeLines('a.line', 10), { auto_commit: 'false' })
    const { taskId } = await runner.submit(request)
    await expect(runner.commit(taskId)).rejects.toThrow(/expected Uncommitted/)
    await phaseOf(runner, taskId, 'uncommitted')
    expect(runner.progress(taskId)).toMatchObject({ progress: 99, task: { state: Persisted } })
    expect(await fixture.visibleRows([idField])).toEqual([])
    await runner.commit(taskId)
    await runner.commit(taskId)
    expect((await finished(runner, taskId)).state).toBe(Completed)
    await runner.commit(taskId)
    expect(await fixture.visibleRows([idField])).toHaveLength(10)
    await expect(runner.cancel(taskId, 'no')).rejects.toThrow(/abort not allowed/)
  })

  it('waits on after a restart, and can be aborted', async () => {
    const target = fixture.target(collectionOf(fields))
    const first = fixture.startDoomed(target)
    const request = requestWith(writeLines('a.line', 10), { auto_commit: 'false' })
    const { taskId } = await first.submit(request)
    await phaseOf(first, taskId, 'uncommitted')
    await first.close()
    const second = fixture.start(target)
    await phaseOf(second, taskId, 'uncommitted')
    await second.cancel(taskId, 'aborted by user')
    expect(second.task(taskId)).toMatchObject({ state: Failed, reason: 'aborted by user' })
    expect(fixture.segmentFiles()).toEqual([])
  })

  it('ends at its timeout', async () => {
    const runner = fixture.start(fixture.target(collectionOf(fields)))
    const options = { auto_commit: 'false', timeout: '100ms' }
    const { taskId } = await runner.submit(requestWith(writeLines('a.line', 10), options))
    expect((await finished(runner, taskId)).reason).toBe('import timeout')
  })

  it('is deleted when it is finished, and not before', async () => {
    const runner = fixture.start(fixture.target(collectionOf(fields)))
    const request = requestWith(writeLines('a.line', 10), { auto_commit: 'false' })
    const { taskId } = await runner.submit(request)
    await expect(runner.remove(taskId)).rejects.toThrow(/cancel it first/)
    await runner.cancel(taskId, 'cancelled by user')
    await runner.remove(taskId)
    expect(runner.task(taskId)).toBeUndefined()
    await expect(runner.remove(taskId)).rejects.toMatchObject({ kind: 'keyNotFound' })
  })

  it('is forgotten some time after its end', async () => {
    const runner = fixture.start(fixture.target(collectionOf(fields)), { retentionMs: 30 })
    const { taskId } = await runner.submit(requestWith(writeLines('a.line', 10), {}))
    await finished(runner, taskId)
    while (runner.task(taskId)) await new Promise((settle) => setTimeout(settle, 5))
    expect(await fixture.visibleRows([idField])).toHaveLength(10)
  })

  it('is the same one under its idempotency key, also after a restart', async () => {
    const target = fixture.target(collectionOf(fields))
    const first = fixture.startDoomed(target)
    const words = { idempotencyKey: 'k', asked: 'one' }
    const request = { ...requestWith(writeLines('a.line', 10), {}), ...words }
    const [one, other] = await Promise.all([first.submit(request), first.submit(request)])
    expect(other.taskId).toBe(one.taskId)
    await finished(first, one.taskId)
    await first.close()
    const second = fixture.start(target)
    expect((await second.submit(request)).taskId).toBe(one.taskId)
    await expect(second.submit({ ...request, asked: 'other' })).rejects.toMatchObject({
      code: 1100,
    })
    const later = fixture.start(target, { nowMs: () => Date.now() + 25 * 3_600_000 })
    expect((await later.submit(request)).taskId).not.toBe(one.taskId)
  })

  it('that failed frees its key', async () => {
    const runner = fixture.start(fixture.target(collectionOf(fields)))
    const request = { ...requestWith('missing.line', {}), idempotencyKey: 'k' }
    const { taskId } = await runner.submit(request)
    expect((await finished(runner, taskId)).state).toBe(Failed)
    expect((await runner.submit(request)).taskId).not.toBe(taskId)
  })
})

async function phaseOf(runner: ImportRunner, taskId: bigint, phase: string): Promise<void> {
  for (let waited = 0; waited < 2000 && runner.progress(taskId)?.phase !== phase; waited++) {
    await new Promise((settle) => setTimeout(settle, 2))
  }
  expect(runner.progress(taskId)?.phase).toBe(phase)
}
