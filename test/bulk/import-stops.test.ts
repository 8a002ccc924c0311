/** Imports that are cancelled in each of their states, and files that change under them. */
import { appendFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ImportRunner } from '../../dist/bulk/import-runner.js'
import { ImportState } from '../../dist/bulk/import-state.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'
import {
  BulkFixture,
  collectionId,
  collectionOf,
  idField,
  requestOf,
  type StoredTarget,
  taskIn,
} from './bulk-fixture.js'

const { Pending, Started, Persisted, Completed, Failed, FailedAndCleaned } = ImportState

const pool = createWorkerPool(2)
afterAll(() => pool.close())

let fixture: BulkFixture
beforeEach(async () => {
  fixture = await BulkFixture.open(pool)
})
afterEach(() => fixture.close())

/** Holds a method of the target until it is let go on. */
function held(target: StoredTarget, method: string) {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  let reach = () => {}
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  target.gate = (name) => {
    if (name !== method) return undefined
    reach()
    return released
  }
  return { reached, release }
}

function expectNothingLeft(): void {
  expect(fixture.segmentFiles()).toEqual([])
  expect(fixture.catalog.segments(collectionId)).toEqual([])
}

function expectCancelled(runner: ImportRunner, taskId: bigint): void {
  const task = runner.task(taskId)
  expect([task?.state, task?.reason, task?.rowCount]).toEqual([Failed, 'cancelled by user', 0])
}

describe('cancelling', () => {
  it('ends an import that waits for its turn', async () => {
    const runner = fixture.start(fixture.target(collectionOf()), {
      pool: { ...pool, threadCount: 0 },
    })
    const { taskId, state } = await runner.submit(requestOf([fixture.writeRows('a', 10)]))
    expect(state).toBe(Pending)
    await runner.cancel(taskId, 'cancelled by user')
    expectCancelled(runner, taskId)
  })

  it.each(['addSegments', 'prepare', 'commit'])(
    'ends an import in %s, or tells that it is too late',
    async (method) => {
      const target = fixture.target(collectionOf())
      const { reached, release } = held(target, method)
      const runner = fixture.start(target)
      const { taskId } = await runner.submit(requestOf([fixture.writeRows('a', 10)]))
      await reached
      expect(runner.task(taskId)?.state).toBe(method === 'addSegments' ? Started : Persisted)
      const cancelled = runner.cancel(taskId, 'cancelled by user')
      release()
      if (method === 'commit') {
        await expect(cancelled).rejects.toThrow(/state Completed, abort not allowed/)
        expect(await fixture.visibleRows([idField])).toHaveLength(10)
        return
      }
      await cancelled
      expectCancelled(runner, taskId)
      expectNothingLeft()
    },
  )

  it('ends an import that waits for its commit, and the commit is refused', async () => {
    const runner = fixture.start(fixture.target(collectionOf()))
    const request = requestOf([fixture.writeRows('a', 10)])
    const { taskId } = await runner.submit({ ...request, options: [['auto_commit', 'false']] })
    while (runner.progress(taskId)?.phase !== 'uncommitted') await pause()
    await runner.cancel(taskId, 'cancelled by user')
    expectCancelled(runner, taskId)
    expectNothingLeft()
    await expect(runner.commit(taskId)).rejects.toThrow(/in state failed, expected Uncommitted/)
  })

  it('is refused of a completed import, and nothing new of a failed one', async () => {
    const runner = fixture.start(fixture.target(collectionOf()))
    const done = await runner.submit(requestOf([fixture.writeRows('a', 10)]))
    await taskIn(runner, done.taskId, Completed)
    await expect(runner.cancel(done.taskId, 'cancelled by user')).rejects.toMatchObject({
      code: 2100,
    })
    const failed = await runner.submit(requestOf([['missing.npy']]))
    const { reason } = await taskIn(runner, failed.taskId, Failed)
    await runner.cancel(failed.taskId, 'cancelled by user')
    expect(runner.task(failed.taskId)?.reason).toBe(reason)
    expect(await fixture.visibleRows([idField])).toHaveLength(10)
  })

  it('lets the next import have the free place at once', async () => {
    const target = fixture.target(collectionOf())
    const runner = fixture.start(target, { pool: { ...pool, threadCount: 1 } })
    const { reached, release } = held(target, 'addSegments')
    const first = await runner.submit(requestOf([fixture.writeRows('a', 10)]))
    const second = await runner.submit(requestOf([fixture.writeRows('b', 20)]))
    await reached
    const cancelled = runner.cancel(first.taskId, 'cancelled by user')
    release()
    await cancelled
    expect((await taskIn(runner, second.taskId, Completed)).rowCount).toBe(20)
  })
})

describe('a file that changes while it is imported', () => {
  const changes: [string, (path: string) => void][] = [
    ['longer', (path) => appendFileSync(path, 'x')],
    ['younger', (path) => utimesSync(path, new Date(), new Date(Date.now() + 60_000))],
    [
      'another one of the same size',
      (path) => {
        const { size, atime, mtime } = statSync(path)
        rmSync(path)
        // Were it the only one, the new file might get the old one's place on the disk.
        writeFileSync(`${path}.beside`, 'x')
        writeFileSync(path, Buffer.alloc(size))
        utimesSync(path, atime, mtime)
      },
    ],
  ]

  it.each(changes)('fails the import where it is %s, and shows no rows', async (_, change) => {
    const target = fixture.target(collectionOf())
    const first = fixture.writeRows('a', 100)
    const second = fixture.writeRows('b', 100, 100)
    let hasChanged = false
    target.gate = (method) => {
      if (method !== 'addSegments' || hasChanged) return
      hasChanged = true
      change(join(fixture.root, second[1]))
    }
    const runner = fixture.start(target, { pool: { ...pool, threadCount: 1 } })
    const { taskId } = await runner.submit(requestOf([first, second]))
    const task = await taskIn(runner, taskId, Completed, Failed, FailedAndCleaned)
    expect(task.reason).toMatch(
      /^the file 'b\/vector\.npy' changed while it was imported: expected/,
    )
    expect([task.state, task.failedAt.file]).toEqual([Failed, 'b/vector.npy'])
    expect(await fixture.visibleRows([idField])).toEqual([])
    expectNothingLeft()
  })
})

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2))
}
