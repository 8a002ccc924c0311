import { readFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connections, MilvusClient } from '../../dist/client/index.js'
import { routes } from '../../dist/server/rest/routes.js'
import { type RunningServer, startServer } from '../../dist/server/serve.js'
import { UploadRoot } from '../../dist/source/upload-root.js'
import { decode, encode, type MessageInput } from '../../dist/wire/codec.js'
import { type Method, type MethodName, methods } from '../../dist/wire/methods.js'
import { OpenEngine } from '../engines/open-engine.js'

const log = pino({ level: 'silent' })
const root = 'root:Milvus'
const bob = 'bob:bobs-password'

let opened: OpenEngine
let server: RunningServer
let client: Client

beforeEach(async () => {
  opened = await OpenEngine.open()
  const uploads = await UploadRoot.open(join(opened.importRoot, '../uploads'), 1_000_000)
  const place = { host: '127.0.0.1', port: 0, uploads, log }
  server = await startServer(opened.engine, { ...place, isAuthOn: true })
  client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure())
  await data('/users/create', { userName: 'bob', password: 'bobs-password' })
  await data('/roles/create', { roleName: 'reader' })
  await data('/users/grant_role', { userName: 'bob', roleName: 'reader' })
  for (const collectionName of ['books', 'secrets']) {
    await data('/collections/create', { collectionName, dimension: 2 })
  }
})
afterEach(async () => {
  client.close()
  await server.close()
  await opened.remove()
})

function headersOf(token: string | null): Record<string, string> {
  return token === null ? {} : { authorization: `Bearer ${token}` }
}

async function post(path: string, body: object, token: string | null = root) {
  const response = await fetch(`http://127.0.0.1:${server.port}/v2/vectordb${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close', ...headersOf(token) },
    body: JSON.stringify(body),
  })
  return { status: response.status, ...JSON.parse(await response.text()) }
}

async function data(path: string, body: object, token: string | null = root) {
  const reply = await post(path, body, token)
  expect(reply).toMatchObject({ status: 200, code: 0 })
  return reply.data
}

function call<Name extends MethodName>(
  name: Name,
  request: MessageInput<Method<Name>['request']>,
  token: string | null,
  dbName = '',
) {
  const method: Method<Name> = methods[name]
  const metadata = new Metadata()
  if (token !== null) metadata.set('authorization', Buffer.from(token).toString('base64'))
  if (dbName !== '') metadata.set('dbname', dbName)
  return new Promise<ReturnType<typeof decode<Method<Name>['response']>>>((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      (message: MessageInput<Method<Name>['request']>) => encode(method.request, message),
      (bytes) => decode(method.response, bytes),
      request,
      metadata,
      (error, response) => (error ? reject(error as ServiceError) : resolve(response!)),
    )
  })
}

const grantQuery = {
  roleName: 'reader',
  dbName: 'default',
  collectionName: 'books',
  privilege: 'Query',
}

describe('who is nobody', () => {
  it('is refused by gRPC with the texts of Milvus', async () => {
    const refused = (details: string) => ({ code: status.UNAUTHENTICATED, details })
    await expect(call('GetVersion', {}, null)).rejects.toMatchObject(
      refused('missing authorization in header'),
    )
    await expect(call('Connect', {}, 'root:wrong')).rejects.toMatchObject(
      refused('auth check failure, please check username and password are correct'),
    )
    await expect(call('Connect', {}, 'eve:Milvus')).rejects.toMatchObject(
      refused('auth check failure, please check username and password are correct'),
    )
    await expect(call('Connect', {}, 'a-key')).rejects.toMatchObject(
      refused('auth check failure, please check api key is correct'),
    )
    await expect(call('GetVersion', {}, root)).resolves.toMatchObject({ status: { code: 0 } })
  })

  it('is refused by every door of HTTP but the one for health checks', async () => {
    const origin = `http://127.0.0.1:${server.port}`
    const doors = ['/v2/files/', '/v2/jobs/import/1/events', '/v2/vectordb/jobs/import/rejects']
    for (const path of doors) {
      const response = await fetch(origin + path)
      expect([path, response.status]).toEqual([path, 401])
      expect(await response.json()).toEqual({ code: 1800, message: "user hasn't authenticated" })
    }
    expect(await post('/collections/list', {}, null)).toMatchObject({ status: 401, code: 1800 })
    expect(await post('/collections/list', {}, 'root:wrong')).toMatchObject({ status: 401 })
    expect((await fetch(`${origin}/healthz`)).status).toBe(200)
  })

  it('is answered slower with each guess, which keeps nobody out who is known', async () => {
    const guess = () => call('Connect', {}, 'bob:guess').catch(({ code }) => code)
    const begunMs = performance.now()
    await Promise.all([guess(), guess(), guess()])
    expect(performance.now() - begunMs).toBeGreaterThan(290)
    const guessing = guess()
    const known = call('Connect', {}, root).then(() => 'known')
    expect(await Promise.race([guessing, known])).toBe('known')
    expect(await guessing).toBe(status.UNAUTHENTICATED)
  })
})

describe('a user', () => {
  it('may what was granted, by gRPC and by REST', async () => {
    const query = { collection_name: 'books', expr: 'id > 0' }
    const denied = 'PrivilegeQuery: permission deny to bob in the `default` database'
    await expect(call('Query', query, bob)).rejects.toMatchObject({
      code: status.PERMISSION_DENIED,
      details: denied,
    })
    const body = { collectionName: 'books', filter: 'id > 0' }
    expect(await post('/entities/query', body, bob)).toEqual({
      status: 403,
      code: 1401,
      message: denied,
    })
    await data('/roles/grant_privilege_v2', grantQuery)
    expect(await call('Query', query, bob)).toMatchObject({ status: { code: 0 } })
    expect(await data('/entities/query', body, bob)).toEqual([])
    expect(
      await post('/entities/query', { ...body, collectionName: 'secrets' }, bob),
    ).toMatchObject({ status: 403 })
  })

  it('may it in that database only, however the database is named', async () => {
    await data('/databases/create', { dbName: 'other' })
    await data('/collections/create', { dbName: 'other', collectionName: 'books', dimension: 2 })
    await data('/roles/grant_privilege_v2', grantQuery)
    const query = { collection_name: 'books', expr: 'id > 0' }
    const denied = { code: status.PERMISSION_DENIED }
    await expect(call('Query', query, bob, 'other')).rejects.toMatchObject(denied)
    await expect(call('Query', { ...query, db_name: 'other' }, bob)).rejects.toMatchObject(denied)
    const both = call('Query', { ...query, db_name: 'other' }, bob, 'default')
    await expect(both).rejects.toMatchObject(denied)
  })

  it('does not come into a collection by another name of it', async () => {
    await data('/roles/grant_privilege_v2', { ...grantQuery, collectionName: 'alias' })
    await data('/aliases/create', { collectionName: 'secrets', aliasName: 'alias' })
    const query = { collection_name: 'alias', expr: 'id > 0' }
    await expect(call('Query', query, bob)).rejects.toMatchObject({
      code: status.PERMISSION_DENIED,
    })
  })

  it('needs the privileges of snapshots, and for another database those there', async () => {
    await data('/databases/create', { dbName: 'other' })
    const about = { collection_name: 'books', name: 's' }
    const denied = { code: status.PERMISSION_DENIED }
    await expect(call('CreateSnapshot', about, bob)).rejects.toMatchObject(denied)
    for (const privilege of ['CreateSnapshot', 'RestoreSnapshot']) {
      await data('/roles/grant_privilege_v2', { ...grantQuery, privilege })
    }
    await expect(call('CreateSnapshot', about, bob)).resolves.toMatchObject({ code: 0 })
    await expect(call('DropSnapshot', about, bob)).rejects.toMatchObject(denied)
    const restore = { ...about, target_collection_name: 'copy' }
    const elsewhere = { ...restore, target_db_name: 'other' }
    await expect(call('RestoreSnapshot', elsewhere, bob)).rejects.toMatchObject(denied)
    const secrets = { ...restore, collection_name: 'secrets' }
    await expect(call('RestoreSnapshot', secrets, bob)).rejects.toMatchObject(denied)
    const { job_id } = await call('RestoreSnapshot', restore, bob)
    const { info } = await call('GetRestoreSnapshotState', { job_id }, bob)
    expect(info).toMatchObject({ collection_name: 'copy', progress: 100 })
    await expect(call('Query', { collection_name: 'copy' }, bob)).rejects.toMatchObject(denied)
  })

  it('sees in lists what is for it, its own roles, and may change its own password', async () => {
    expect(await data('/collections/list', {}, bob)).toEqual([])
    await data('/roles/grant_privilege_v2', grantQuery)
    expect(await data('/collections/list', {}, bob)).toEqual(['books'])
    expect(await call('ShowCollections', {}, bob)).toMatchObject({ collection_names: ['books'] })
    expect(await data('/databases/list', {}, bob)).toEqual(['default'])
    expect(await data('/users/describe', { userName: 'bob' }, bob)).toEqual(['reader'])
    expect(await data('/roles/describe', { roleName: 'reader' }, bob)).toHaveLength(1)
    expect(await post('/roles/describe', { roleName: 'admin' }, bob)).toMatchObject({ status: 403 })
    const change = { userName: 'bob', password: 'bobs-password', newPassword: 'a-new-one' }
    await data('/users/update_password', change, bob)
    expect(await post('/collections/list', {}, bob)).toMatchObject({ status: 401 })
    expect(await data('/collections/list', {}, 'bob:a-new-one')).toEqual(['books'])
  })

  it('who is dropped is out at once', async () => {
    await data('/collections/list', {}, bob)
    await data('/users/drop', { userName: 'bob' })
    expect(await post('/collections/list', {}, bob)).toMatchObject({ status: 401 })
  })

  it('follows the imports of its collections only, and uploads where it may import', async () => {
    const files = [['none.json']]
    const { jobId } = await data('/jobs/import/create', { collectionName: 'books', files })
    const origin = `http://127.0.0.1:${server.port}`
    const headers = headersOf(bob)
    const statusOf = async (path: string) => (await fetch(origin + path, { headers })).status
    const asked = { collectionName: 'books', files }
    expect(await post('/jobs/import/create', asked, bob)).toMatchObject({ status: 403 })
    expect(await post('/jobs/import/describe', { jobId }, bob)).toMatchObject({ status: 403 })
    expect(await data('/jobs/import/list', {}, bob)).toEqual({ records: [] })
    expect(await statusOf(`/v2/jobs/import/${jobId}/events`)).toBe(403)
    expect(await statusOf('/v2/files/')).toBe(403)
    expect(await call('GetImportState', { task: BigInt(jobId) }, bob)).toMatchObject({
      status: { code: 1401 },
    })
    await data('/roles/grant_privilege_v2', { ...grantQuery, privilege: 'Import' })
    expect(await data('/jobs/import/describe', { jobId }, bob)).toMatchObject({ jobId })
    expect((await data('/jobs/import/list', {}, bob)).records).toHaveLength(1)
    expect(await statusOf('/v2/files/')).toBe(200)
  })
})

it('lets nobody but root and admins through a route without a rule, of which there is none', async () => {
  const codes = await Promise.all(
    [...routes.keys()].map(async (path) => [path, await post(path, {}, bob)] as const),
  )
  const ruleless = codes.filter(([, { message }]) => String(message).includes('OfAdmins'))
  expect(ruleless.map(([path]) => path)).toEqual([])
})

describe('with a certificate', () => {
  const folder = 'test/server/tls'
  const cert = readFileSync(join(folder, 'localhost-cert.pem'))
  const key = readFileSync(join(folder, 'localhost-key.pem'))
  let secured: RunningServer

  beforeEach(async () => {
    secured = await startServer(opened.engine, {
      host: '127.0.0.1',
      port: 0,
      isAuthOn: true,
      tls: { cert, key },
      log,
    })
  })
  afterEach(() => secured.close())

  it('serves gRPC and HTTP over TLS on one port', async () => {
    const address = `localhost:${secured.port}`
    const serverPemPath = join(folder, 'localhost-cert.pem')
    await connections.connect({ address, token: root, secure: true, serverPemPath })
    expect(await new MilvusClient().hasCollection('books')).toBe(true)
    connections.disconnect()
    const statusCode = await new Promise((resolve, reject) => {
      get(`https://${address}/healthz`, { ca: cert, agent: false }, (response) => {
        response.resume()
        resolve(response.statusCode)
      }).on('error', reject)
    })
    expect(statusCode).toBe(200)
  })

  it('serves nothing without TLS', async () => {
    await expect(fetch(`http://127.0.0.1:${secured.port}/healthz`)).rejects.toThrow()
  })
})
