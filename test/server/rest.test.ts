import { type IncomingHttpHeaders, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { importProgressOf } from '../../dist/bulk/import-progress.js'
import { ImportState } from '../../dist/bulk/import-state.js'
import { type ImportTask, newImportTask, newImportUnit } from '../../dist/bulk/import-task.js'
import type { Engine, NewImport } from '../../dist/engines/engine.js'
import { MillraceError } from '../../dist/errors.js'
import { DataType } from '../../dist/schema/data-type.js'
import { createRestServer } from '../../dist/server/rest/rest-server.js'

const taskId = 446781855410077319n
const createdMs = Date.UTC(2024, 0, 6, 22, 24, 7, 250)
const importRequest = {
  dbName: 'default',
  collectionName: 'books',
  collectionId: 446781855410000001n,
  partitionId: 1n,
  partitionName: '_default',
  fileGroups: [['data/id.npy', 'data/vector.npy']],
  options: [],
}
const pending = newImportTask(taskId, importRequest, createdMs, ImportState.Pending)
const plan = {
  units: [
    {
      ...newImportUnit(0, { begin: 0, end: 10_000, rowCount: 10_000, bytes: 5_200_000 }),
      checkpoint: { position: 10_000, row: 10_000 },
      rowCount: 10_000,
      isDone: true,
      doneMs: createdMs + 500,
    },
  ],
  bytesTotal: 5_200_000,
  rowsTotal: 10_000,
  warnings: [],
  fingerprints: [],
  autoIdBegin: null,
}

const jobId = { jobId: String(taskId) }
const jobOf = (task: ImportTask) => importProgressOf(task, null)

describe('REST v2', () => {
  let server: Server
  let started: NewImport[]
  let tasks: unknown[]
  let done: [string, bigint][]
  let nextTask: () => unknown
  let askedCount: number

  beforeEach(async () => {
    started = []
    tasks = []
    done = []
    askedCount = 0
    nextTask = () => tasks[0]
    const change = (verb: string) => async (id: bigint) => void done.push([verb, id])
    const engine = {
      databases: { describe: noDatabase },
      imports: {
        start: async (job: NewImport) => {
          started.push(job)
          return pending
        },
        task: (id: bigint) => {
          if (id !== taskId) throw new MillraceError('keyNotFound', `key not found[key=${id}]`)
          askedCount++
          return nextTask()
        },
        tasks: () => tasks,
        commit: change('commit'),
        abort: change('abort'),
        cancel: change('cancel'),
        delete: change('delete'),
        rejects: async function* () {
          for (const row of [7, 9]) yield Buffer.from(`{"row":${row}}\n`)
        },
      },
      listCollections: () => [books],
      describeCollection: (_db: string, name: string) => {
        if (name !== 'books') throw new MillraceError('collectionNotFound', `no ${name}`)
        return books
      },
      loadState: () => ({ state: 'loaded', percent: 100 }),
      describeIndex: async () => {
        throw new MillraceError('indexNotFound', 'index not found')
      },
    } as unknown as Engine
    server = createRestServer({
      engine,
      uploads: null,
      authenticator: null,
      host: '127.0.0.1',
      log: pino({ level: 'silent' }),
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })

  afterEach(() => new Promise((resolve) => server.close(resolve)))

  function post(path: string, body: unknown, headers: IncomingHttpHeaders = {}) {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return send(server, 'POST', `/v2/vectordb${path}`, text, headers)
  }

  it('says that it is healthy, whatever the Host', async () => {
    const reply = await send(server, 'GET', '/healthz', '', { host: 'probe.example.com' })
    expect(reply).toEqual({ status: 200, text: 'OK' })
  })

  it('answers an unknown path with 404 and JSON', async () => {
    const reply = await post('/entities/nothing', {})
    expect(reply.status).toBe(404)
    expect(JSON.parse(reply.text).message).toContain('/v2/vectordb/entities/nothing')
    expect((await send(server, 'GET', '//', '', {})).status).toBe(404)
  })

  it('passes over keys it does not know and keys that are null', async () => {
    const body = {
      collectionName: 'books',
      partitionName: null,
      files: [['data/id.npy', 'data/vector.npy']],
      options: { timeout: '300', sep: null },
      objectUrl: null,
      clusterId: '',
      volumeName: 7,
    }
    const reply = await post('/jobs/import/create', body)
    expect(reply).toEqual({ status: 200, text: '{"code":0,"data":{"jobId":"446781855410077319"}}' })
    expect(started).toEqual([
      {
        dbName: 'default',
        collectionName: 'books',
        partitionName: '',
        options: [
          ['timeout', '300'],
          ['sep', ''],
        ],
        fileGroups: [['data/id.npy', 'data/vector.npy']],
      },
    ])
  })

  it('names the keys that are missing', async () => {
    const reply = await post('/jobs/import/create', { collectionName: '' })
    expect(JSON.parse(reply.text)).toEqual({
      code: 1802,
      message:
        "missing required parameters, error: Key: 'ImportReq.CollectionName' Error:Field validation for 'CollectionName' failed on the 'required' tag\n" +
        "Key: 'ImportReq.Files' Error:Field validation for 'Files' failed on the 'required' tag",
    })
  })

  it.each([
    ['no body', ''],
    ['no JSON', '{'],
    ['no object', '[]'],
    ['a key of another type', { jobId: 446781855410077300 }],
  ])('refuses %s with 1801', async (_what, body) => {
    const reply = await post('/jobs/import/describe', body)
    expect(reply.status).toBe(200)
    expect(JSON.parse(reply.text).code).toBe(1801)
    expect(JSON.parse(reply.text).message).toMatch(/^can only accept json format request, error: /)
  })

  it('describes a completed job', async () => {
    tasks = [
      jobOf({
        ...pending,
        state: ImportState.Completed,
        completedMs: createdMs + 1000,
        plan,
        rowCount: 10_000,
        progress: 100,
      }),
    ]
    const members = {
      completeTime: '2024-01-06T22:24:08Z',
      progress: 100,
      importedRows: 10_000,
      totalRows: 10_000,
      fileSize: 5_200_000,
      state: 'Completed',
    }
    for (const path of ['/jobs/import/describe', '/jobs/import/get_progress']) {
      const reply = await post(path, { jobId: String(taskId) })
      expect(JSON.parse(reply.text)).toMatchObject({
        code: 0,
        data: {
          ...members,
          phase: 'completed',
          jobId: '446781855410077319',
          collectionName: 'books',
          createTime: '2024-01-06T22:24:07Z',
          details: [{ ...members, fileName: '[data/id.npy data/vector.npy]' }],
        },
      })
    }
  })

  it('finds a job whichever database is named', async () => {
    tasks = [jobOf(pending)]
    const reply = await post('/jobs/import/describe', { ...jobId, dbName: 'other' })
    expect(JSON.parse(reply.text).code).toBe(0)
  })

  it('tells where a failed job broke', async () => {
    const reason = 'data/id.npy: row 17: expected …'
    const failedAt = { file: 'data/id.npy', row: 17, field: 'id' }
    tasks = [
      jobOf({
        ...pending,
        state: ImportState.FailedAndCleaned,
        plan,
        reason,
        failedAt,
        progress: 42,
      }),
    ]
    const described = await post('/jobs/import/describe', { jobId: String(taskId) })
    expect(JSON.parse(described.text).data).toMatchObject({
      state: 'Failed',
      progress: 0,
      reason,
      failedFile: 'data/id.npy',
      failedRow: 17,
      failedField: 'id',
    })
    const listed = await post('/jobs/import/list', { pageSize: 10, currentPage: 1 })
    expect(JSON.parse(listed.text).data.records).toEqual([
      {
        jobId: '446781855410077319',
        collectionName: 'books',
        state: 'Failed',
        progress: 0,
        reason,
      },
    ])
  })

  it('tells of each group of files how far it is', async () => {
    const unit = newImportUnit(0, { begin: 0, end: 100, rowCount: 100, bytes: 1000 })
    const units = [
      { ...unit, bytesDone: 1000, rowCount: 99, rejectedCount: 1, isDone: true, doneMs: createdMs },
      { ...unit, groupIndex: 1, bytesDone: 500, rowCount: 50 },
      { ...unit, groupIndex: 2 },
    ].map((each) => ({ ...each, checkpoint: { position: 100, row: 100 } }))
    const request = { ...importRequest, fileGroups: [['a.json'], ['b.csv'], ['c.json']] }
    const options: [string, string][] = [['on_error', 'skip']]
    const badRow = {
      unitIndex: 1,
      file: 'b.csv',
      row: 7,
      line: 8,
      byteOffset: 80,
      field: 'id',
      reason: "expected a number, got text: value 'x'",
      quote: 'x,1,2',
    }
    const started = { ...pending, state: ImportState.Started, rowCount: 149, rejectedCount: 1 }
    tasks = [
      jobOf({
        ...started,
        request: { ...request, options },
        plan: { ...plan, units, bytesTotal: 3000, rowsTotal: null, warnings: ['a column'] },
        progress: 45,
        badRows: [badRow],
      }),
    ]
    const { data } = JSON.parse((await post('/jobs/import/describe', jobId)).text)
    expect(data).toMatchObject({
      state: 'Importing',
      phase: 'reading',
      progress: 45,
      importedRows: 149,
      fileSize: 3000,
      bytesRead: 1500,
      rejectedRows: 1,
      rejects: ["b.csv: row 7, field 'id': expected a number, got text: value 'x'"],
      errors: [
        {
          file: 'b.csv',
          row: 7,
          line: 9,
          byteOffset: 80,
          field: 'id',
          reason: "expected a number, got text: value 'x'",
          expected: 'a number',
          got: 'text',
          quote: 'x',
        },
      ],
      warnings: ['a column'],
      completeTime: '',
    })
    expect(data.details).toMatchObject([
      {
        fileName: '[a.json]',
        state: 'InProgress',
        progress: 90,
        importedRows: 99,
        rejectedRows: 1,
      },
      { fileName: '[b.csv]', state: 'InProgress', progress: 45, importedRows: 50 },
      { fileName: '[c.json]', state: 'Pending', progress: 0, importedRows: 0, fileSize: 1000 },
    ])
  })

  it.each([
    ['awaited', 'Uncommitted'],
    ['asked', 'Committing'],
    ['open', 'Importing'],
  ] as const)('calls a job whose commit is %s %s', async (commitment, state) => {
    tasks = [jobOf({ ...pending, state: ImportState.Persisted, plan, commitment })]
    expect(JSON.parse((await post('/jobs/import/describe', jobId)).text).data.state).toBe(state)
  })

  it.each(['commit', 'abort', 'cancel', 'delete'])('passes on %s', async (verb) => {
    tasks = [jobOf(pending)]
    expect(await post(`/jobs/import/${verb}`, jobId)).toEqual({
      status: 200,
      text: '{"code":0,"data":{}}',
    })
    expect(done).toEqual([[verb, taskId]])
    const codes = [
      [{ jobId: 'x' }, 1100],
      [{ jobId: '5' }, 2101],
      [{}, 1802],
    ] as const
    for (const [body, code] of codes) {
      expect(JSON.parse((await post(`/jobs/import/${verb}`, body)).text).code).toBe(code)
    }
  })

  it('gives the rows that a job left out as JSON lines', async () => {
    tasks = [jobOf(pending)]
    const path = '/v2/vectordb/jobs/import/rejects'
    const reply = await send(server, 'GET', `${path}?jobId=${taskId}`, '', {})
    expect(reply).toEqual({ status: 200, text: '{"row":7}\n{"row":9}\n' })
    expect((await send(server, 'GET', `${path}?jobId=5`, '', {})).text).toContain('"code":2101')
    expect((await send(server, 'GET', path, '', {})).text).toContain('"code":1100')
    const foreign = { origin: 'https://evil.example.com' }
    expect((await send(server, 'GET', path, '', foreign)).status).toBe(403)
  })

  it("sends a job's changes as events, until it has ended", async () => {
    const progress = [10, 10, 20].map((percent) => ({ ...pending, progress: percent }))
    const ended = { ...pending, state: ImportState.Completed, completedMs: createdMs }
    tasks = [...progress, ended].map(jobOf)
    const path = (id: string) => `/v2/jobs/import/${id}/events`
    nextTask = () => (tasks.length > 1 ? tasks.shift() : tasks[0])
    const reply = await send(server, 'GET', path(String(taskId)), '', {})
    const events = reply.text
      .trim()
      .split('\n\n')
      .map((event) => event.split('\n'))
    expect(events.map(([name]) => name)).toEqual([
      'event: progress',
      'event: progress',
      'event: done',
    ])
    expect(JSON.parse(events[2][1].slice('data: '.length))).toMatchObject({ state: 'Completed' })
    expect((await send(server, 'GET', path('5'), '', {})).text).toContain('"code":2101')
    expect((await send(server, 'GET', path('x'), '', {})).text).toContain('"code":1100')
  })

  it('ends events when the server is about to stop', async () => {
    tasks = [jobOf(pending)]
    const events = send(server, 'GET', `/v2/jobs/import/${taskId}/events`, '', {})
    await expect.poll(() => askedCount).toBeGreaterThan(2)
    server.close()
    expect((await events).text).toMatch(/^event: progress\ndata: .*\n\n$/)
  })

  it('passes an idempotency key on', async () => {
    const body = { collectionName: 'books', files: [['a.json']] }
    await post('/jobs/import/create', body, { 'idempotency-key': 'once' })
    expect(started).toMatchObject([{ idempotencyKey: 'once' }])
    const long = await post('/jobs/import/create', body, { 'idempotency-key': 'x'.repeat(300) })
    expect(JSON.parse(long.text)).toMatchObject({ code: 1100 })
    expect(started).toHaveLength(1)
  })

  const fine = { collectionName: 'books', files: [['a.json']] }
  it.each([
    ...[5, ['books'], {}].map((collectionName) => ({ ...fine, collectionName })),
    ...['a.json', ['a.json'], [[5]], [[null]], [['a.json', {}]]].map((files) => ({
      ...fine,
      files,
    })),
    ...[['x'], 5, { timeout: 300 }, { sep: [','] }].map((options) => ({ ...fine, options })),
    ...['auto_commit', 'backup', 'l0_import', 'skip_disk_quota_check'].flatMap((key) =>
      [true, null, ['true'], 'yes', ''].map((value) => ({ ...fine, options: { [key]: value } })),
    ),
  ])('refuses %j with 1801', async (body) => {
    const { code, message } = JSON.parse((await post('/jobs/import/create', body)).text)
    expect(code).toBe(1801)
    expect(message).toMatch(
      /^can only accept json format request, error: ("[a-zA-Z0-9._]+": .*expected (string|array|record), received|options\.\w+ must be one of "true" or "false")/,
    )
    expect(started).toEqual([])
  })

  it.each([true, [1], {}, 5])('refuses the job id %j with 1801', async (id) => {
    for (const verb of ['describe', 'commit', 'abort', 'cancel', 'delete']) {
      const reply = await post(`/jobs/import/${verb}`, { jobId: id })
      expect(JSON.parse(reply.text)).toMatchObject({ code: 1801 })
      expect(reply.text).toContain('expected string')
    }
  })

  it('refuses a job id that is no number, and one that is not there', async () => {
    const word = await post('/jobs/import/describe', { jobId: 'x' })
    expect(JSON.parse(word.text)).toMatchObject({ code: 1100 })
    const absent = await post('/jobs/import/describe', { jobId: '5' })
    expect(JSON.parse(absent.text)).toMatchObject({ code: 2101 })
  })

  it('describes a collection with the digits of its id', async () => {
    const reply = await post('/collections/describe', { collectionName: 'books' })
    expect(reply.text).toContain('"collectionID":446781855410000001,')
    expect(JSON.parse(reply.text).data).toMatchObject({
      load: 'LoadStateLoaded',
      consistencyLevel: 'Bounded',
      enableDynamicField: true,
      partitionsNum: 1,
      fields: [{ id: 100, name: 'id', type: 'Int64', primaryKey: true }],
    })
  })

  it('answers an unknown collection with 100', async () => {
    const reply = await post('/collections/describe', { collectionName: 'x' })
    expect(JSON.parse(reply.text).code).toBe(100)
  })

  it('takes the database from the body, else from the header', async () => {
    const header = await post('/collections/list', {}, { 'db-name': 'other' })
    expect(JSON.parse(header.text)).toEqual({
      code: 800,
      message: 'database not found[database=other]',
    })
    const both = await post('/collections/list', { dbName: 'default' }, { 'db-name': 'other' })
    expect(both.text).toBe('{"code":0,"data":["books"]}')
  })

  it('takes application/json only', async () => {
    const reply = await post('/collections/list', {}, { 'content-type': 'text/plain' })
    expect(reply.status).toBe(415)
    expect(JSON.parse(reply.text).code).toBe(1801)
  })

  it.each([
    ['a Host that is not this server', { host: 'evil.example.com' }],
    ['a page of another origin', { origin: 'https://evil.example.com' }],
    ['an opaque origin', { origin: 'null' }],
  ])('refuses %s', async (_what, headers) => {
    expect((await post('/collections/list', {}, headers)).status).toBe(403)
  })

  it.each([{ host: 'localhost:19530' }, { host: '[::1]:19530', origin: 'http://localhost:5173' }])(
    'lets %o pass',
    async (headers) => {
      expect((await post('/collections/list', {}, headers)).status).toBe(200)
    },
  )

  it('refuses a body over 16 MiB', async () => {
    const reply = await post('/collections/list', JSON.stringify({ x: 'x'.repeat(17 << 20) }))
    expect(JSON.parse(reply.text)).toMatchObject({ code: 1100 })
  })
})

const books = {
  collectionId: importRequest.collectionId,
  dbName: 'default',
  schema: {
    name: 'books',
    description: '',
    enableDynamicField: true,
    version: 0,
    fields: [
      field({ fieldId: 100, name: 'id', dataType: DataType.Int64, isPrimaryKey: true }),
      field({ fieldId: 101, name: '$meta', dataType: DataType.JSON, isDynamic: true }),
    ],
  },
  aliases: [],
  partitions: [{ partitionId: 1n, name: '_default', createdTimestamp: 1n, loadedPercent: 100 }],
  shardsNum: 1,
  consistencyLevel: 2,
  properties: [],
  createdTimestamp: 1n,
  updatedTimestamp: 1n,
  isLoaded: true,
}

function noDatabase(name: string) {
  throw new MillraceError('databaseNotFound', `database not found[database=${name}]`)
}

function field(members: object): object {
  return { description: '', typeParams: {}, defaultValue: null, ...members }
}

/** fetch does not let a test choose its Host. */
function send(
  server: Server,
  method: string,
  path: string,
  body: string,
  headers: IncomingHttpHeaders,
): Promise<{ status: number; text: string }> {
  const { port } = server.address() as AddressInfo
  const options = { port, host: '127.0.0.1', method, path, agent: false }
  return new Promise((resolve, reject) => {
    const sent = request(
      { ...options, headers: { 'content-type': 'application/json', ...headers } },
      async (response) => {
        const chunks: Buffer[] = []
        for await (const chunk of response) chunks.push(chunk)
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}
