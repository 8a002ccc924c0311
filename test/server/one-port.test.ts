import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { Client, credentials } from '@grpc/grpc-js'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { OnePort } from '../../dist/server/one-port.js'
import { createUnaryServer } from '../../dist/server/unary-calls.js'

const identity = (bytes: Buffer): Buffer => bytes

describe('one port', () => {
  let logged: string[]
  let http: HttpServer
  let onePort: OnePort
  /** What slow calls have come to the servers. */
  let slowCalls: string[]

  beforeEach(async () => {
    logged = []
    slowCalls = []
    const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) })
    http = createHttpServer((request, response) => {
      const isSlow = request.url === '/slow'
      if (isSlow) slowCalls.push('http')
      setTimeout(() => response.end(`hello ${request.url}`), isSlow ? 100 : 0)
    })
    const grpc = createUnaryServer({
      checkPath: () => {},
      refusalOf: () => null,
      async answer({ message }) {
        const isSlow = message.toString() === 'slow'
        if (isSlow) slowCalls.push('grpc')
        await new Promise((resolve) => setTimeout(resolve, isSlow ? 100 : 0))
        return message
      },
    })
    onePort = await OnePort.listen({ host: '127.0.0.1', port: 0, http, grpc, tls: null, log })
  })

  afterEach(() => onePort.close(0))

  it('serves HTTP/1.1', async () => {
    const response = await fetch(`http://127.0.0.1:${onePort.port}/x`)
    expect(await response.text()).toBe('hello /x')
  })

  it('serves gRPC', async () => {
    expect(await echo(onePort.port, 'hi')).toBe('hi')
  })

  it('waits for a request whose first bytes arrive one at a time', async () => {
    const socket = connect(onePort.port, '127.0.0.1')
    for (const letter of 'POST /y HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n') {
      socket.write(letter)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    expect(await textOf(socket)).toContain('hello /y')
  })

  it('closes a TLS connection and says so', async () => {
    const socket = connect(onePort.port, '127.0.0.1')
    socket.write(Buffer.from([0x16, 0x03, 0x01]))
    expect(await textOf(socket)).toBe('')
    expect(logged.join()).toContain('TLS')
  })

  it('lets go of a peer that says nothing', { timeout: 10_000 }, async () => {
    const socket = connect(onePort.port, '127.0.0.1')
    socket.write('P')
    const beganMs = Date.now()
    expect(await textOf(socket)).toBe('')
    expect(Date.now() - beganMs).toBeGreaterThan(4_000)
  })

  it('names --port when the port is in use', async () => {
    const second = OnePort.listen({
      host: '127.0.0.1',
      port: onePort.port,
      http: createHttpServer(),
      grpc: { injectConnection: () => {}, drain: () => {} },
      log: pino({ level: 'silent' }),
    })
    await expect(second).rejects.toThrow(/in use.*--port/)
  })

  it('lets calls in flight finish when it closes, and refuses new ones', async () => {
    const { port } = onePort
    const slowEcho = echo(port, 'slow')
    const slowFetch = fetch(`http://127.0.0.1:${port}/slow`).then((response) => response.text())
    await vi.waitFor(() => expect(slowCalls).toHaveLength(2))
    await onePort.close(5_000)
    expect(await slowEcho).toBe('slow')
    expect(await slowFetch).toBe('hello /slow')
    await expect(fetch(`http://127.0.0.1:${port}/x`)).rejects.toThrow()
  })

  it('ends what does not finish in time when it closes', async () => {
    const socket = connect(onePort.port, '127.0.0.1')
    socket.write('POST /never HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n')
    await new Promise((resolve) => setTimeout(resolve, 50))
    const ended = textOf(socket)
    const beganMs = Date.now()
    await onePort.close(100)
    await ended
    expect(Date.now() - beganMs).toBeLessThan(1_000)
  })
})

function echo(port: number, message: string): Promise<string> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  return new Promise<string>((resolve, reject) => {
    client.makeUnaryRequest(
      '/test.Echo/Echo',
      identity,
      identity,
      Buffer.from(message),
      (error, reply) => (error ? reject(error) : resolve(String(reply))),
    )
  }).finally(() => client.close())
}

async function textOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
