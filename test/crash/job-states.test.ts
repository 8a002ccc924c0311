/**
 * A real server is killed with its imports in each state: whatever was told before is so afterwards, and
 * what is left ends whole or leaves nothing. MILLRACE_TEST_SEED repeats a run.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ImportTask } from '../../dist/bulk/import-task.js'
import { MilvusClient } from '../../dist/client/index.js'
import { npyBytes } from '../../dist/formats/npy/npy-writer.js'
import { keyFromId, Store } from '../../dist/storage/store.js'
import { MinioServer } from '../interop/minio-server.js'
import { randomFrom, seedOfRun } from '../support/random.js'
import { CrashServer, sleep } from './crash-server.js'
import { createCollection, dim, faultsOf, idsFrom, writeRows } from './rows.js'

const seed = seedOfRun()
const random = randomFrom(seed)
const client = new MilvusClient({ timeout: 20 })
const rowCount = 20_000
const files = ['id.npy', 'vector.npy']

let server: CrashServer
let collectionCount = 0

beforeAll(async () => {
  console.info(`kill -9 in each state: seed ${seed}`)
  server = new CrashServer()
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

async function create(collectionName: string, options = {}, groups = [files]): Promise<string> {
  const body = { collectionName, files: groups, options }
  const { code, data } = await server.post('/create', body)
  expect(code).toBe(0)
  return data.jobId
}

async function describeJob(jobId: string) {
  return (await server.post('/describe', { jobId })).data
}

async function reaches(jobId: string, ...states: string[]) {
  for (let waited = 0; waited < 60_000; waited += 5) {
    const job = await describeJob(jobId)
    if (states.includes(job.state)) return job
    await sleep(5)
  }
  throw new Error(`job ${jobId} is never ${states}: ${JSON.stringify(await describeJob(jobId))}`)
}

async function durableTask(jobId: string): Promise<ImportTask | undefined> {
  const store = Store.open(server.dataPath)
  const task = store.get<ImportTask>('tasks', keyFromId(BigInt(jobId)))
  await store.close()
  return task
}

async function isWhole(name: string, jobId: string): Promise<void> {
  expect(await reaches(jobId, 'Completed', 'Failed')).toMatchObject({
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
  for (let count = 0; count < 8; count++) jobIds.push(await create(name, { mode: 'upsert' }))
  await server.kill()
  const last = await durableTask(jobIds[7])
  await server.start()
  for (const jobId of jobIds) await isWhole(name, jobId)
  expect(last?.attempts).toBe(0)
  await dropped(name)
}, 120_000)

it('lets imports wait on for their commit, which shows them', async () => {
  const name = await newCollection()
  const jobId = await create(name, { auto_commit: 'false' })
  await reaches(jobId, 'Uncommitted')
  await server.restart()
  expect(await reaches(jobId, 'Uncommitted')).toMatchObject({ progress: 99 })
  expect(await faultsOf(server.connection, name, [])).toEqual([])
  const files = server.segmentFiles()
  await server.post('/commit', { jobId })
  await isWhole(name, jobId)
  expect(server.segmentFiles()).toEqual(files)
  await dropped(name)
}, 120_000)

it('commits what was asked for, or waits on where nobody was told', async () => {
  for (let round = 0; round < 3; round++) {
    const name = await newCollection()
    const jobId = await create(name, { auto_commit: 'false' })
    await reaches(jobId, 'Uncommitted')
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
    const { state } = await reaches(jobId, 'Completed', 'Uncommitted')
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
    const jobId = await create(name, options)
    if (round % 2) await reaches(jobId, 'Uncommitted')
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
    const job = await reaches(jobId, 'Completed', 'Uncommitted', 'Failed')
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
    const jobId = await create(name, { mode: 'upsert' })
    await reaches(jobId, 'Completed')
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
    if (isTold) expect(code).toBe(2100)
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
    const jobId = await create(name, options, [['bad.jsonl']])
    for (;;) {
      const { rejectedRows = 0, state } = await describeJob(jobId)
      if (rejectedRows > 0 || ['Completed', 'Failed'].includes(state)) break
      await sleep(5)
    }
    await sleep(random() * 100)
    await server.kill()
    if ((await durableTask(jobId))?.state === 2) resumed++
    await server.start()
    const job = await reaches(jobId, 'Completed', 'Failed')
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

const binary = process.env.MILLRACE_MINIO ?? ''

describe.skipIf(binary === '')('over S3 (needs the MinIO of the interop tests)', () => {
  const groupCount = 12
  const rowsOfGroup = 10_000
  const groups = Array.from({ length: groupCount }, (_, group) =>
    ['id', 'vector'].map((field) => `s3://lake/${group}/${field}.npy`),
  )
  let minio: MinioServer
  let local: CrashServer

  beforeAll(async () => {
    local = server
    await local.kill()
    minio = await MinioServer.start(binary)
    await minio.makeBucket('lake')
    for (let group = 0; group < groupCount; group++) await putGroup(group)
    server = new CrashServer({
      args: ['--s3-endpoint', minio.url],
      env: { MILLRACE_S3_ACCESS_KEY: minio.accessKey, MILLRACE_S3_SECRET_KEY: minio.secretKey },
    })
    await server.start()
  }, 120_000)
  afterAll(async () => {
    await server.remove()
    server = local
    await minio?.stop()
  })

  async function putGroup(group: number): Promise<void> {
    const ids = BigInt64Array.from({ length: rowsOfGroup }, (_, row) =>
      BigInt(group * rowsOfGroup + row),
    )
    const vectors = Float32Array.from({ length: rowsOfGroup * dim }, (_, at) => {
      const id = group * rowsOfGroup + Math.floor(at / dim)
      return ((id * 31 + (at % dim) * 17) % 4093) / 4093
    })
    await minio.put('lake', `${group}/id.npy`, npyBytes(ids))
    await minio.put('lake', `${group}/vector.npy`, npyBytes(vectors, [rowsOfGroup, dim]))
  }

  /** Killed when some groups are durable and others are not. @returns the durable task */
  async function killedMidway(name: string): Promise<{ jobId: string; durable: ImportTask }> {
    for (;;) {
      const jobId = await create(name, {}, groups)
      while ((await describeJob(jobId)).importedRows === 0) await sleep(1)
      await server.kill()
      const durable = await durableTask(jobId)
      if (durable?.state === 2) return { jobId, durable }
      await server.start()
      await reaches(jobId, 'Completed')
      await client.dropCollection(name)
      await createCollection(name)
    }
  }

  it('goes on from the last durable group', async () => {
    const name = await newCollection()
    const { jobId, durable } = await killedMidway(name)
    await server.start()
    const job = await reaches(jobId, 'Completed', 'Failed')
    expect([job.state, job.reason]).toEqual(['Completed', undefined])
    const { segment_ids } = await server.connection.call('GetImportState', { task: BigInt(jobId) })
    expect(Array.from(segment_ids)).toEqual(expect.arrayContaining([...durable.segmentIds]))
    const ids = idsFrom(0, groupCount * rowsOfGroup)
    expect(await faultsOf(server.connection, name, ids)).toEqual([])
    await dropped(name)
  }, 120_000)

  it('fails where an object is another one by then, and names it', async () => {
    const name = await newCollection()
    const { jobId, durable } = await killedMidway(name)
    const left = durable.plan!.units.findIndex(({ isDone }) => !isDone)
    const bytes = npyBytes(new Float32Array(rowsOfGroup * dim), [rowsOfGroup, dim])
    await minio.put('lake', `${left}/vector.npy`, bytes)
    await server.start()
    const job = await reaches(jobId, 'Completed', 'Failed')
    expect(job.state).toBe('Failed')
    expect(job.reason).toContain(`s3://lake/${left}/vector.npy`)
    expect(job.reason).toMatch(/changed/)
    expect(server.segmentFiles()).toEqual([])
    expect(await faultsOf(server.connection, name, [])).toEqual([])
  }, 120_000)
})
