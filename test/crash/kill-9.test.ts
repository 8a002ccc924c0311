/**
 * A real server is killed at moments that a seed chooses, and started again. What was acknowledged is
 * there, whole and once; what was not is whole or absent. MILLRACE_TEST_SEED repeats a run.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ImportTask } from '../../dist/bulk/import-task.js'
import { BulkInsertState, MilvusClient, utility } from '../../dist/client/index.js'
import { keyFromId, Store } from '../../dist/storage/store.js'
import { randomFrom, seedOfRun } from '../support/random.js'
import { CrashServer, sleep } from './crash-server.js'
import { createCollection, faultsOf, idsFrom, insertMessage, keysOf, writeRows } from './rows.js'

/** So many bytes that an import is cut into a unit for each of several cores. */
const rowCount = 280_000
const allIds = idsFrom(0, rowCount)
const firstAnswerMsWanted = 1_500

const seed = seedOfRun()
const random = randomFrom(seed)
const client = new MilvusClient({ timeout: 20 })
const { ImportCompleted, ImportFailed, ImportFailedAndCleaned, ImportStarted } = BulkInsertState

let server: CrashServer
/** From the call to Completed, when nobody kills. */
let importMs = 0
let killCount = 0
let collectionCount = 0
/** Imports by what the store had of them when the process was dead. */
const killedIn = new Map<string, number>()

beforeAll(async () => {
  console.info(`kill -9: seed ${seed}`)
  server = new CrashServer()
  writeRows(server.importRoot, rowCount)
  await server.start()
  const name = await newCollection()
  const beganMs = performance.now()
  await utility.waitForBulkInsert(await startImport(name), { timeout: 30 })
  importMs = performance.now() - beganMs
  await client.dropCollection(name)
}, 120_000)

afterAll(async () => {
  const { firstAnswersMs } = server
  await server.remove()
  const sorted = [...firstAnswersMs].sort((one, other) => one - other)
  const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)])
  console.info(
    `kill -9: ${killCount} kills, an import takes ${Math.round(importMs)} ms; ${sorted.length} starts to the first answer: median ${at(0.5)} ms, slowest ${at(1)} ms, wanted ${firstAnswerMsWanted} ms`,
  )
  console.info(
    'kill -9: what the store had of an import after a kill:',
    Object.fromEntries(killedIn),
  )
})

it('keeps an import whole or absent that is killed before its call returns', async () => {
  for (const delayMs of spread(4, 0, 12)) {
    const name = await newCollection()
    let taskId: bigint | null = null
    const call = importCall(name, server.signal).then(
      (id) => {
        taskId = id
      },
      () => {}, // Nobody answers any more.
    )
    await sleep(delayMs)
    await kill()
    await call
    await server.start()
    const tasks = await utility.listBulkInsertTasks({ collectionName: name })
    expect(tasks.length).toBeLessThanOrEqual(1)
    if (taskId !== null) expect(tasks.map((task) => task.taskId)).toEqual([taskId])
    if (tasks.length === 1) await endsWhole(name, tasks[0].taskId, null)
    else expect(await faultsOf(server.connection, name, [])).toEqual([])
    await dropped(name)
  }
}, 120_000)

it('goes on with an import that is killed anywhere while it runs', async () => {
  for (const [index, delayMs] of spread(12, 0, importMs).entries()) {
    const name = await newCollection(index % 4 === 3, index % 2 === 0)
    const taskId = await startImport(name, index % 4 === 3)
    await sleep(delayMs)
    await kill()
    const durable = await durableTask(taskId)
    await server.start()
    await endsWhole(name, taskId, durable)
    await dropped(name)
  }
}, 300_000)

it('goes on with an import that is killed around its commit', async () => {
  for (let index = 0; index < 12; index++) {
    const isPartitioned = index % 5 === 4
    // Of a loaded collection, the vectors are read before the commit: the window is longer.
    const name = await newCollection(isPartitioned, index % 4 < 3)
    const taskId = await startImport(name, isPartitioned)
    const isNear = (state: BulkInsertState) => state.rowCount >= (index % 2 ? 1 : rowCount)
    await (index < 9 ? Promise.any([1, 2, 3].map(() => reaches(taskId, isNear))) : ended(taskId))
    if (index % 3 > 0) await sleep(random() * 12)
    await kill()
    const durable = await durableTask(taskId)
    await server.start()
    await endsWhole(name, taskId, durable)
    await dropped(name)
  }
}, 300_000)

it('goes on with an import that is killed twice in a row', async () => {
  for (const delayMs of spread(3, 0.1 * importMs, 0.6 * importMs)) {
    const name = await newCollection()
    const taskId = await startImport(name)
    await sleep(delayMs)
    await kill()
    server.spawned().catch(() => {}) // Killed before it listens, as likely as not.
    await sleep(random() * 600)
    await kill()
    const durable = await durableTask(taskId)
    await server.start()
    await endsWhole(name, taskId, durable)
    await dropped(name)
  }
}, 120_000)

it('fails an import under which the process was killed three times, and leaves nothing', async () => {
  const name = await newCollection()
  const taskId = await startImport(name)
  for (let death = 1; death <= 3; death++) {
    const { state } = await reaches(taskId, (each) => each.state === ImportStarted)
    expect([death, state]).toEqual([death, ImportStarted])
    await sleep(30)
    await kill()
    await server.start()
  }
  const state = await ended(taskId)
  expect(state.failedReason).toContain('died 3 times')
  expect([ImportFailed, ImportFailedAndCleaned]).toContain(state.state)
  expect(state.rowCount).toBe(0)
  expect(server.segmentFiles()).toEqual([])
  expect(await faultsOf(server.connection, name, [])).toEqual([])
  await dropped(name)
}, 120_000)

it('keeps every acknowledged insert and delete, and the others whole or not at all', async () => {
  for (const delayMs of spread(7, 30, 500)) {
    const name = await newCollection()
    const writes = new Writes(name)
    const writing = [writes.run(0), writes.run(1), writes.run(2)]
    await sleep(delayMs)
    await kill()
    await Promise.all(writing)
    await server.start()
    await writes.check()
    await dropped(name)
  }
}, 120_000)

it('keeps rows and deletes that are sealed while the process is killed', async () => {
  for (const delayMs of spread(7, 0, 120)) {
    const name = await newCollection(false, random() < 0.5)
    const ids = idsFrom(0, 20_000)
    await server.connection.call('Insert', insertMessage(name, ids))
    await server.connection.call('Delete', { collection_name: name, expr: 'id % 7 == 3' })
    const flush = server.connection
      .call('Flush', { collection_names: [name] }, { signal: server.signal })
      .catch(() => {}) // Nobody answers any more.
    await sleep(delayMs)
    await kill()
    await flush
    await server.start()
    const left = ids.filter((id) => id % 7 !== 3)
    expect(await faultsOf(server.connection, name, left)).toEqual([])
    await server.connection.call('Flush', { collection_names: [name] })
    expect(await faultsOf(server.connection, name, left)).toEqual([])
    expect(server.segmentFiles().length).toBe(1)
    await dropped(name)
  }
}, 120_000)

it('was killed at least 50 times', () => {
  expect(killCount).toBeGreaterThanOrEqual(50)
})

/** Writers that note what was acknowledged, until the process dies. */
class Writes {
  readonly #name: string
  readonly #kept = new Set<number>()
  /** Batches of which no answer came: rows that may be there, and deletes that may have been done. */
  readonly #unknown: { readonly kind: 'insert' | 'delete'; readonly ids: readonly number[] }[] = []

  constructor(name: string) {
    this.#name = name
  }

  async run(writer: number): Promise<void> {
    for (let round = 0; ; round++) {
      const begin = (writer * 1000 + round) * 500
      const ids = idsFrom(begin, begin + 500)
      if (!(await this.#write('insert', ids))) return
      const doomed = ids.filter((id) => id % 5 === 0)
      if (!(await this.#write('delete', doomed))) return
    }
  }

  async check(): Promise<void> {
    await client.loadCollection(this.#name)
    const found = new Set(Array.from(await keysOf(server.connection, this.#name), Number))
    for (const { kind, ids } of this.#unknown) {
      const there = ids.filter((id) => found.has(id)).length
      expect([0, ids.length], `${kind} of ${ids[0]}…`).toContain(there)
      for (const id of ids) this.#kept.delete(id)
      if (there > 0) for (const id of ids) this.#kept.add(id)
    }
    const expected = [...this.#kept].sort((one, other) => one - other)
    expect(await faultsOf(server.connection, this.#name, expected)).toEqual([])
  }

  async #write(kind: 'insert' | 'delete', ids: readonly number[]): Promise<boolean> {
    try {
      const { signal } = server
      const call =
        kind === 'insert'
          ? server.connection.call('Insert', insertMessage(this.#name, ids), { signal })
          : server.connection.call(
              'Delete',
              { collection_name: this.#name, expr: `id in [${ids}]` },
              { signal },
            )
      await call
    } catch {
      this.#unknown.push({ kind, ids })
      return false
    }
    for (const id of ids) {
      if (kind === 'insert') this.#kept.add(id)
      else this.#kept.delete(id)
    }
    return true
  }
}

async function newCollection(isPartitioned = false, isLoaded = false): Promise<string> {
  const name = `c${collectionCount++}`
  await createCollection(name, isPartitioned)
  if (isLoaded) await client.loadCollection(name)
  return name
}

function startImport(name: string, isPartitioned = false): Promise<bigint> {
  return importCall(name, undefined, isPartitioned)
}

async function importCall(
  collection_name: string,
  signal?: AbortSignal,
  isPartitioned = false,
): Promise<bigint> {
  const files = ['id.npy', 'vector.npy', ...(isPartitioned ? ['tenant.npy'] : [])]
  const { tasks } = await server.connection.call('Import', { collection_name, files }, { signal })
  return tasks[0]
}

async function kill(): Promise<void> {
  killCount++
  await server.kill()
}

function stateNow(taskId: bigint): Promise<BulkInsertState> {
  return utility.getBulkInsertState({ taskId, timeout: 10 })
}

async function reaches(
  taskId: bigint,
  isReached: (state: BulkInsertState) => boolean,
): Promise<BulkInsertState> {
  for (;;) {
    const state = await stateNow(taskId)
    if (isReached(state) || isEnded(state)) return state
  }
}

function ended(taskId: bigint): Promise<BulkInsertState> {
  return reaches(taskId, isEnded)
}

function isEnded({ state }: BulkInsertState): boolean {
  return [ImportCompleted, ImportFailed, ImportFailedAndCleaned].includes(state)
}

/** What the store of a dead server has of a task. */
async function durableTask(taskId: bigint): Promise<ImportTask> {
  const store = Store.open(server.dataPath)
  const task = store.get<ImportTask>('tasks', keyFromId(taskId))!
  await store.close()
  const { stateName, state } = new BulkInsertState({
    ...{ taskId, state: task.state, rowCount: task.rowCount },
    ...{ infos: {}, idRanges: [], createTimestamp: 0 },
  })
  const units = task.plan?.units.filter(({ isDone }) => isDone).length ?? 0
  const name = state === ImportStarted ? `${stateName}, ${units} units` : stateName
  killedIn.set(name, (killedIn.get(name) ?? 0) + 1)
  return task
}

/** The import ends Completed with exactly the files' rows, and nothing else is left of it. */
async function endsWhole(name: string, taskId: bigint, durable: ImportTask | null): Promise<void> {
  const first = await stateNow(taskId)
  expect(first.rowCount).toBeGreaterThanOrEqual(durable?.rowCount ?? 0)
  expect(first.progress).toBeGreaterThanOrEqual(durable?.progress ?? 0)
  const state = await utility.waitForBulkInsert(taskId, { timeout: 30 })
  expect([state.rowCount, state.progress, state.failedReason]).toEqual([rowCount, 100, ''])
  expect(await faultsOf(server.connection, name, allIds)).toEqual([])
  const listed = await utility.listBulkInsertTasks({ collectionName: name })
  expect(listed.map((each) => [each.taskId, each.state, each.rowCount])).toEqual([
    [taskId, ImportCompleted, rowCount],
  ])
  const { segment_ids } = await server.connection.call('GetImportState', { task: taskId })
  expect(server.segmentFiles()).toEqual(Array.from(segment_ids, (id) => `${id}.arrow`).sort())
}

async function dropped(name: string): Promise<void> {
  await client.dropCollection(name)
  expect(server.segmentFiles()).toEqual([])
}

/** So many moments between two, one in each part of the time. */
function spread(count: number, fromMs: number, toMs: number): number[] {
  const partMs = (toMs - fromMs) / count
  return Array.from({ length: count }, (_, index) => fromMs + (index + random()) * partMs)
}
