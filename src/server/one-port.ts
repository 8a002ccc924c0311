import type { Server as HttpServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createServer, TLSSocket, type Server as TlsServer } from 'node:tls'
import type { Logger } from 'pino'
import { MillraceError } from '../errors.js'

/** A peer that has not said by then what it speaks is let go. */
const firstBytesTimeoutMs = 5_000

/** Where connections that begin with HTTP/2's preface go. */
export interface GrpcConnections {
  injectConnection(socket: Socket): void
  /** Lets calls in flight finish and ends the connections. */
  drain(): void
}

/** A certificate and its private key, in PEM. */
export interface TlsIdentity {
  readonly cert: Buffer
  readonly key: Buffer
}

interface OnePortOptions {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  readonly grpc: GrpcConnections
  /** Fresh: the port takes it over, and listens with it. */
  readonly http: HttpServer
  /** Then nothing is served without TLS; null: nothing with it. */
  readonly tls: TlsIdentity | null
  readonly log: Logger
}

/**
 * One listening port for gRPC and HTTP/1.1, told apart by a connection's first bytes. The HTTP server is
 * the one that listens, since Node's timeouts and its orderly close work only then; its own way of
 * accepting a connection is kept for those that turn out to be HTTP/1.1.
 */
export class OnePort {
  readonly #options: OnePortOptions
  /** null: no TLS. */
  readonly #tlsServer: TlsServer | null
  readonly #acceptHttp: (socket: Socket) => void
  readonly #sockets = new Set<Socket>()
  #isClosing = false

  private constructor(options: OnePortOptions) {
    const { http } = options
    this.#options = options
    this.#tlsServer = options.tls && this.#secured(options.tls)
    const [accept] = http.listeners('connection')
    this.#acceptHttp = (socket) => accept.call(http, socket)
    http.off('connection', accept as () => void)
    http.on('connection', (socket) => this.#accept(socket))
    http.on('request', (_request, response) => {
      response.once('close', () => this.#isClosing && http.closeIdleConnections())
    })
  }

  /** @throws ioFailed when the address cannot be had; the message names the option that changes it */
  static async listen(options: OnePortOptions): Promise<OnePort> {
    const onePort = new OnePort(options)
    await listening(options)
    options.http.on('error', (error) => options.log.error({ err: error }, 'cannot accept'))
    return onePort
  }

  get port(): number {
    return (this.#options.http.address() as AddressInfo).port
  }

  /** Stops accepting, lets what is in flight finish for `graceMs`, then ends it. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true
    const closed = new Promise((resolve) => this.#options.http.close(resolve))
    this.#options.grpc.drain()
    const force = setTimeout(() => this.#destroySockets(), graceMs)
    await closed
    clearTimeout(force)
  }

  #destroySockets(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #accept(socket: Socket): void {
    socket.allowHalfOpen = false
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', (error) => this.#options.log.debug({ err: error }, 'connection broke'))
    awaitProtocol(socket, (protocol) => this.#handOver(socket, protocol))
  }

  #handOver(socket: Socket, protocol: Protocol): void {
    const isSecure = socket instanceof TLSSocket
    if (this.#isClosing) {
      socket.destroy()
    } else if (this.#tlsServer && !isSecure) {
      if (protocol === 'tls') this.#tlsServer.emit('connection', socket)
      else this.#refuse(socket, 'a client began without TLS, which this server demands')
    } else if (protocol === 'grpc') {
      this.#options.grpc.injectConnection(socket)
    } else if (protocol === 'http') {
      socket.allowHalfOpen = true
      this.#acceptHttp(socket)
    } else {
      this.#refuse(socket, 'a client began with TLS, which this server does not speak')
    }
  }

  #secured(identity: TlsIdentity): TlsServer {
    const server = createTlsServer(identity)
    server.on('secureConnection', (socket) => this.#accept(socket))
    server.on('tlsClientError', (error) => this.#options.log.debug({ err: error }, 'no TLS'))
    return server
  }

  #refuse(socket: Socket, reason: string): void {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`
    this.#options.log.warn({ peer }, reason)
    socket.destroy()
  }
}

/** A browser, which offers HTTP/1.1 too, is served by that; gRPC offers HTTP/2 alone. It listens nowhere. */
function createTlsServer({ cert, key }: TlsIdentity): TlsServer {
  return createServer({
    cert,
    key,
    minVersion: 'TLSv1.2',
    handshakeTimeout: firstBytesTimeoutMs,
    ALPNCallback: ({ protocols }) =>
      ['http/1.1', 'h2'].find((protocol) => protocols.includes(protocol)),
  })
}

async function listening({ http, host, port }: OnePortOptions): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      http.once('error', reject)
      http.listen({ host, port }, () => {
        http.off('error', reject)
        resolve()
      })
    })
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, host, port)
  }
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): MillraceError {
  return new MillraceError('ioFailed', listenMessage(error, host, port), {}, error)
}

function listenMessage(error: NodeJS.ErrnoException, host: string, port: number): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${port} on ${host} is in use by another process: choose another with --port, or end that process`
    case 'EACCES':
      return `port ${port} on ${host} needs more rights than this process has: choose another with --port`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `"${host}" is not an address of this machine: choose another with --host`
    default:
      return `cannot listen on ${host} port ${port}: ${error.message}`
  }
}

type Protocol = 'grpc' | 'http' | 'tls'

/** The bytes may arrive one at a time; they are put back for whoever reads the connection next. */
function awaitProtocol(socket: Socket, decided: (protocol: Protocol) => void): void {
  let first: Buffer = Buffer.alloc(0)
  const timer = setTimeout(() => socket.destroy(), firstBytesTimeoutMs)
  socket.once('close', () => clearTimeout(timer))
  const onReadable = (): void => {
    const bytes: Buffer | null = socket.read()
    if (bytes === null) return
    first = Buffer.concat([first, bytes])
    const protocol = protocolOf(first)
    if (protocol === null) return
    clearTimeout(timer)
    socket.off('readable', onReadable)
    socket.unshift(first)
    decided(protocol)
  }
  socket.on('readable', onReadable)
}

/** HTTP/2 begins with `PRI * HTTP/2.0`, TLS with a handshake record (0x16). null: not to be told yet. */
function protocolOf(first: Buffer): Protocol | null {
  if (first[0] === 0x16) return 'tls'
  const preface = 'PRI'
  if (first.length >= preface.length) {
    return first.toString('latin1', 0, preface.length) === preface ? 'grpc' : 'http'
  }
  return preface.startsWith(first.toString('latin1')) ? null : 'http'
}
