import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type IncomingHttpHeaders, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ImportState } from '../../dist/bulk/import-state.js'
import type { Engine } from '../../dist/engines/engine.js'
import { createRestServer } from '../../dist/server/rest/rest-server.js'
import { UploadRoot } from '../../dist/source/upload-root.js'

let top: string
let server: Server
let tasks: unknown[]
beforeEach(async () => {
  top = mkdtempSync(join(tmpdir(), 'millrace-put-'))
  tasks = []
  const engine = { imports: { tasks: () => tasks } } as unknown as Engine
  const uploads = await UploadRoot.open(join(top, 'up'), 1000)
  server = createRestServer({
    engine,
    uploads,
    authenticator: null,
    host: '127.0.0.1',
    log: pino({ level: 'silent' }),
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(top, { recursive: true, force: true })
})

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly data: Record<string, unknown>
  readonly message: string
}

function ask(
  method: string,
  path: string,
  body: string | null = null,
  headers: IncomingHttpHeaders = {},
): Promise<Answer> {
  const { port } = server.address() as AddressInfo
  const type = { 'content-type': 'application/octet-stream' }
  return new Promise((resolve, reject) => {
    const sent = request(
      { port, host: '127.0.0.1', method, path, agent: false, headers: { ...type, ...headers } },
      async (response) => {
        let text = ''
        for await (const chunk of response) text += chunk
        const { data = {}, message = '' } = text === '' ? {} : JSON.parse(text)
        resolve({ status: response.statusCode ?? 0, headers: response.headers, data, message })
      },
    )
    sent.on('error', reject)
    if (headers.expect) sent.on('continue', () => sent.end(body))
    else sent.end(body ?? undefined)
  })
}

const put = (path: string, body: string, headers: IncomingHttpHeaders = {}) =>
  ask('PUT', path, body, { 'content-length': String(body.length), ...headers })

it('puts a file under the name that imports know it by', async () => {
  const { status, data } = await put('/v2/files/a%20b/id.npy', 'abcdef')
  expect(status).toBe(201)
  expect(data).toEqual({ path: 'uploads/a b/id.npy', uploadedBytes: 6, fileSize: 6 })
  expect(readFileSync(join(top, 'up', 'a b', 'id.npy'), 'utf8')).toBe('abcdef')
  const listed = await ask('GET', '/v2/files')
  expect(listed.data).toMatchObject({
    files: [{ path: 'uploads/a b/id.npy', fileSize: 6 }],
    usedBytes: 6,
    quotaBytes: 1000,
  })
  expect((await ask('GET', '/v2/files/a%20b')).data.files).toHaveLength(1)
  expect((await ask('GET', '/v2/files/none')).status).toBe(404)
  expect((await ask('DELETE', '/v2/files/a%20b/id.npy')).status).toBe(200)
  expect((await ask('DELETE', '/v2/files/a%20b/id.npy')).status).toBe(404)
})

it('goes on where HEAD says', async () => {
  const range = (text: string) => ({ 'content-range': text })
  const first = await put('/v2/files/id.npy', 'abc', range('bytes 0-2/6'))
  expect(first).toMatchObject({ status: 202, data: { uploadedBytes: 3, fileSize: 6 } })
  const head = await ask('HEAD', '/v2/files/id.npy')
  expect(head).toMatchObject({
    status: 200,
    headers: { 'upload-offset': '3', 'upload-length': '6' },
  })
  const wrong = await put('/v2/files/id.npy', 'ef', range('bytes 4-5/6'))
  expect(wrong).toMatchObject({ status: 409, headers: { 'upload-offset': '3' } })
  expect(wrong.message).toContain('goes on at byte 3 of 6, got a part that begins at 4')
  expect((await put('/v2/files/id.npy', 'def', range('bytes 3-5/6'))).status).toBe(201)
  expect(readFileSync(join(top, 'up', 'id.npy'), 'utf8')).toBe('abcdef')
  expect((await ask('HEAD', '/v2/files/none')).status).toBe(404)
  for (const text of ['bytes 0-9/6', 'bytes 0-1/6', 'items 0-2/6', 'bytes 0-2/*'])
    expect((await put('/v2/files/id.npy', 'abc', range(text))).status).toBe(400)
})

it('keeps what came in of an upload whose connection broke', async () => {
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  socket.write(
    'PUT /v2/files/id.npy HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/octet-stream\r\nContent-Length: 6\r\n\r\nabc',
  )
  await expect.poll(async () => (await ask('HEAD', '/v2/files/id.npy')).status).toBe(200)
  socket.destroy()
  await expect
    .poll(
      async () => (await put('/v2/files/id.npy', 'def', { 'content-range': 'bytes 3-5/6' })).status,
    )
    .toBe(201)
  expect(readFileSync(join(top, 'up', 'id.npy'), 'utf8')).toBe('abcdef')
})

it('answers before the body is sent where the client asks first', async () => {
  const expects = { expect: '100-continue' }
  expect((await put('/v2/files/id.npy', 'abc', expects)).status).toBe(201)
  expect((await put('/v2/files/id.npy', 'x'.repeat(2000), expects)).status).toBe(507)
  const json = { ...expects, 'content-type': 'application/json' }
  expect((await put('/v2/files/id.npy', 'abc', json)).status).toBe(415)
})

it('refuses what has no length, no plain path, or another page as its origin', async () => {
  const chunked = await ask('PUT', '/v2/files/id.npy', 'abc', { 'transfer-encoding': 'chunked' })
  expect(chunked.status).toBe(411)
  for (const path of [
    '/v2/files/',
    '/v2/files/..%2Fx',
    '/v2/files/%2e%2e/x',
    '/v2/files/a%00b',
    '/v2/files/%ff',
  ])
    expect((await put(path, 'abc')).status).toBe(400)
  const foreign = await put('/v2/files/id.npy', 'abc', { origin: 'https://evil.example.com' })
  expect(foreign.status).toBe(403)
  expect((await put('/v2/files/id.npy', 'abc', { host: 'evil.example.com' })).status).toBe(403)
  expect((await ask('PATCH', '/v2/files/id.npy')).status).toBe(405)
})

it('leaves alone what is being imported', async () => {
  await put('/v2/files/id.npy', 'abc')
  const used = { taskId: 5n, state: ImportState.Started }
  tasks = [{ task: { ...used, request: { fileGroups: [['uploads/id.npy']] } } }]
  const refused = await put('/v2/files/id.npy', 'xyz')
  expect(refused.status).toBe(409)
  expect(refused.message).toBe("the upload 'id.npy' is being imported by job 5")
  expect((await ask('DELETE', '/v2/files/id.npy')).status).toBe(409)
})
