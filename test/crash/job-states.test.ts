/**
 * A real server is killed with its imports in each state: whatever was told before is so afterwards, and
 * what is left ends whole or leaves nothing. MILLRACE_TEST_SEED repeats a run.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MilvusClient } from '../../dist/client/index.js'
import { randomFrom, seedOfRun } from '../support/random.js'
import { CrashServer, sleep } from './crash-server.js'
import { JobCalls } from './job-calls.js'
import { createCollection, dim, faultsOf, idsFrom, writeRows } from './rows.js'

const seed = seedOfRun()
const random = randomFrom(seed)
const client = new MilvusClient({ timeout: 20 })
const rowCount = 20_000
const files = ['id.npy', 'vector.npy']

let server: CrashServer
let jobs: JobCalls
let collectionCount = 0

beforeAll(async () => {
  console.info(`kill -9 in each state: seed ${seed}`)
  server = new CrashServer()
  jobs = new JobCalls(server)
  writeRows(server.importRoot, rowCount)
  writeBadLines(server.importRoot)
  await server.start()
}, 120_000)
afterAll(() => server.remove())

async function newCollection(): Promise<string> {
  const name = `c${collectionCount++}`
  await createCollection(name)
  return name
}

async function isWhole(name: string, jobId: string): Promise<void> {
  expect(await jobs.reaches(jobId, 'Completed', 'Failed')).toMatchObject({
    state: 'Completed',
    importedRows: rowCount,
  })
  expect(await faultsOf(server.connection, name, idsFrom(0, rowCount))).toEqual([])
}

async function dropped(name: string): Promise<void> {
  await client.dropCollection(name)
  expect(server.segmentFiles()).toEqual([])
}

it('runs imports that were waiting for their turn', async () => {
  const name = await newCollection()
  const jobIds: string[] = []
  for (let count = 0; count < 8; count++)
    jobIds.push(await jobs.create(name, [files], { mode: 'upsert' }))
  await server.kill()
  const last = await jobs.durable(jobIds[7])
  await server.start()
  for (const jobId of jobIds) await isWhole(name, jobId)
  expect(last?.attempts).toBe(0)
  await dropped(name)
}, 120_000)

it('lets imports wait on for their commit, which shows them', async () => {
  const name = await newCollection()
  const jobId = await jobs.create(name, [files], { auto_commit: 'false' })
  await jobs.reaches(jobId, 'Uncommitted')
  await server.restart()
  expect(await jobs.reaches(jobId, 'Uncommitted')).toMatchObject({ progress: 99 })
  expect(await faultsOf(server.connection, name, [])).toEqual([])
  const segments = server.segmentFiles()
  await server.post('/commit', { jobId })
  await isWhole(name, jobId)
  expect(server.segmentFiles()).toEqual(segments)
  await dropped(name)
}, 120_000)

it('commits what was asked for, or waits on where nobody was told', async () => {
  for (let round = 0; round < 3; round++) {
    const name = await newCollection()
    const jobId = await jobs.create(name, [files], { auto_commit: 'false' })
    await jobs.reaches(jobId, 'Uncommitted')
    let isTold = false
    const call = server.post('/commit', { jobId }).then(
      () => {
        isTold = true
      },
      () => {}, // Nobody answers any more.
    )
    await sleep(random() * 15)
    await server.kill()
    await call
    await server.start()
    const { state } = await jobs.reaches(jobId, 'Completed', 'Uncommitted')
    if (isTold) expect(state).toBe('Completed')
    if (state === 'Uncommitted') await server.post('/commit', { jobId })
    await isWhole(name, jobId)
    await dropped(name)
  }
}, 120_000)

it('keeps a cancelled import cancelled, and leaves nothing of it', async () => {
  for (let round = 0; round < 4; round++) {
    const name = await newCollection()
    const options = round % 2 ? { auto_commit: 'false' } : {}
    const jobId = await jobs.create(name, [files], options)
    if (round % 2) await jobs.reaches(jobId, 'Uncommitted')
    let isTold = false
    const call = server.post('/cancel', { jobId }).then(
      ({ code }) => {
        isTold = code === 0
      },
      () => {}, // Nobody answers any more.
    )
    await sleep(random() * 20)
    await server.kill()
    await call
    await server.start()
    const job = await jobs.reaches(jobId, 'Completed', 'Uncommitted', 'Failed')
    if (isTold) expect(job).toMatchObject({ state: 'Failed', reason: 'cancelled by user' })
    if (job.state === 'Uncommitted') await server.post('/abort', { jobId })
    if (job.state === 'Completed') await isWhole(name, jobId)
    else {
      expect(server.segmentFiles()).toEqual([])
      expect(await faultsOf(server.connection, name, [])).toEqual([])
    }
    await dropped(name)
  }
}, 120_000)

it('forgets a deleted job and keeps its rows', async () => {
  const name = await newCollection()
  for (let round = 0; round < 3; round++) {
    const jobId = await jobs.create(name, [files], { mode: 'upsert' })
    await jobs.reaches(jobId, 'Completed')
    let isTold = false
    const call = server.post('/delete', { jobId }).then(
      () => {
        isTold = true
      },
      () => {}, // Nobody answers any more.
    )
    await sleep(random() * 6)
    await server.kill()
    await call
    await server.start()
    const { code } = await server.post('/describe', { jobId })
    if (isTold) expect(code).toBe(2101)
    if (code === 0) await isWhole(name, jobId)
    expect(await faultsOf(server.connection, name, idsFrom(0, rowCount))).toEqual([])
  }
  await dropped(name)
}, 120_000)

const lineCount = 1800
const isBad = (row: number) => row % 3 === 1

/** Of every three rows one is bad, and long: a step ends where enough of them are written down. */
function writeBadLines(importRoot: string): void {
  const vector = Array.from({ length: dim }, () => 0)
  const long = 'x'.repeat(60_000)
  const lines = idsFrom(0, lineCount).map((id) =>
    JSON.stringify(isBad(id) ? { id, vector: [], note: long } : { id, vector }),
  )
  writeFileSync(join(importRoot, 'bad.jsonl'), lines.join('\n'))
}

it('writes every bad row down once, whenever it is killed', async () => {
  const bad = idsFrom(0, lineCount).filter(isBad)
  let resumed = 0
  for (let round = 0; round < 3; round++) {
    const name = await newCollection()
    const options = { on_error: 'skip', max_errors: '5000' }
    const jobId = await jobs.create(name, [['bad.jsonl']], options)
    for (;;) {
      const { rejectedRows = 0, state } = await jobs.describe(jobId)
      if (rejectedRows > 0 || ['Completed', 'Failed'].includes(state)) break
      await sleep(5)
    }
    await sleep(random() * 100)
    await server.kill()
    if ((await jobs.durable(jobId))?.state === 2) resumed++
    await server.start()
    const job = await jobs.reaches(jobId, 'Completed', 'Failed')
    expect(job).toMatchObject({
      state: 'Completed',
      importedRows: lineCount - bad.length,
      rejectedRows: bad.length,
    })
    const url = `http://${server.connection.address}/v2/vectordb/jobs/import/rejects?jobId=${jobId}`
    const rejects = (await (await fetch(url)).text()).trim().split('\n')
    const rows = rejects.map((line) => JSON.parse(line).row as number)
    expect(rows.sort((one, other) => one - other)).toEqual(bad)
    const kept = idsFrom(0, lineCount).filter((row) => !isBad(row))
    await client.loadCollection(name)
    const [{ 'count(*)': count }] = await client.query({
      collectionName: name,
      outputFields: ['count(*)'],
    })
    expect(Number(count)).toBe(kept.length)
    await client.dropCollection(name)
  }
  console.info(`kill -9 while bad rows are written down: ${resumed} of 3 were under way`)
  expect(resumed).toBeGreaterThan(0)
}, 120_000)
