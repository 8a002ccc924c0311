import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { importInfos } from '../../dist/bulk/import-infos.js'
import type { ImportRunner } from '../../dist/bulk/import-runner.js'
import { ImportState } from '../../dist/bulk/import-state.js'
import { type ImportTask, idRangesOf } from '../../dist/bulk/import-task.js'
import { encodeNpyHeader } from '../../dist/formats/npy/npy-writer.js'
import { DataType } from '../../dist/schema/data-type.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'
import { field } from '../support/fields.js'
import {
  BulkFixture,
  collectionId,
  collectionOf,
  idField,
  requestOf,
  taskIn,
  vectorField,
} from './bulk-fixture.js'

const { Pending, Started, Persisted, Completed, Failed, FailedAndCleaned } = ImportState

const pool = createWorkerPool(2)
afterAll(() => pool.close())

let fixture: BulkFixture
beforeEach(async () => {
  fixture = await BulkFixture.open(pool)
})
afterEach(() => fixture.close())

async function finished(runner: ImportRunner, taskId: bigint): Promise<ImportTask> {
  return taskIn(runner, taskId, Completed, Failed, FailedAndCleaned)
}

function idsOf(rows: readonly Record<string, unknown>[]): bigint[] {
  return rows.map((row) => row.id as bigint).sort((one, other) => (one < other ? -1 : 1))
}

function range(begin: number, end: number): bigint[] {
  return Array.from({ length: end - begin }, (_, index) => BigInt(begin + index))
}

/** Never settles: what a dead process waits for. */
function forever(): Promise<never> {
  return new Promise(() => {})
}

describe('a good import', () => {
  it('goes through the states in their order and shows all rows at the end', async () => {
    const seen: ImportTask[] = []
    const runner = fixture.start(fixture.target(collectionOf()), {
      onChange: (task) => seen.push(task),
    })
    const task = await runner.submit(requestOf([fixture.writeRows('a', 1000)]))
    expect([task.state, runner.progress(task.taskId)!.progress]).toEqual([Pending, 0])
    const done = await finished(runner, task.taskId)
    expect([done.state, done.rowCount, done.reason]).toEqual([Completed, 1000, ''])
    expect(runner.progress(task.taskId)!.progress).toBe(100)
    const states = seen.map(({ state }) => state)
    expect(states.filter((state, index) => state !== states[index - 1])).toEqual([
      Pending,
      Started,
      Persisted,
      Completed,
    ])
    const rows = await fixture.visibleRows([idField, vectorField])
    expect(idsOf(rows)).toEqual(range(0, 1000))
    expect(rows.every((row) => Number(row.id) === row.vector)).toBe(true)
    expect(importInfos(done, 100).map(([key]) => key)).toEqual([
      'files',
      'collection',
      'partition',
      'failed_reason',
      'progress_percent',
      'persist_cost',
    ])
  })

  it('shows nothing before the commit', async () => {
    const target = fixture.target(collectionOf())
    let rowsBefore = -1
    target.gate = async (method) => {
      if (method === 'commit') rowsBefore = (await fixture.visibleRows([idField])).length
    }
    const runner = fixture.start(target)
    const { taskId } = await runner.submit(requestOf([fixture.writeRows('a', 10)]))
    await finished(runner, taskId)
    expect(rowsBefore).toBe(0)
    expect(await fixture.visibleRows([idField])).toHaveLength(10)
  })

  it('gives auto ids in a row over all groups', async () => {
    const pk = { ...idField, autoId: true }
    const runner = fixture.start(fixture.target(collectionOf([pk, vectorField])))
    const groups = [[fixture.writeVectors('a', 300)], [fixture.writeVectors('b', 200, 300)]]
    const { taskId } = await runner.submit(requestOf(groups))
    const task = await finished(runner, taskId)
    const [begin, end, ...more] = idRangesOf(task)
    expect([end - begin, more]).toEqual([500n, []])
    const rows = await fixture.visibleRows([pk, vectorField])
    expect(rows.every((row) => (row.id as bigint) - begin === BigInt(row.vector as number))).toBe(
      true,
    )
  })

  it('gives auto ids to a VarChar key as decimal strings', async () => {
    const pk = field(100, 'id', DataType.VarChar, {
      isPrimaryKey: true,
      autoId: true,
      maxLength: 32,
    })
    const runner = fixture.start(fixture.target(collectionOf([pk, vectorField])))
    const { taskId } = await runner.submit(requestOf([[fixture.writeVectors('a', 20)]]))
    const [begin] = idRangesOf(await finished(runner, taskId))
    const rows = await fixture.visibleRows([pk])
    expect(rows.map((row) => row.id)).toEqual(range(0, 20).map((offset) => String(begin + offset)))
  })

  it.each(['int64', 'text'])('spreads rows by a partition key of %s', async (kind) => {
    const isText = kind === 'text'
    const key = field(102, 'key', isText ? DataType.VarChar : DataType.Int64, {
      isPartitionKey: true,
      maxLength: 20,
    })
    const fields = [idField, vectorField, key]
    const runner = fixture.start(fixture.target(collectionOf(fields, 8)))
    const keys = Array.from({ length: 2000 }, (_, row) => row % 40)
    const file = isText
      ? fixture.writeTexts('a/key.npy', keys.map(String))
      : fixture.writeNpy('a/key.npy', BigInt64Array.from(keys, BigInt))
    const { taskId } = await runner.submit(
      requestOf([[...fixture.writeRows('a', 2000), file]], null),
    )
    expect((await finished(runner, taskId)).rowCount).toBe(2000)
    const rows = await fixture.visibleRows(fields)
    expect(idsOf(rows)).toEqual(range(0, 2000))
    const partitionOfKey = new Map(rows.map((row) => [row.key, row.partition]))
    expect(rows.every((row) => Number(row.id) % 40 === Number(row.key))).toBe(true)
    expect(rows.every((row) => partitionOfKey.get(row.key) === row.partition)).toBe(true)
    expect(new Set(rows.map((row) => row.partition)).size).toBeGreaterThan(4)
  })

  it('completes without a segment when the files have no rows', async () => {
    const runner = fixture.start(fixture.target(collectionOf()))
    const { taskId } = await runner.submit(requestOf([fixture.writeRows('a', 0)]))
    const task = await finished(runner, taskId)
    expect([task.state, task.rowCount, fixture.segmentFiles()]).toEqual([Completed, 0, []])
  })

  it('cuts a big file over the cores, and its progress never falls', async () => {
    const shown: number[] = []
    const runner = fixture.start(fixture.target(collectionOf(wideFields)))
    const { taskId } = await runner.submit(requestOf([writeWideRows('big', 140_000)]))
    const timer = setInterval(() => shown.push(runner.progress(taskId)!.progress), 1)
    const task = await finished(runner, taskId)
    clearInterval(timer)
    shown.push(runner.progress(taskId)!.progress)
    expect(task.plan?.units.map(({ part }) => [part.begin, part.end])).toEqual([
      [0, 70_000],
      [70_000, 140_000],
    ])
    expect(shown).toEqual([...shown].sort((one, other) => one - other))
    expect(new Set(shown).size).toBeGreaterThan(3)
    expect(task.rowCount).toBe(140_000)
  })

  it('runs tasks in the order of their ids', async () => {
    const completed: bigint[] = []
    const runner = fixture.start(fixture.target(collectionOf()), {
      onChange: ({ state, taskId }) => state === Completed && completed.push(taskId),
      pool: { ...pool, threadCount: 1 },
    })
    const submitted = await Promise.all(
      range(0, 5).map((index) =>
        runner.submit(requestOf([fixture.writeRows(`f${index}`, 10), fixture.writeRows('g', 5)])),
      ),
    )
    await Promise.all(submitted.map(({ taskId }) => finished(runner, taskId)))
    expect(completed).toEqual(submitted.map(({ taskId }) => taskId))
    expect(runner.tasks().map(({ taskId }) => taskId)).toEqual(completed)
  })
})

const wideFields = [
  field(100, 'id', DataType.Int64, { isPrimaryKey: true, autoId: true }),
  field(101, 'vector', DataType.FloatVector, { dim: 128 }),
]

/** Zeros, which a sparse file has for nothing. */
function writeWideRows(folder: string, rowCount: number): string[] {
  const name = fixture.writeNpy(`${folder}/vector.npy`, new Float32Array(0), [0, 128])
  const header = encodeNpyHeader('<f4', [rowCount, 128])
  writeFileSync(
    join(fixture.root, name),
    Buffer.concat([header, new Uint8Array(rowCount * 128 * 4)]),
  )
  return [name]
}

function writeBadRows(folder: string): string[] {
  const [ids] = fixture.writeRows(folder, 100, 1000)
  const vectors = new Float32Array(400)
  vectors[57 * 4 + 2] = Number.NaN
  return [ids, fixture.writeNpy(`${folder}/vector.npy`, vectors, [100, 4])]
}

describe('an import that fails', () => {
  it('names file, row and field, and leaves nothing behind', async () => {
    const runner = fixture.start(fixture.target(collectionOf()), { cleanedAfterMs: 30 })
    const groups = [fixture.writeRows('a', 1000), writeBadRows('b')]
    const { taskId } = await runner.submit(requestOf(groups))
    const task = await taskIn(runner, taskId, Failed)
    expect(task.reason).toMatch(
      /^b\/vector\.npy: row 57, field 'vector': .*: importing data failed$/,
    )
    expect(task.failedAt).toEqual({ file: 'b/vector.npy', row: 57, field: 'vector' })
    expect([task.rowCount, task.segmentIds]).toEqual([0, []])
    expect(fixture.segmentFiles()).toEqual([])
    expect(fixture.catalog.segments(collectionId)).toEqual([])
    expect(runner.progress(taskId)!.progress).toBe(task.progress)
    expect((await taskIn(runner, taskId, FailedAndCleaned)).reason).toBe(task.reason)
  })

  it('is cleaned by the next start when its time has passed', async () => {
    const target = fixture.target(collectionOf())
    const first = fixture.startDoomed(target)
    const { taskId } = await first.submit(requestOf([writeBadRows('b')]))
    await taskIn(first, taskId, Failed)
    await first.close()
    const second = fixture.start(target, { nowMs: () => Date.now() + 60_000 })
    expect((await taskIn(second, taskId, FailedAndCleaned)).attempts).toBe(1)
  })

  it('says which file is missing', async () => {
    const runner = fixture.start(fixture.target(collectionOf()))
    const { taskId } = await runner.submit(requestOf([['a/id.npy', 'a/vector.npy']]))
    const task = await finished(runner, taskId)
    expect([task.state, task.failedAt.file]).toEqual([Failed, 'a/id.npy'])
    expect(task.progress).toBe(0)
  })

  it('does not touch the others', async () => {
    const target = fixture.target(collectionOf())
    target.gate = (method) => {
      if (method === 'addSegments' && target.unitCount++ === 0)
        throw new Error('no space left on device')
    }
    const runner = fixture.start(target, { pool: { ...pool, threadCount: 1 } })
    const one = await runner.submit(requestOf([fixture.writeRows('a', 10)]))
    const other = await runner.submit(requestOf([fixture.writeRows('b', 20)]))
    expect((await finished(runner, one.taskId)).reason).toBe(
      'no space left on device: importing data failed',
    )
    expect((await finished(runner, other.taskId)).state).toBe(Completed)
    expect(await fixture.visibleRows([idField])).toHaveLength(20)
    expect(fixture.segmentFiles()).toHaveLength(1)
  })

  it('stays in its state until the store takes the failure', async () => {
    const target = fixture.target(collectionOf())
    const errors: string[] = []
    target.gate = (method) => {
      if (method === 'discard' && errors.length === 0) throw new Error('no space left on device')
    }
    const runner = fixture.start(target, {
      onWriteError: ({ state }, error) => errors.push(`${state}: ${String(error)}`),
    })
    const { taskId } = await runner.submit(requestOf([writeBadRows('b')]))
    expect((await finished(runner, taskId)).state).toBe(Failed)
    expect(errors).toEqual([`${Started}: Error: no space left on device`])
  })
})

describe('abandoning', () => {
  it('ends running and waiting tasks of a dropped collection at once', async () => {
    const runner = fixture.start(fixture.target(collectionOf(wideFields)), {
      pool: { ...pool, threadCount: 1 },
    })
    const files = writeWideRows('big', 140_000)
    const running = await runner.submit(requestOf([files]))
    const waiting = await runner.submit(requestOf([files]))
    await taskIn(runner, running.taskId, Started)
    await runner.abandon(collectionId, null, 'collection rivers dropped')
    for (const { taskId } of [running, waiting]) {
      const task = runner.task(taskId)
      expect([task?.state, task?.reason]).toEqual([Failed, 'collection rivers dropped'])
    }
    expect(fixture.segmentFiles()).toEqual([])
  })

  it('leaves tasks of other partitions alone', async () => {
    const collection = collectionOf([idField, vectorField], 2)
    const runner = fixture.start(fixture.target(collection))
    const kept = await runner.submit(requestOf([fixture.writeRows('a', 10)], 1n))
    const dropped = await runner.submit(requestOf([fixture.writeRows('a', 10)], 2n))
    await runner.abandon(collectionId, 2n, 'partition part_1 dropped')
    expect((await finished(runner, kept.taskId)).state).toBe(Completed)
    expect(runner.task(dropped.taskId)?.reason).toBe('partition part_1 dropped')
  })

  it('fails a task whose collection is gone at a start', async () => {
    const target = fixture.target(collectionOf())
    target.gate = (method) => (method === 'addSegments' ? forever() : undefined)
    const first = fixture.startDoomed(target)
    const { taskId } = await first.submit(requestOf([fixture.writeRows('a', 10)]))
    await taskIn(first, taskId, Started)
    const later = fixture.target(collectionOf())
    later.collections.clear()
    expect((await finished(fixture.start(later), taskId)).reason).toBe('collection rivers dropped')
  })
})

describe('a restart', () => {
  /** A process that dies before its second unit is stored. */
  async function dieAfterOneUnit(groups: readonly (readonly string[])[]): Promise<bigint> {
    const target = fixture.target(collectionOf())
    target.gate = (method) =>
      method === 'addSegments' && target.unitCount === 1 ? forever() : undefined
    const runner = fixture.startDoomed(target)
    const { taskId } = await runner.submit(requestOf(groups))
    while (runner.task(taskId)?.rowCount === 0) await new Promise((settle) => setTimeout(settle, 2))
    return taskId
  }

  it('goes on with the units that are not done', async () => {
    const groups = [fixture.writeRows('a', 100), fixture.writeRows('b', 100, 100)]
    const taskId = await dieAfterOneUnit(groups)
    const target = fixture.target(collectionOf())
    const runner = fixture.start(target)
    expect(runner.progress(taskId)!.progress).toBeGreaterThan(40)
    const task = await finished(runner, taskId)
    expect([task.state, task.rowCount, task.attempts]).toEqual([Completed, 200, 2])
    expect(target.unitCount).toBe(1)
    expect(idsOf(await fixture.visibleRows([idField]))).toEqual(range(0, 200))
  })

  it('fails a task whose file changed meanwhile, naming it', async () => {
    const groups = [fixture.writeRows('a', 100), fixture.writeRows('b', 100, 100)]
    const taskId = await dieAfterOneUnit(groups)
    for (const [, vectors] of groups) appendFileSync(join(fixture.root, vectors), 'x')
    const task = await finished(fixture.start(fixture.target(collectionOf())), taskId)
    expect(task.reason).toMatch(/vector\.npy' changed while it was imported/)
    expect(task.failedAt.file).toMatch(/vector\.npy$/)
    expect(fixture.catalog.segments(collectionId)).toEqual([])
  })

  it('commits a task that was persisted, without reading again', async () => {
    const target = fixture.target(collectionOf())
    target.gate = (method) => (method === 'prepare' ? forever() : undefined)
    const first = fixture.startDoomed(target)
    const { taskId } = await first.submit(requestOf([fixture.writeRows('a', 100)]))
    await taskIn(first, taskId, Persisted)
    const later = fixture.target(collectionOf())
    const runner = fixture.start(later)
    expect((await finished(runner, taskId)).state).toBe(Completed)
    expect([later.unitCount, await fixture.visibleRows([idField])]).toEqual([
      0,
      expect.objectContaining({ length: 100 }),
    ])
  })

  it('fails a task at the third death of the process under it', async () => {
    const files = fixture.writeRows('a', 10)
    let taskId = 0n
    for (let death = 0; death < 3; death++) {
      const target = fixture.target(collectionOf())
      // What a dead process writes no more, this one must not write either: it has come to its last step.
      const isReached = new Promise<void>((reach) => {
        target.gate = (method) => {
          if (method !== 'addSegments') return undefined
          reach()
          return forever()
        }
      })
      const doomed = fixture.startDoomed(target)
      if (death === 0) taskId = (await doomed.submit(requestOf([files]))).taskId
      await isReached
      expect(doomed.task(taskId)?.attempts).toBe(death + 1)
    }
    const task = await finished(fixture.start(fixture.target(collectionOf())), taskId)
    expect(task.reason).toMatch(/died 3 times/)
  })

  it('does not count a peaceful stop as a death', async () => {
    const target = fixture.target(collectionOf(wideFields))
    const files = writeWideRows('big', 140_000)
    const first = fixture.startDoomed(target)
    const { taskId } = await first.submit(requestOf([files]))
    while (first.progress(taskId)!.progress === 0)
      await new Promise((settle) => setTimeout(settle, 1))
    await first.close()
    const stopped = first.task(taskId)
    expect([stopped?.state, stopped?.attempts]).toEqual([Started, 0])
    await expect(first.submit(requestOf([files]))).rejects.toThrow(/about to stop/)
    const task = await finished(fixture.start(target), taskId)
    expect([task.state, task.rowCount, task.attempts]).toEqual([Completed, 140_000, 1])
    expect(fixture.segmentFiles()).toHaveLength(task.segmentIds.length)
  })
})

it('refuses more tasks than may wait, with the words of Milvus', async () => {
  const runner = fixture.start(fixture.target(collectionOf()), {
    pool: { ...pool, threadCount: 0 },
  })
  const request = requestOf([fixture.writeRows('a', 1)])
  await Promise.all(range(0, 1024).map(() => runner.submit(request)))
  await expect(runner.submit(request)).rejects.toMatchObject({
    code: 2101,
    message: expect.stringMatching(/^The number of jobs has reached the limit/),
  })
})

it('keeps the last tenth of the progress for indexes where some are built', async () => {
  const target = fixture.target(collectionOf())
  target.hasIndexes = true
  let progress = 0
  const runner = fixture.start(target)
  target.gate = (method) => {
    if (method === 'prepare') progress = runner.progress(taskId)!.progress
  }
  const { taskId } = await runner.submit(requestOf([fixture.writeRows('a', 100)]))
  await finished(runner, taskId)
  expect(progress).toBe(90)
})
