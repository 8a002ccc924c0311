import { once } from 'node:events'
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GrpcError, grpcCodes } from '../../dist/server/grpc-status.js'
import { frameOf, frameTypes, settingsFrame } from '../../dist/server/http2/frame.js'
import { headerBlock } from '../../dist/server/http2/header-block.js'
import { createUnaryServer, type UnaryCall } from '../../dist/server/unary-calls.js'

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const grpcHeaders = { ':method': 'POST', ':path': '/echo', 'content-type': 'application/grpc' }

describe('unary calls of gRPC', () => {
  let server: Server
  let connections: ReturnType<typeof createUnaryServer>
  let session: ClientHttp2Session
  let port: number
  let calls: UnaryCall[]
  let refusal: Promise<string | null> | null

  beforeEach(async () => {
    calls = []
    refusal = null
    connections = createUnaryServer({
      checkPath(path) {
        if (path === '/none') throw new GrpcError(grpcCodes.unimplemented, 'no 100% such é')
      },
      refusalOf: () => refusal,
      async answer(call) {
        calls.push(call)
        if (call.path === '/never') return aborted(call.signal)
        if (call.path === '/headers') return Buffer.from(JSON.stringify([...call.headers]))
        return call.message
      },
    })
    server = createServer((socket) => connections.injectConnection(socket.on('error', () => {})))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    port = (server.address() as AddressInfo).port
    session = connectHttp2(`http://127.0.0.1:${port}`)
    session.on('error', () => {})
  })

  afterEach(() => {
    session.destroy()
    server.close()
  })

  it('answers a message', async () => {
    const { headers, trailers, message } = await call(session, '/echo', Buffer.from('hi'))
    expect(headers).toMatchObject({ ':status': 200, 'content-type': 'application/grpc+proto' })
    expect(trailers).toMatchObject({ 'grpc-status': '0' })
    expect(message.toString()).toBe('hi')
  })

  it('answers many calls of one connection, of any size, each with its own', async () => {
    const sizes = Array.from({ length: 60 }, (_, at) => (at % 7) ** 7 + at)
    const messages = sizes.map((size, at) => Buffer.alloc(size, at))
    const answers = await Promise.all(messages.map((message) => call(session, '/echo', message)))
    for (const [at, { message }] of answers.entries())
      expect(message.equals(messages[at])).toBe(true)
  })

  it('takes and gives messages that are larger than every window', async () => {
    const sent = Buffer.alloc(40 * 1024 * 1024, 'milvus')
    const { message } = await call(session, '/echo', sent)
    expect(message.equals(sent)).toBe(true)
  })

  it('reads whatever headers a client packs, in one or several frames, over and over', async () => {
    const text = fc.string({ unit: fc.constantFrom(...' !"#%&*/09:@AZ[]_`az{|}~'), maxLength: 400 })
    const name = fc.string({ unit: fc.constantFrom(...'abcxyz-09'), minLength: 1, maxLength: 9 })
    const metadata = fc.dictionary(name, text, { maxKeys: 20 })
    await fc.assert(
      fc.asyncProperty(fc.array(metadata, { minLength: 1, maxLength: 4 }), async (lists) => {
        for (const list of lists) {
          const own = Object.fromEntries(
            Object.entries(list).map(([key, value]) => [`x-${key}`, value.trim()]),
          )
          const { message } = await call(session, '/headers', Buffer.alloc(0), own)
          expect(Object.fromEntries(JSON.parse(message.toString()))).toMatchObject(own)
        }
      }),
      { numRuns: 60, seed: 7 },
    )
  })

  it('reads padded frames', async () => {
    const padded = connectHttp2(`http://127.0.0.1:${port}`, {
      paddingStrategy: constants.PADDING_STRATEGY_MAX,
    })
    const { message } = await call(padded, '/echo', Buffer.alloc(100_000, 'x'))
    expect(message.toString()).toBe('x'.repeat(100_000))
    padded.destroy()
  })

  it('reads what arrives byte by byte', async () => {
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    for (const byte of rawCall(1, Buffer.from('slowly'))) {
      socket.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await vi.waitFor(() => expect(calls.map(({ message }) => String(message))).toEqual(['slowly']))
    socket.destroy()
  })

  it('reads a compressed message', async () => {
    const packed = gzipSync('packed')
    const { message } = await call(session, '/echo', packed, { 'grpc-encoding': 'gzip' }, 1)
    expect(message.toString()).toBe('packed')
  })

  it.each([
    ['a compression it does not know', '12', { 'grpc-encoding': 'lz9' }, 1],
    ['bytes that are not compressed', '13', { 'grpc-encoding': 'gzip' }, 1],
    ['a deadline that is no time', '13', { 'grpc-timeout': 'soon' }, 0],
    ['a method that is not there', '12', { ':path': '/none' }, 0],
  ])('refuses %s', async (_what, status, headers, flag) => {
    const { headers: answer } = await call(session, '/echo', Buffer.from('x'), headers, flag)
    expect(answer['grpc-status']).toBe(status)
  })

  it('tells why in ASCII', async () => {
    const { headers } = await call(session, '/none', Buffer.alloc(0))
    expect(headers['grpc-message']).toBe('no 100%25 such %C3%A9')
  })

  it('refuses other content', async () => {
    const { headers } = await call(session, '/echo', Buffer.alloc(0), {
      'content-type': 'text/html',
    })
    expect(headers[':status']).toBe(415)
  })

  it('refuses a message that would be too large before it has come', async () => {
    const stream = session.request(grpcHeaders)
    stream.on('error', () => {})
    stream.write(Buffer.from([0, 0x7f, 0, 0, 0, 1]))
    const [headers] = await once(stream, 'response')
    expect(headers['grpc-status']).toBe('8')
  })

  it('refuses who may not come in, and does not look at the message', async () => {
    refusal = Promise.resolve('who are you')
    const { headers } = await call(session, '/echo', Buffer.from('hi'))
    expect(headers).toMatchObject({ 'grpc-status': '16', 'grpc-message': 'who are you' })
    expect(calls).toEqual([])
  })

  it('takes a large message of somebody whom it knows only later', async () => {
    refusal = new Promise((resolve) => setTimeout(() => resolve(null), 50))
    const sent = Buffer.alloc(20 * 1024 * 1024, 'abc')
    const { message } = await call(session, '/echo', sent)
    expect(message.equals(sent)).toBe(true)
  })

  it('gives up when the deadline passes', async () => {
    const { headers } = await call(session, '/never', Buffer.from('x'), { 'grpc-timeout': '30m' })
    expect(headers['grpc-status']).toBe('4')
    expect(calls[0].signal.aborted).toBe(true)
  })

  it('stops when the client gives up', async () => {
    const stream = session.request({ ...grpcHeaders, ':path': '/never' })
    stream.end(framed(Buffer.from('x')))
    await vi.waitFor(() => expect(calls).toHaveLength(1))
    expect(calls[0].signal.aborted).toBe(false)
    stream.close(constants.NGHTTP2_CANCEL)
    await vi.waitFor(() => expect(calls[0].signal.aborted).toBe(true))
  })

  it('stops when the connection breaks', async () => {
    session
      .request({ ...grpcHeaders, ':path': '/never' })
      .on('error', () => {})
      .end(framed(Buffer.from('x')))
    await vi.waitFor(() => expect(calls).toHaveLength(1))
    session.destroy()
    await vi.waitFor(() => expect(calls[0].signal.aborted).toBe(true))
  })

  it('answers pings', async () => {
    await call(session, '/echo', Buffer.alloc(0))
    const payload = Buffer.from('12345678')
    const answer = await new Promise((resolve) => {
      session.ping(payload, (_error, _duration, back) => resolve(back))
    })
    expect(answer).toEqual(payload)
  })

  it('says goodbye when it drains, and ends', async () => {
    await call(session, '/echo', Buffer.alloc(0))
    const goodbye = once(session, 'goaway')
    const closed = once(session, 'close')
    connections.drain()
    expect((await goodbye)[0]).toBe(constants.NGHTTP2_NO_ERROR)
    await closed
  })

  it.each([
    ['no preface', 'protocol', Buffer.from('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n'), 1],
    ['a frame that is too long', 'frameSize', raw(Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 1])), 6],
    ['data of a stream that is not open', 'protocol', raw(frameOf(0, 1, 5, Buffer.alloc(3))), 1],
    ['headers that cannot be read', 'compression', raw(frameOf(1, 5, 1, Buffer.of(0xff, 0xff))), 9],
    ['headers of an even stream', 'protocol', raw(frameOf(1, 5, 2, Buffer.of(0x82))), 1],
    ['a promise', 'protocol', raw(frameOf(5, 4, 1, Buffer.alloc(4))), 1],
    [
      'headers that stop',
      'protocol',
      raw(frameOf(1, 0, 1, Buffer.of(0x82)), frameOf(6, 0, 0, Buffer.alloc(8))),
      1,
    ],
    [
      'a window that is too wide',
      'flowControl',
      raw(frameOf(8, 0, 0, Buffer.of(0x7f, 0xff, 0xff, 0xff))),
      3,
    ],
  ])('breaks off at %s', async (_what, _error, bytes, code) => {
    const socket = connect(port, '127.0.0.1')
    socket.write(bytes)
    const frames = framesIn(await bytesOf(socket))
    const goAway = frames.find(({ type }) => type === frameTypes.goAway)
    expect(goAway?.payload.readUInt32BE(4)).toBe(code)
  })
})

function raw(...frames: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from(preface), settingsFrame([]), ...frames])
}

function rawCall(streamId: number, message: Buffer): Buffer {
  const headers = headerBlock(Object.entries(grpcHeaders))
  return raw(
    frameOf(frameTypes.headers, 0, streamId, headers.subarray(0, 10)),
    frameOf(frameTypes.continuation, 4, streamId, headers.subarray(10)),
    frameOf(frameTypes.data, 1, streamId, framed(message)),
  )
}

function framesIn(bytes: Buffer): { type: number; payload: Buffer }[] {
  const frames = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 9 + bytes.readUIntBE(at, 3)
    frames.push({ type: bytes[at + 3], payload: bytes.subarray(at + 9, end) })
    at = end
  }
  return frames
}

async function bytesOf(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function framed(message: Buffer, flag = 0): Buffer {
  const prefix = Buffer.alloc(5)
  prefix[0] = flag
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

async function call(
  session: ClientHttp2Session,
  path: string,
  message: Buffer,
  more: OutgoingHttpHeaders = {},
  flag = 0,
) {
  const stream = session.request({ ...grpcHeaders, ':path': path, ...more })
  let headers: IncomingHttpHeaders = {}
  let trailers: IncomingHttpHeaders = {}
  stream.once('response', (told) => {
    headers = told
  })
  stream.once('trailers', (told) => {
    trailers = told
  })
  stream.end(framed(message, flag))
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return { headers, trailers, message: Buffer.concat(chunks).subarray(5) }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')))
  })
}
