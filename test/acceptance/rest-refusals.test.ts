import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EmbeddedServer } from './embedded-server.js'
import { idField, plainRow, rowsOf, vectorField } from './rows.js'

const collectionName = 'strict'
const files = [['rows.json']]

let server: EmbeddedServer
beforeAll(async () => {
  server = await EmbeddedServer.open()
  await server.create(collectionName, [idField, vectorField])
  server.write('rows.json', JSON.stringify(rowsOf(10, plainRow)))
})
afterAll(() => server?.close())

function create(body: object) {
  return server.post('/jobs/import/create', { collectionName, files, ...body })
}

it('case 111 files [[]]', async () => {
  const message = expect.stringContaining('empty')
  expect(await create({ files: [[]] })).toMatchObject({ code: 1100, message })
})

it('case 112 a file that does not exist: created, then Failed', async () => {
  const job = await server.job(collectionName, [['nowhere.json']])
  expect(job.state).toBe('Failed')
  expect(job.reason).toContain("failed to get file size of 'nowhere.json'")
})

it('case 113 a backup without a partition', async () => {
  expect(await create({ options: { backup: 'true' } })).toMatchObject({
    code: 1101,
    message: expect.stringContaining('partition not specified'),
  })
})

it('case 114 a wrong file type', async () => {
  const message = expect.stringContaining('unexpected file type')
  expect(await create({ files: [['rows.txt']] })).toMatchObject({ code: 2100, message })
})

it('case 115 empty rows: the job completes, 0 entities', async () => {
  await server.create('none', [idField, vectorField])
  const job = await server.job('none', [[server.write('none.json', '[]')]])
  expect([job.state, job.reason, job.importedRows]).toEqual(['Completed', undefined, 0])
  expect(await server.count('none')).toBe(0)
})

it.each(['invalid_job_id', null])('case 119 describe of the job id %j', async (jobId) => {
  for (const path of ['describe', 'get_progress']) {
    const { code, message } = await server.post(`/jobs/import/${path}`, { jobId })
    expect(code).not.toBe(0)
    expect(message).toMatch(jobId === null ? /JobID/ : /parse job id failed/)
  }
  expect((await server.post('/jobs/import/list', {})).code).toBe(0)
})

/** Each with the key that its message must name. */
const wrongBodies: readonly [key: string, body: object][] = [
  ...[1, true, ['strict'], { name: 'strict' }].map((value) => ofKey('collectionName', value)),
  ...[null, ''].map((value): [string, object] => ['CollectionName', { collectionName: value }]),
  ...['rows.json', ['rows.json'], 5, true, { file: 'rows.json' }, [[1]], [[null]], [['a', 2]]].map(
    (value) => ofKey('files', value),
  ),
  ['Files', { files: null }],
  ['empty', { files: [] }],
  ['empty', { files: [[''], ['rows.json']] }],
  ...[[], ['timeout'], 5, 'timeout', true].map((value) => ofKey('options', value)),
  ...['auto_commit', 'backup', 'l0_import', 'skip_disk_quota_check'].flatMap((option) =>
    [true, 1, ['true'], { value: 'true' }, null, 'maybe', ''].map((value): [string, object] => [
      option,
      { options: { [option]: value } },
    ]),
  ),
  ...[5, ['300s'], true].map((value): [string, object] => [
    'timeout',
    { options: { timeout: value } },
  ]),
  ['timeout', { options: { timeout: 'soon' } }],
  ...[1, ['p'], {}].map((value) => ofKey('partitionName', value)),
]

function ofKey(key: string, value: unknown): [key: string, body: object] {
  return [key, { [key]: value }]
}

describe('case 122 type strictness', () => {
  it.each(wrongBodies)('case 122 names %s: %j', async (key, body) => {
    const { code, message } = await create(body)
    expect(code).not.toBe(0)
    expect(message).toContain(key)
  })

  const wrongIds = [true, 1, ['1'], { id: '1' }]
  const verbs = ['describe', 'get_progress', 'commit', 'abort']
  it.each(verbs.flatMap((verb) => wrongIds.map((jobId) => [verb, jobId] as const)))(
    'case 122 %s names jobId: %j',
    async (verb, jobId) => {
      const { code, message } = await server.post(`/jobs/import/${verb}`, { jobId })
      expect(code).toBe(1801)
      expect(message).toMatch(/jobId.*expected string/)
    },
  )

  it('case 122 leaves no job behind', async () => {
    const before = await server.data<{ records: unknown[] }>('/jobs/import/list', {})
    for (const [, body] of wrongBodies) await create(body)
    expect(await server.data('/jobs/import/list', {})).toEqual(before)
  })
})
