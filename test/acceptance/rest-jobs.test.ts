import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NewField } from '../../dist/client/index.js'
import { npyBytes } from '../../dist/formats/npy/npy-writer.js'
import { DataType } from '../../dist/schema/data-type.js'
import { type Answer, EmbeddedServer, type Job } from './embedded-server.js'
import { dim, idField, plainRow, rowsOf, vectorField, vectorOf } from './rows.js'

const rowCount = 1000

let server: EmbeddedServer
beforeAll(async () => {
  server = await EmbeddedServer.open()
})
afterAll(() => server?.close())

function writeRows(path: string, rowAt: (id: number) => object = plainRow, begin = 0): string {
  return server.write(path, JSON.stringify(rowsOf(rowCount, rowAt, begin)))
}

function writeSet(folder: string, begin: number): string[] {
  const ids = rowsOf(rowCount, (id) => id, begin)
  const vectors = Float32Array.from(ids.flatMap((id) => vectorOf(id)))
  return [
    server.write(`${folder}/id.npy`, npyBytes(BigInt64Array.from(ids, BigInt))),
    server.write(`${folder}/vector.npy`, npyBytes(vectors, [rowCount, dim])),
  ]
}

async function expectRows(name: string, job: Job, count: number): Promise<void> {
  expect([job.state, job.reason]).toEqual(['Completed', undefined])
  expect([job.importedRows, job.totalRows]).toEqual([count, count])
  expect(await server.count(name)).toBe(count)
}

const kinds = [true, false].flatMap((isPartitionKey) =>
  [true, false].flatMap((autoId) =>
    [true, false].map((isDynamic) => ({ isPartitionKey, autoId, isDynamic })),
  ),
)

it.each(kinds)(
  'case 63 test_import_job_e2e: partition key $isPartitionKey, auto_id $autoId, dynamic $isDynamic',
  async ({ isPartitionKey, autoId, isDynamic }) => {
    const name = `e2e_${isPartitionKey}_${autoId}_${isDynamic}`
    const word: NewField = { name: 'word', dataType: DataType.VarChar, maxLength: 16 }
    const fields = [{ ...idField, autoId }, vectorField, { ...word, isPartitionKey }]
    await server.create(name, fields, { enableDynamicField: isDynamic })
    const rowAt = (id: number) => ({
      ...(autoId ? { vector: vectorOf(id) } : plainRow(id)),
      ...{ word: `word ${id % 50}`, ...(isDynamic ? { more: id } : {}) },
    })
    for (const part of [0, 1, 2]) {
      const file = writeRows(`${name}-${part}.json`, rowAt, part * rowCount)
      const job = await server.job(name, [[file]])
      expect([job.state, job.importedRows]).toEqual(['Completed', rowCount])
      expect(job).toMatchObject({ progress: 100, collectionName: name })
      expect(job.details).toMatchObject([{ fileName: `[${file}]`, importedRows: rowCount }])
    }
    expect(await server.count(name)).toBe(3 * rowCount)
    expect(await server.query(name, 'word == "word 7"', 'word')).toHaveLength(60)
    if (isDynamic) expect(await server.query(name, 'more >= 2990', 'word')).toHaveLength(10)
  },
)

it('case 64 import job with_coo_format sparse', async () => {
  await server.create('coo', [idField, { name: 'sparse', dataType: DataType.SparseFloatVector }])
  const rowAt = (id: number) => ({ id, sparse: { indices: [id, id + 9], values: [0.5, 2] } })
  await expectRows('coo', await server.job('coo', [[writeRows('coo.json', rowAt)]]), rowCount)
})

it('case 66 import job with_db: the database of the body', async () => {
  await server.data('/databases/create', { dbName: 'other' })
  const collection = { dbName: 'other', collectionName: 'c' }
  await server.data('/collections/create', { ...collection, dimension: dim, metricType: 'L2' })
  const files = [[writeRows('other.json')]]
  const job = await server.job('c', files, { dbName: 'other' })
  expect(job).toMatchObject({ state: 'Completed', importedRows: rowCount })
  const count = { ...collection, outputFields: ['count(*)'] }
  expect(await server.data('/entities/query', count)).toEqual([{ 'count(*)': String(rowCount) }])
  const { code } = await server.post('/jobs/import/create', { collectionName: 'c', files })
  expect(code).toBe(100)
})

describe('several groups in one job', () => {
  async function expectGroups(name: string, files: string[][], count: number): Promise<void> {
    await server.create(name, [idField, vectorField])
    const job = await server.job(name, files)
    await expectRows(name, job, count)
    expect(job.details.map(({ fileName }) => fileName)).toEqual(
      files.map((group) => `[${group.join(' ')}]`),
    )
    expect(await server.query(name, `id < 100 or id >= ${count - 5}`, 'id')).toHaveLength(105)
  }

  it('case 68 multi json files', async () => {
    const files = [0, 1].map((part) => [writeRows(`parts/${part}.json`, plainRow, part * rowCount)])
    await expectGroups('jsons', files, 2 * rowCount)
  })

  it('case 70 multi numpy files', async () => {
    const files = [0, 1].map((part) => writeSet(`sets/${part}`, part * rowCount))
    await expectGroups('sets', files, 2 * rowCount)
  })

  it('case 71 multi file types: JSON, JSON lines, CSV and numpy', async () => {
    const lines = rowsOf(rowCount, (id) => JSON.stringify(plainRow(id)), 2 * rowCount)
    const cells = rowsOf(rowCount, (id) => `${id},"${JSON.stringify(vectorOf(id))}"`, 3 * rowCount)
    const files = [
      [writeRows('types/rows.json')],
      writeSet('types', rowCount),
      [server.write('types/rows.jsonl', lines.join('\n'))],
      [server.write('types/rows.csv', ['id,vector', ...cells].join('\n'))],
    ]
    await expectGroups('types', files, 4 * rowCount)
  })
})

describe('many jobs', () => {
  it('case 62 test_bulk_insert_with_requests: many tasks at once', async () => {
    await server.create('tasks', [idField, vectorField])
    const files = rowsOf(40, (part) => writeRows(`tasks/${part}.json`, plainRow, part * rowCount))
    const states = await Promise.all(files.map((file) => server.bulkInsert('tasks', [file])))
    expect(states.map(({ stateName, rowCount: rows }) => [stateName, rows])).toEqual(
      files.map(() => ['Completed', rowCount]),
    )
    expect(new Set(states.map(({ taskId }) => taskId)).size).toBe(files.length)
    expect(await server.count('tasks')).toBe(files.length * rowCount)
  })

  it('case 109 extremely large task num: 300 jobs at once', async () => {
    await server.create('hundreds', [idField, vectorField])
    const file = server.write('one.json', JSON.stringify([plainRow(1)]))
    const body = { collectionName: 'hundreds', files: [[file]] }
    const created = await Promise.all(
      rowsOf(300, () => server.data<{ jobId: string }>('/jobs/import/create', body)),
    )
    for (const { jobId } of created) expect((await server.jobEnded(jobId)).state).toBe('Completed')
    expect(await server.count('hundreds')).toBe(300)
  }, 120_000)

  it('case 108 multi task: jobs into several collections, of which some fail', async () => {
    const names = rowsOf(6, (number) => `several_${number}`)
    for (const name of names) await server.create(name, [idField, vectorField])
    const good = writeRows('several.json')
    const bad = server.write('several-bad.json', '[{"id": 1}]')
    const jobs = await Promise.all(
      names.flatMap((name) => [good, bad, good].map((file) => server.job(name, [[file]]))),
    )
    expect(jobs.map(({ state }) => state)).toEqual(
      names.flatMap(() => ['Completed', 'Failed', 'Completed']),
    )
    for (const name of names) expect(await server.count(name)).toBe(2 * rowCount)
  })
})

interface Record {
  readonly jobId: string
  readonly collectionName: string
  readonly state: string
}

async function list(collectionName?: string): Promise<Answer<{ records: Record[] }>> {
  return server.post('/jobs/import/list', { collectionName })
}

describe('the list', () => {
  it('case 118 list e2e: all created jobs are in the records', async () => {
    await server.create('listed', [idField, vectorField])
    const jobs: string[] = []
    for (const part of [0, 1, 2]) {
      const job = await server.job('listed', [[writeRows(`listed-${part}.json`)]])
      jobs.push(job.jobId)
    }
    const { code, data } = await list()
    expect(code).toBe(0)
    const ofOurs = data.records.filter(({ jobId }) => jobs.includes(jobId))
    expect(ofOurs.map(({ state }) => state)).toEqual(['Completed', 'Completed', 'Completed'])
  })

  it('case 121 list filters by collection, [] for empty, includes the current job', async () => {
    for (const name of ['listed_one', 'listed_none']) {
      await server.create(name, [idField, vectorField])
    }
    const options = { auto_commit: 'false' }
    const body = { collectionName: 'listed_one', files: [[writeRows('current.json')]], options }
    const { jobId } = await server.data<Job>('/jobs/import/create', body)
    const records = [{ jobId, collectionName: 'listed_one' }]
    expect(await list('listed_one')).toMatchObject({ code: 0, data: { records } })
    expect(await list('listed_none')).toEqual({ code: 0, data: { records: [] } })
    expect((await list('listed_nowhere')).code).toBe(100)
    await server.data('/jobs/import/abort', { jobId })
  })
})

it('case 117 describe with another db name still works', async () => {
  await server.create('described', [idField, vectorField])
  const { jobId } = await server.job('described', [[writeRows('described.json')]])
  const answer = await server.post('/jobs/import/describe', { jobId, dbName: 'no_such_db' })
  expect(answer).toMatchObject({ code: 0, data: { jobId, state: 'Completed' } })
})

describe('case 120 test_import_2pc_operation', () => {
  async function uncommitted(name: string): Promise<string> {
    await server.create(name, [idField, vectorField])
    const body = { collectionName: name, files: [[writeRows(`${name}.json`)]] }
    const options = { auto_commit: 'false' }
    const { jobId } = await server.data<Job>('/jobs/import/create', { ...body, options })
    const { state } = await server.jobEnded(jobId, 'Uncommitted')
    expect([state, await server.count(name)]).toEqual(['Uncommitted', 0])
    const search = { collectionName: name, data: [vectorOf(1)], limit: 5 }
    expect(await server.client.search(search)).toEqual([[]])
    return jobId
  }

  it('case 120 commit, and once more', async () => {
    const jobId = await uncommitted('committed')
    for (const _ of [1, 2]) {
      expect(await server.post('/jobs/import/commit', { jobId })).toEqual({ code: 0, data: {} })
    }
    await expectRows('committed', await server.jobEnded(jobId), rowCount)
    const abort = await server.post('/jobs/import/abort', { jobId })
    expect(abort).toMatchObject({
      code: 2100,
      message: expect.stringContaining('abort not allowed'),
    })
  })

  it('case 120 abort', async () => {
    const jobId = await uncommitted('aborted')
    expect(await server.post('/jobs/import/abort', { jobId })).toEqual({ code: 0, data: {} })
    expect(await server.jobEnded(jobId)).toMatchObject({ state: 'Failed', importedRows: 0 })
    expect(await server.count('aborted')).toBe(0)
    const commit = await server.post('/jobs/import/commit', { jobId })
    expect(commit).toMatchObject({
      code: 2100,
      message: expect.stringContaining('expected Uncommitted'),
    })
  })

  it.each(['commit', 'abort'])('case 120 %s with an id that is no number', async (verb) => {
    const answer = await server.post(`/jobs/import/${verb}`, { jobId: 'not_a_number' })
    expect(answer).toMatchObject({
      code: 1100,
      message: expect.stringContaining('parse job id failed'),
    })
  })
})
