import { connect } from 'node:http2'
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { version } from '../../dist/config.js'
import type { Engine } from '../../dist/engines/engine.js'
import { MillraceError } from '../../dist/errors.js'
import { type RunningServer, startServer } from '../../dist/server/serve.js'
import { decode, encode, type MessageInput } from '../../dist/wire/codec.js'
import { type Method, type MethodName, methods } from '../../dist/wire/methods.js'

const timestamp = 447000000000000001n

/** What the protocol itself needs of an engine; the rest is tested over the real one. */
const engine = {
  databases: {
    list: () => [{ databaseId: 1n, name: 'default', properties: [], createdTimestamp: 0n }],
    describe: (name: string) => {
      throw new MillraceError('databaseNotFound', `database not found[database=${name}]`)
    },
  },
  allocTimestamp: () => timestamp,
  hasCollection: () => true,
  describeCollection: (dbName: string, name: string) => {
    const partitions = [
      { partitionId: 2n, name: '_default', createdTimestamp: 0n, loadedPercent: 0 },
      { partitionId: 3n, name: 'loaded', createdTimestamp: 0n, loadedPercent: 100 },
    ]
    if (name === 'c') return { partitions }
    const place = `[database=${dbName}][collection=${name}]`
    throw new MillraceError('collectionNotFound', `collection not found${place}`)
  },
  dropCollection: async (_dbName: string, name: string) => {
    throw new MillraceError('collectionNotFound', `collection not found[collection=${name}]`)
  },
  imports: {
    task: () => {
      throw new TypeError('a fault of ours')
    },
    tasks: (dbName: string, collection: string) => {
      const place = `[database=${dbName}][collection=${collection}]`
      throw new MillraceError('collectionNotFound', `collection not found${place}`)
    },
  },
} as unknown as Engine

describe('the gRPC service', () => {
  let logged: { level: number; rpc: string; code?: number }[]
  let server: RunningServer
  let client: Client

  beforeEach(async () => {
    logged = []
    const write = (line: string) => void logged.push(JSON.parse(line))
    const log = pino({ level: 'debug' }, { write })
    server = await startServer(engine, { host: '127.0.0.1', port: 0, log })
    client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure())
  })

  afterEach(async () => {
    client.close()
    await server.close()
  })

  async function call<Name extends MethodName>(
    name: Name,
    request: MessageInput<Method<Name>['request']>,
    metadata: Record<string, string> = {},
  ) {
    const method: Method<Name> = methods[name]
    const sent = new Metadata()
    for (const [key, value] of Object.entries(metadata)) sent.set(key, value)
    const reply = await unary(client, method.path, encode(method.request, request), sent)
    return decode(method.response, reply)
  }

  it('greets a client with an identifier and a version that SDKs read', async () => {
    const { status, identifier, server_info } = await call('Connect', {})
    expect(status).toMatchObject({ code: 0, error_code: 0 })
    expect(identifier).toBe(timestamp)
    expect(server_info?.build_tags).toBe(`2.6.0+millrace.${version}`)
    expect((await call('GetVersion', {})).version).toBe(`2.6.0+millrace.${version}`)
    expect((await call('CheckHealth', {})).isHealthy).toBe(true)
    expect((await call('AllocTimestamp', {})).timestamp).toBe(timestamp)
    expect((await call('ListDatabases', {})).db_names).toEqual(['default'])
  })

  it('refuses to describe a batch of no collections', async () => {
    const { status } = await call('BatchDescribeCollection', {})
    expect(status).toMatchObject({ code: 1100, reason: expect.stringContaining('cannot be empty') })
  })

  it('shows which partitions are loaded, and says of one that was named that it is not', async () => {
    const show = (type: number, ...partition_names: string[]) =>
      call('ShowPartitions', { collection_name: 'c', type, partition_names })
    const [all, inMemory] = [0, 1]
    expect((await show(all)).partition_names).toEqual(['_default', 'loaded'])
    expect((await show(all, '_default')).inMemory_percentages).toEqual([])
    expect((await show(inMemory)).partition_names).toEqual(['loaded'])
    expect((await show(inMemory, 'loaded')).inMemory_percentages).toEqual([100n])
    expect((await show(inMemory, 'loaded', '_default')).status).toMatchObject({
      code: 201,
      reason: 'partition not loaded[partition=_default]',
    })
  })

  it('says in words of Milvus’s own that it cannot describe what is not there', async () => {
    const { status } = await call('DescribeCollection', { collection_name: 'x' })
    const reason = "can't find collection[database=default][collection=x]"
    expect(status).toMatchObject({ code: 100, error_code: 4, reason })
  })

  it('lets a search among several have any offset, and does without it', async () => {
    const part = { search_params: pairs({ topk: '1', offset: '-1', anns_field: 'v' }) }
    const { status } = await call('HybridSearch', {
      requests: [{ ...part, placeholder_group: new Uint8Array() }],
      rank_params: pairs({ limit: '1' }),
    })
    expect(status?.reason).toContain('nq [0] is invalid')
  })

  it('tells an error in the response, never in gRPC, with code, legacy code and text', async () => {
    const status = await call('DropCollection', { collection_name: 'x' })
    expect(status).toMatchObject({
      code: 100,
      error_code: 4,
      reason: 'collection not found[collection=x]',
      detail: 'collection not found[collection=x]',
      extra_info: { is_input_error: 'true' },
    })
    expect(logged.at(-1)).toMatchObject({ level: 40, rpc: 'DropCollection', code: 100 })
  })

  it('tells a fault of ours as unexpected, and logs its stack', async () => {
    const { status } = await call('GetImportState', { task: 1n })
    expect(status).toMatchObject({ code: 65535, error_code: 1, reason: 'a fault of ours' })
    expect(logged.at(-1)).toMatchObject({ level: 50, err: { type: 'TypeError' } })
  })

  it('says which collection it cannot list the tasks of, in Milvus’s words', async () => {
    const { status } = await call('ListImportTasks', { collection_name: 'X' })
    expect(status).toMatchObject({
      code: 100,
      reason:
        "failed to find collection ID from its name: 'X', error: collection not found[database=default][collection=X]",
    })
  })

  it('takes the database from the request, else from the metadata', async () => {
    const other = { dbname: 'other' }
    const refused = await call('HasCollection', { collection_name: 'x' }, other)
    expect(refused.status).toMatchObject({
      code: 800,
      reason: 'database not found[database=other]',
    })
    const named = await call('HasCollection', { db_name: 'default', collection_name: 'x' }, other)
    expect(named).toMatchObject({ status: { code: 0 }, value: true })
    expect((await call('Connect', {}, other)).status).toMatchObject({ code: 800 })
    expect((await call('GetVersion', {}, other)).status).toMatchObject({ code: 0 })
  })

  it.each([
    ['text search', { search_params: pairs({ topk: '1', analyzer_name: 'x' }) }],
    ['several searches in one request', { sub_reqs: [{ dsl: '' }] }],
    ['function scores', { function_score: { functions: [] } }],
  ])('refuses what it cannot search by yet: %s', async (feature, request) => {
    const { status } = await call('Search', request)
    expect(status).toMatchObject({
      code: 3000,
      reason: `not supported by millrace: ${feature}`,
    })
  })

  it('wants a limit of a query for everything', async () => {
    const { status } = await call('Query', { collection_name: 'x' })
    expect(status).toMatchObject({
      code: 1100,
      reason: 'empty expression should be used with limit',
    })
  })

  it('refuses a malformed message in the response', async () => {
    const { path, response } = methods.HasCollection
    const reply = await unary(client, path, Buffer.from([0x0a, 0xff]), new Metadata())
    expect(decode(response, reply).status).toMatchObject({ code: 1100 })
  })

  it('answers every RPC that it does not have with UNIMPLEMENTED and its name', async () => {
    const missing: string[] = []
    for (const { name, path, requestStream, responseStream } of Object.values(methods)) {
      if (requestStream || responseStream) continue
      const error = await unary(client, path, Buffer.alloc(0), new Metadata()).catch(
        (thrown: ServiceError) => thrown,
      )
      if (!(error instanceof Error)) continue
      expect(error).toMatchObject({ code: 12, details: `not supported by millrace: ${name}` })
      missing.push(name)
    }
    expect(missing.toSorted()).toEqual(notSupported)
  })

  it('answers a stream that it does not have with UNIMPLEMENTED too', async () => {
    const stream = client.makeServerStreamRequest(
      methods.DumpMessages.path,
      identity,
      identity,
      Buffer.alloc(0),
    )
    const error = await new Promise((resolve) => stream.on('error', resolve).resume())
    expect(error).toMatchObject({ code: 12, details: 'not supported by millrace: DumpMessages' })
  })

  it('lets a client send 16 MiB before it must wait', async () => {
    const session = connect(`http://127.0.0.1:${server.port}`)
    const settings = await new Promise((resolve) => session.once('remoteSettings', resolve))
    expect(settings).toMatchObject({ initialWindowSize: 16 << 20 })
    session.destroy()
  })

  it('puts up with pings on an idle connection', async () => {
    const session = connect(`http://127.0.0.1:${server.port}`)
    await new Promise((resolve) => session.once('connect', resolve))
    let goneAway = false
    session.on('goaway', () => {
      goneAway = true
    })
    for (let count = 0; count < 50; count++) {
      await new Promise<void>((resolve, reject) => {
        session.ping((error) => (error ? reject(error) : resolve()))
      })
    }
    expect(goneAway).toBe(false)
    session.destroy()
  })
})

function pairs(members: Record<string, string>) {
  return Object.entries(members).map(([key, value]) => ({ key, value }))
}

const identity = (bytes: Buffer): Buffer => bytes

function unary(client: Client, path: string, request: Buffer, metadata: Metadata): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, identity, identity, request, metadata, (error, reply) =>
      error ? reject(error) : resolve(reply!),
    )
  })
}

/** Every other RPC of the service has an answer. */
const notSupported =
  `AddCollectionFunction AddFileResource AddUserTags AlterCollectionFunction BatchUpdateManifest CalcDistance
ComputePhraseMatchSlop CreateNamespace CreateRowPolicy DeleteUserTags DescribeNamespace DescribePrewarmTask
DescribeSegmentIndexData DropCollectionFunction DropNamespace DropRowPolicy Dummy ExportSnapshot GetComponentStates
GetNamespaceStats GetRefreshExternalCollectionProgress GetReplicateConfiguration GetReplicateInfo GetUserTags
HasNamespace ListFileResources ListNamespaces ListRefreshExternalCollectionJobs ListRowPolicies ListUsersWithTag
Prewarm RefreshExternalCollection RegisterLink RemoveFileResource ReplicateMessage RestoreExternalSnapshot
RunAnalyzer UpdateReplicateConfiguration`.split(/\s+/)
