import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MillraceError } from '../../dist/errors.js'
import type { ByteSource, SourceAddress } from '../../dist/source/byte-source.js'
import { openSource } from '../../dist/source/open-source.js'
import {
  releaseSources,
  resolveSources,
  type SourceContext,
} from '../../dist/source/resolve-source.js'
import { etagOf, ObjectServer } from './object-server.js'

const secret = 'the-secret-key-of-the-test'
let server: ObjectServer
let top: string
beforeEach(async () => {
  top = mkdtempSync(join(tmpdir(), 'millrace-remote-'))
  server = await ObjectServer.start()
})
afterEach(async () => {
  await server.stop()
  rmSync(top, { recursive: true, force: true })
})

function contextOf(more: Partial<SourceContext> = {}): SourceContext {
  const s3 = {
    endpoint: server.url,
    region: 'us-east-1',
    pathStyle: true,
    accessKey: 'reader',
    secretKey: secret,
    sessionToken: null,
  }
  const http = { hosts: [server.host], spoolFolder: join(top, 'spool') }
  return { roots: ['.'], forbidden: [], s3, http, ...more }
}

async function resolved(name: string, more?: Partial<SourceContext>): Promise<SourceAddress> {
  return (await resolveSources([[name]], contextOf(more), new AbortController().signal))[0][0]
}

async function failureOf(work: Promise<unknown>): Promise<MillraceError> {
  const thrown = await work.then(
    () => new Error('it was taken'),
    (error) => error,
  )
  expect(thrown).toBeInstanceOf(MillraceError)
  expect(String(thrown.message)).not.toContain(secret)
  return thrown
}

async function readAll(source: ByteSource, pieceBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (let position = 0; position < source.byteLength; position += pieceBytes) {
    const target = Buffer.alloc(pieceBytes)
    pieces.push(target.subarray(0, await source.read(position, target)))
  }
  return Buffer.concat(pieces)
}

const kinds = [
  ['s3', (path: string) => `s3:/${path}`],
  ['http', (path: string) => `${server.url}${path}`],
] as const

describe.each(kinds)('a file behind %s', (kind, nameOf) => {
  it('is found with its length and its ETag, and has them as its fingerprint', async () => {
    const bytes = randomBytes(1000)
    server.objects.set('/lake/a b/id.npy', bytes)
    const name = nameOf(kind === 's3' ? '/lake/a b/id.npy' : '/lake/a%20b/id.npy')
    const address = await resolved(name)
    expect(address).toMatchObject({ kind, name, byteLength: 1000, version: etagOf(bytes) })
    const source = await openSource(structuredClone(address))
    expect(source).toMatchObject({ name, byteLength: 1000 })
    expect(source.fingerprint).toBe(`1000-${etagOf(bytes)}`)
    expect(await readAll(source, 300)).toEqual(bytes)
    await source.close()
  })

  it('gives any bytes anywhere, and fewer only at the end', async () => {
    const bytes = randomBytes(300_000)
    server.objects.set('/lake/id.npy', bytes)
    const source = await openSource(await resolved(nameOf('/lake/id.npy')))
    const reads = [
      [299_990, 20],
      [0, 10],
      [10, 118],
      [70_000, 150_000],
      [69_999, 5],
      [400_000, 5],
      [0, 300_000],
    ]
    for (const [position, length] of reads) {
      const target = Buffer.alloc(length)
      const count = await source.read(position, target)
      const expected = bytes.subarray(position, position + length)
      expect(target.subarray(0, count).equals(expected)).toBe(true)
    }
    const targets = [Buffer.alloc(1000), Buffer.alloc(1000), Buffer.alloc(1000)]
    await Promise.all(targets.map((target, index) => source.read(index * 99_000, target)))
    targets.forEach((target, index) => {
      const begin = index * 99_000
      expect(target.equals(bytes.subarray(begin, begin + 1000))).toBe(true)
    })
    await source.close()
  })

  it('is read ahead in blocks that grow to 8 MiB, for a look at its beginning 64 KiB are enough', async () => {
    const bytes = randomBytes(40 * 1024 ** 2)
    server.objects.set('/lake/v.npy', bytes)
    const source = await openSource(await resolved(nameOf('/lake/v.npy')))
    server.asked.length = 0
    await source.read(0, new Uint8Array(10))
    await source.read(10, new Uint8Array(118))
    expect(server.asked.map(({ range }) => range)).toEqual(['bytes=0-65535'])
    expect((await readAll(source, 1024 ** 2)).equals(bytes)).toBe(true)
    const lengths = server.asked.map(({ range }) => {
      const [begin, last] = range!.slice('bytes='.length).split('-').map(Number)
      return last - begin + 1
    })
    expect(lengths.reduce((sum, length) => sum + length)).toBe(bytes.length)
    expect(Math.max(...lengths)).toBe(8 * 1024 ** 2)
    expect(lengths.length).toBeLessThan(15)
    await source.close()
  })

  it('is asked for again where a server is busy or a connection breaks', async () => {
    const bytes = randomBytes(200_000)
    server.objects.set('/lake/id.npy', bytes)
    let failures = 2
    server.before = (_request, response) => {
      if (failures-- <= 0) return false
      if (failures === 1) response.writeHead(503).end()
      else response.destroy()
      return true
    }
    const source = await openSource(await resolved(nameOf('/lake/id.npy')))
    failures = 2
    expect((await readAll(source, 50_000)).equals(bytes)).toBe(true)
    expect(failures).toBeLessThanOrEqual(0)
    await source.close()
  })

  it('is an error when it changes while it is read', async () => {
    server.objects.set('/lake/id.npy', randomBytes(200_000))
    const source = await openSource(await resolved(nameOf('/lake/id.npy')))
    await source.read(0, new Uint8Array(100))
    server.objects.set('/lake/id.npy', randomBytes(200_000))
    const failure = await failureOf(Promise.resolve(source.read(150_000, new Uint8Array(100))))
    expect(failure.kind).toBe('importFailed')
    expect(failure.message).toContain('changed while it was imported')
    await source.close()
  })

  it('must not be empty', async () => {
    server.objects.set('/lake/id.npy', Buffer.alloc(0))
    const name = nameOf('/lake/id.npy')
    expect((await failureOf(resolved(name))).message).toBe(`the file '${name}' size is zero`)
  })

  it('is told with its name where it may not be read', async () => {
    server.before = (_request, response) => Boolean(response.writeHead(403).end())
    const name = nameOf('/lake/id.npy')
    const failure = await failureOf(resolved(name))
    expect(failure.kind).toBe('importFailed')
    expect(failure.place.file).toBe(name)
    expect(failure.message).toMatch(/^failed to get file size of .*403/)
  })
})

describe('s3://bucket/key', () => {
  it('that is not there names the bucket, and up to three keys that are near', async () => {
    for (const key of [
      'data/ids.npy',
      'data/it.npy',
      'data/vector.npy',
      'data/w.npy',
      'x/id.npy',
    ]) {
      server.objects.set(`/lake/${key}`, Buffer.from('x'))
    }
    const failure = await failureOf(resolved('s3://lake/data/id.npy'))
    expect(failure.message).toBe(
      `failed to get file size of 's3://lake/data/id.npy', error: The specified key does not exist.: looked for the key 'data/id.npy' in the bucket 'lake' at ${server.url}; near it: 'data/ids.npy', 'data/it.npy', 'data/w.npy'`,
    )
    expect((await failureOf(resolved('s3://nowhere/id.npy'))).message).toContain('NoSuchBucket')
  })

  it('is refused where no S3 is configured, and where it is not such a name', async () => {
    const failure = await failureOf(resolved('s3://lake/id.npy', { s3: null }))
    expect(failure.message).toContain('no access to S3: start it with --s3-endpoint')
    expect((await failureOf(resolved('s3://lake'))).message).toContain('expected s3://bucket/key')
  })
})

describe('http://host/path', () => {
  it('is refused unless its host is listed, whatever the host is', async () => {
    const names = ['http://127.0.0.1/id.npy', 'http://example.com/id.npy', 'HTTP://[::1]:80/id.npy']
    for (const name of names) {
      const failure = await failureOf(resolved(name))
      expect(failure.message).toContain(`is not allowed: allowed are ${server.host}`)
    }
    const none = await failureOf(resolved(`${server.url}/id.npy`, { http: undefined }))
    expect(none.message).toContain('none is allowed; another is with --allow-http-host')
    expect(server.asked).toEqual([])
  })

  it('may redirect to a listed host, and to no other', async () => {
    server.objects.set('/lake/id.npy', Buffer.from('content'))
    let location = `${server.url}/lake/id.npy`
    server.before = (_request, response, path) => {
      if (path !== '/latest/id.npy') return false
      response.writeHead(302, { location }).end()
      return true
    }
    const source = await openSource(await resolved(`${server.url}/latest/id.npy`))
    expect(String(await readAll(source, 100))).toBe('content')
    await source.close()
    for (location of [
      'http://169.254.169.254/latest',
      '//localhost/x',
      'file:///etc/passwd',
      'http://',
    ])
      expect((await failureOf(resolved(`${server.url}/latest/id.npy`))).message).toMatch(
        /the server redirects to .*, which is not allowed$/,
      )
    location = '/latest/id.npy'
    const circle = await failureOf(resolved(`${server.url}/latest/id.npy`))
    expect(circle.message).toContain('redirects more than 5 times')
  })

  it('has no secrets in it, since it is stored and shown', async () => {
    for (const url of [`http://me:${secret}@${server.host}/a`, `${server.url}/a?sig=${secret}`]) {
      const failure = await failureOf(resolved(url))
      expect(failure.message).toContain('expected a URL without user, password, query and fragment')
    }
  })

  it('is copied once where the server gives no parts, and forgotten with its import', async () => {
    let text = 'all of it'
    server.before = (request, response) => {
      response.setHeader('etag', '"one"')
      if (request.headers.range === undefined && text.length === 9) response.write('half')
      return Boolean(response.end(text))
    }
    const name = `${server.url}/id.npy`
    const address = await resolved(name)
    expect(address).toMatchObject({ kind: 'spooled', name, byteLength: 13, version: '"one"' })
    const askedCount = server.asked.length
    const source = await openSource(structuredClone(address))
    expect(source).toMatchObject({ name, fingerprint: '13-"one"' })
    expect(String(await readAll(source, 5))).toBe('halfall of it')
    await source.close()
    expect(server.asked).toHaveLength(askedCount)
    await releaseSources([[address]])
    text = ''
    server.before = (_request, response) => Boolean(response.end(text))
    expect((await failureOf(resolved(name))).message).toBe(`the file '${name}' size is zero`)
    expect(readdirSync(join(top, 'spool'))).toEqual([])
  })

  it('is refused where the server gives no parts, and there is no place for a copy', async () => {
    server.before = (_request, response) => Boolean(response.end('all of it'))
    const http = { hosts: [server.host], spoolFolder: null }
    const failure = await failureOf(resolved(`${server.url}/id.npy`, { http }))
    expect(failure.message).toContain('range of bytes (206), got status 200')
  })

  it('leaves no copy behind where another file of its import cannot be had', async () => {
    server.before = (_request, response, path) => {
      if (path === '/absent.npy') response.writeHead(404)
      return Boolean(response.end('all of it'))
    }
    const groups = [['id', 'absent', 'v'].map((name) => `${server.url}/${name}.npy`)]
    const { signal } = new AbortController()
    await failureOf(resolveSources(groups, contextOf(), signal))
    expect(readdirSync(join(top, 'spool'))).toEqual([])
  })

  it('is not waited for where the host says nothing, when its import is stopped', async () => {
    const sockets: Socket[] = []
    const silent = createServer((socket) => void sockets.push(socket))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const host = `127.0.0.1:${(silent.address() as AddressInfo).port}`
    const stopped = new AbortController()
    const context = contextOf({ http: { hosts: [host], spoolFolder: null } })
    const work = resolveSources([[`http://${host}/id.npy`]], context, stopped.signal)
    while (sockets.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    stopped.abort(new Error('stopped'))
    await failureOf(work)
    for (const socket of sockets) socket.destroy()
    silent.close()
  })

  it('is not waited for when its import is stopped', async () => {
    server.before = (_request, response) => {
      response.write('it never ends')
      return true
    }
    const stopped = new AbortController()
    const work = resolveSources([[`${server.url}/id.npy`]], contextOf(), stopped.signal)
    await expect.poll(() => readdirSync(top)).toEqual(['spool'])
    stopped.abort()
    await failureOf(work)
  })
})

it('knows no other scheme', async () => {
  for (const name of ['file:///data/id.npy', 'gs://lake/id.npy', 'ftp://host/id.npy']) {
    const failure = await failureOf(resolved(name))
    expect(failure.message).toContain(`got the scheme '${name.slice(0, name.indexOf(':') + 3)}'`)
  }
})
