import { status } from '@grpc/grpc-js'
import { afterEach, expect, it } from 'vitest'
import { connections, MilvusException, ParamError, utility } from '../../dist/client/index.js'
import type { ImportRequest, ListImportTasksRequest } from '../../dist/wire/generated/messages.js'
import { type Answers, serveProtocol } from './protocol-server.js'

const taskId = 446781855410077319n
const success = { code: 0, error_code: 0 }

let stop = () => {}
afterEach(() => {
  connections.disconnect()
  stop()
})

async function connectTo(answers: Answers, options: { user?: string; dbName?: string } = {}) {
  const server = await serveProtocol({ Connect: () => ({ status: success }), ...answers })
  stop = server.stop
  await connections.connect({ host: '127.0.0.1', port: server.port, ...options })
}

function stateAnswer(state: number, progress: number, failed_reason = '') {
  const infos = [
    { key: 'failed_reason', value: failed_reason },
    { key: 'progress_percent', value: String(progress) },
  ]
  return { status: success, state, row_count: 10n, infos, create_ts: 1704576247n }
}

it('starts a bulk insert with its options and returns the exact task id', async () => {
  let asked: ImportRequest | undefined
  await connectTo({
    Import: (request: ImportRequest) => {
      asked = request
      return { status: success, tasks: [taskId, 7n] }
    },
  })
  const files = ['data/id.npy', 'data/vector.npy']
  const options = { backup: true, sep: ';' }
  expect(await utility.doBulkInsert({ collectionName: 'c', files, options })).toBe(taskId)
  expect(asked).toMatchObject({
    collection_name: 'c',
    files,
    options: [
      { key: 'backup', value: 'true' },
      { key: 'sep', value: ';' },
    ],
  })
})

it('takes a task id as bigint, as digits and as a safe integer, and nothing else', async () => {
  const asked: bigint[] = []
  await connectTo({
    GetImportState: ({ task }: { task: bigint }) => {
      asked.push(task)
      return stateAnswer(6, 100)
    },
  })
  for (const given of [taskId, String(taskId), 42]) {
    await utility.getBulkInsertState({ taskId: given })
  }
  expect(asked).toEqual([taskId, taskId, 42n])
  for (const wrong of [2 ** 53, 1.5, 'seven', '', null as unknown as bigint]) {
    const call = utility.getBulkInsertState({ taskId: wrong })
    await expect(call).rejects.toThrow(new ParamError(`task_id value ${wrong} is not an integer`))
  }
})

it('lists tasks with their own ids', async () => {
  let asked: ListImportTasksRequest | undefined
  await connectTo({
    ListImportTasks: (request: ListImportTasksRequest) => {
      asked = request
      return { status: success, tasks: [{ ...stateAnswer(2, 50), id: taskId }] }
    },
  })
  const [task] = await utility.listBulkInsertTasks({ limit: 3, collectionName: 'c' })
  expect(asked).toMatchObject({ limit: 3n, collection_name: 'c' })
  expect(task).toMatchObject({ taskId, stateName: 'Started', progress: 50, rowCount: 10 })
  const wrong = utility.listBulkInsertTasks({ limit: 1.5 })
  await expect(wrong).rejects.toThrow('limit value 1.5 is not an integer')
})

it('follows a bulk insert to its end and tells every state', async () => {
  const answers = [stateAnswer(0, 0), stateAnswer(2, 45), stateAnswer(5, 90), stateAnswer(6, 100)]
  await connectTo({ GetImportState: () => answers.shift()! })
  const seen: string[] = []
  const onProgress = ({ stateName, progress }: { stateName: string; progress: number }) =>
    seen.push(`${stateName} ${progress}`)
  const { stateName } = await utility.waitForBulkInsert(taskId, { onProgress, intervalMs: 1 })
  expect(stateName).toBe('Completed')
  expect(seen).toEqual(['Pending 0', 'Started 45', 'Persisted 90', 'Completed 100'])
})

it('throws the reason of a bulk insert that failed', async () => {
  await connectTo({ GetImportState: () => stateAnswer(7, 30, 'vector.npy: row 3: too short') })
  const error = await utility.waitForBulkInsert(taskId).catch((thrown) => thrown)
  expect(error).toBeInstanceOf(MilvusException)
  expect(String(error)).toBe('<MilvusException: (code=2100, message=vector.npy: row 3: too short)>')
})

it('stops waiting at the timeout and when it is told to', async () => {
  await connectTo({ GetImportState: () => stateAnswer(2, 30) })
  const late = utility.waitForBulkInsert(taskId, { timeout: 0.1 })
  await expect(late).rejects.toThrow(`${taskId} is not done after 0.1 s: Started, 30 %`)
  const reason = new Error('enough')
  const controller = new AbortController()
  const waiting = utility.waitForBulkInsert(taskId, { signal: controller.signal })
  setTimeout(() => controller.abort(reason), 50)
  await expect(waiting).rejects.toBe(reason)
})

it('raises what the server answers, with both of its codes', async () => {
  const reason = 'collection not found[collection=c]'
  await connectTo({ Import: () => ({ status: { code: 100, error_code: 4, reason } }) })
  const error = await utility
    .doBulkInsert({ collectionName: 'c', files: ['a.npy'] })
    .catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 100, compatibleCode: 4, message: reason })
  expect(String(error)).toBe(`<MilvusException: (code=100, message=${reason})>`)
})

it('asks an unavailable server again, but not one that refuses', async () => {
  let asked = 0
  await connectTo({
    GetImportState: () => {
      if (++asked < 3) throw { code: status.UNAVAILABLE, details: 'starting' }
      return stateAnswer(6, 100)
    },
    Import: () => {
      asked++
      throw { code: status.INVALID_ARGUMENT, details: 'no' }
    },
  })
  expect((await utility.getBulkInsertState({ taskId })).progress).toBe(100)
  expect(asked).toBe(3)
  const refused = utility.doBulkInsert({ collectionName: 'c', files: [] })
  await expect(refused).rejects.toMatchObject({ code: 1100, message: 'Import: no' })
  expect(asked).toBe(4)
})

it('gives an unavailable server up when the time is over', async () => {
  const connecting = connections.connect({ address: '127.0.0.1:1', timeout: 0.2 })
  await expect(connecting).rejects.toMatchObject({ name: 'MilvusException', code: 2 })
})

it('sends the user and the database with every call', async () => {
  let sent: Readonly<Record<string, unknown>> = {}
  await connectTo(
    {
      ListImportTasks: (_request, metadata) => {
        sent = metadata
        return { status: success }
      },
    },
    { user: 'root', dbName: 'other' },
  )
  await utility.listBulkInsertTasks()
  expect(sent.dbname).toBe('other')
  expect(sent.authorization).toBe(Buffer.from('root:').toString('base64'))
})

it('says what to do when nothing is connected', async () => {
  const call = utility.listBulkInsertTasks({ using: 'elsewhere' })
  await expect(call).rejects.toThrow('no connection "elsewhere": call connections.connect() first')
})

it('asks again for the same import, not for another one, when an answer is lost', async () => {
  const keys: string[] = []
  await connectTo({
    Import: ({ idempotency_key }: ImportRequest) => {
      keys.push(idempotency_key)
      if (keys.length < 3) throw { code: status.UNAVAILABLE, details: 'gone' }
      return { status: success, tasks: [taskId] }
    },
  })
  const insert = { collectionName: 'c', files: ['a.json'] }
  expect(await utility.doBulkInsert(insert)).toBe(taskId)
  await utility.doBulkInsert(insert)
  await utility.doBulkInsert({ ...insert, idempotencyKey: 'mine' })
  expect(keys[0]).toMatch(/^[\da-f-]{36}$/)
  expect(keys.slice(1, 3)).toEqual([keys[0], keys[0]])
  expect(keys[3]).not.toBe(keys[0])
  expect(keys[4]).toBe('mine')
})
