import type { Socket } from 'node:net'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { Breath } from '../util/breath.js'
import { CallSignal } from './call-signal.js'
import { GrpcError, grpcCodes } from './grpc-status.js'
import { headerBlock } from './http2/header-block.js'
import type { Headers } from './http2/header-decoder.js'
import { Http2Connection, type Http2Stream, type StreamListener } from './http2/http2-connection.js'
import type { Answer } from './http2/outbox.js'
import type { GrpcConnections } from './one-port.js'

/** Of one message: an insert, or an answer. */
const messageBytesMax = 512 * 1024 * 1024
/** Before a message: whether it is compressed, and its length in 32 bits. */
const prefixBytes = 5
/** A status's text is cut there: headers have no room for more. */
const statusCharactersMax = 2048

/** A call of a method with one request and one answer. */
export interface UnaryCall {
  readonly path: string
  /** The caller's metadata, among them those of the protocol itself. */
  readonly headers: Headers
  readonly message: Buffer
  /** Aborted when the client gives up or its deadline passes. */
  readonly signal: AbortSignal
}

interface Service {
  /** @throws GrpcError, also for a path that is no method */
  checkPath(path: string): void
  /** Before anything of the message counts. @returns why the caller is refused, or null */
  refusalOf(headers: Headers, peerAddress: string): Promise<string | null> | null
  /** @returns the answer's message. @throws GrpcError */
  answer(call: UnaryCall): Promise<Buffer>
}

/** Serves gRPC's unary calls on connections that it is handed. */
export function createUnaryServer(service: Service): GrpcConnections {
  const connections = new Set<Http2Connection>()
  return {
    injectConnection(socket: Socket) {
      const connection = new Http2Connection(socket, (stream) => accept(service, stream))
      connections.add(connection)
      socket.once('close', () => connections.delete(connection))
    },
    drain() {
      for (const connection of connections) connection.drain()
    },
  }
}

function accept(service: Service, stream: Http2Stream): StreamListener | null {
  const { headers } = stream
  const path = headers.get(':path')
  if (path === undefined || !headers.has(':method')) {
    stream.refuse()
    return null
  }
  if (!headers.get('content-type')?.startsWith('application/grpc')) {
    stream.answer(unsupportedMedia)
    return null
  }
  try {
    service.checkPath(path)
    return new Call(service, stream, path)
  } catch (error) {
    stream.answer(failure(error))
    return null
  }
}

/** A call from its headers to its answer. */
class Call implements StreamListener, UnaryCall {
  readonly #service: Service
  readonly #stream: Http2Stream
  readonly path: string
  #chunks: Buffer[] = []
  #byteCount = 0
  /** Of the message, when its prefix has come; -1 before. */
  #length = -1
  #message: Buffer = Buffer.alloc(0)
  /** Whether the caller may come in; null: nobody asks any more. */
  #admission: Promise<boolean> | null
  #deadline: NodeJS.Timeout | null = null
  #signal: CallSignal | null = null
  #isOver = false

  /** @throws GrpcError */
  constructor(service: Service, stream: Http2Stream, path: string) {
    this.#service = service
    this.#stream = stream
    this.path = path
    const timeoutMs = timeoutMsFrom(stream.headers.get('grpc-timeout'))
    if (timeoutMs !== null) this.#deadline = setTimeout(() => this.#expire(), timeoutMs)
    const refusal = service.refusalOf(stream.headers, stream.peerAddress)
    this.#admission = refusal && this.#admit(refusal)
  }

  get headers(): Headers {
    return this.#stream.headers
  }

  get message(): Buffer {
    return this.#message
  }

  /** Made when it is first asked for: most calls are over before anything looks. */
  get signal(): AbortSignal {
    if (!this.#signal) {
      this.#signal = new CallSignal()
      if (this.#isOver) this.#signal.abort()
    }
    return this.#signal
  }

  onData(bytes: Buffer): void {
    if (this.#isOver) return
    this.#chunks.push(bytes)
    this.#byteCount += bytes.length
    if (this.#length < 0) this.#readPrefix()
    // Who may not come in yet sends no more than what everybody may.
    if (this.#admission === null) this.#stream.grant(bytes.length)
  }

  onEnd(): void {
    void this.#answer()
  }

  onCancel(): void {
    this.#finish()
    this.#signal?.abort()
  }

  async #admit(refusing: Promise<string | null>): Promise<boolean> {
    const refusal = await refusing
    this.#admission = null
    if (refusal === null) this.#stream.grant(this.#byteCount)
    else this.#fail(new GrpcError(grpcCodes.unauthenticated, refusal))
    return refusal === null
  }

  #readPrefix(): void {
    if (this.#byteCount < prefixBytes) return
    const prefix = joined(this.#chunks)
    this.#chunks = [prefix]
    this.#length = prefix.readUInt32BE(1)
    if (this.#length <= messageBytesMax) return
    const message = `Received message larger than max (${this.#length} vs ${messageBytesMax})`
    this.#fail(new GrpcError(grpcCodes.resourceExhausted, message))
  }

  async #answer(): Promise<void> {
    try {
      if (this.#admission && !(await this.#admission)) return
      if (this.#isOver) return
      const isLarge = this.#byteCount > joinedAtOnceMax
      const bytes = isLarge ? await joinedInTurns(this.#chunks) : joined(this.#chunks)
      this.#message = await messageIn(bytes, this.headers)
      this.#chunks = []
      if (this.#isOver) return
      const answer = await this.#service.answer(this)
      if (this.#isOver) return
      this.#finish()
      this.#stream.answer(success(answer))
    } catch (error) {
      this.#fail(error)
    }
  }

  #expire(): void {
    this.#fail(new GrpcError(grpcCodes.deadlineExceeded, 'Deadline exceeded'))
    this.#signal?.abort()
  }

  #fail(error: unknown): void {
    if (this.#isOver) return
    this.#finish()
    this.#stream.answer(failure(error))
  }

  #finish(): void {
    this.#isOver = true
    this.#chunks = []
    if (this.#deadline) clearTimeout(this.#deadline)
  }
}

function joined(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
}

/** To copy more bytes than these takes milliseconds, most of them for pages that are touched first. */
const joinedAtOnceMax = 4 * 1024 * 1024

/** In a buffer of its own, so that it can be moved to another thread; others have their turns meanwhile. */
async function joinedInTurns(chunks: readonly Buffer[]): Promise<Buffer> {
  const whole = Buffer.allocUnsafeSlow(chunks.reduce((sum, { length }) => sum + length, 0))
  const breath = new Breath()
  let at = 0
  for (const chunk of chunks) {
    if (breath.isDue) await breath.take()
    at += chunk.copy(whole, at)
  }
  return whole
}

const unitsMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
}

/** Node's timers take no longer span; as good as none. */
const timeoutMsMax = 0x7fffffff

/** null: no deadline. @throws GrpcError */
function timeoutMsFrom(text: string | undefined): number | null {
  if (text === undefined) return null
  const [, digits, unit] = /^(\d{1,8})\s*([HMSmun])$/.exec(text) ?? []
  if (digits === undefined) {
    throw new GrpcError(grpcCodes.internal, `Invalid grpc-timeout value "${text}"`)
  }
  const timeoutMs = Number(digits) * unitsMs[unit]
  return timeoutMs > timeoutMsMax ? null : timeoutMs
}

/** @throws GrpcError unless the bytes are one message, whole */
function messageIn(bytes: Buffer, headers: Headers): Buffer | Promise<Buffer> {
  if (bytes.length < prefixBytes) {
    throw new GrpcError(grpcCodes.unimplemented, 'Received no request message for unary method')
  }
  const message = bytes.subarray(prefixBytes)
  const length = bytes.readUInt32BE(1)
  if (message.length > length) {
    throw new GrpcError(grpcCodes.unimplemented, 'Received more than one request message')
  }
  if (message.length < length) {
    throw new GrpcError(grpcCodes.internal, `Received ${message.length} of ${length} bytes`)
  }
  if (bytes[0] === 0) return message
  return inflated(message, headers.get('grpc-encoding') ?? 'identity')
}

const inflators = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const

async function inflated(message: Buffer, encoding: string): Promise<Buffer> {
  if (encoding !== 'gzip' && encoding !== 'deflate') {
    const text = `Received message compressed with unsupported encoding "${encoding}"`
    throw new GrpcError(grpcCodes.unimplemented, text)
  }
  // The types know only the one of several forms that takes no options.
  const inflate = inflators[encoding] as (bytes: Buffer, options: object) => Promise<Buffer>
  try {
    return await inflate(message, { maxOutputLength: messageBytesMax })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      const text = `Received message that decompresses to a size larger than ${messageBytesMax}`
      throw new GrpcError(grpcCodes.resourceExhausted, text)
    }
    throw new GrpcError(grpcCodes.internal, `Received message that is no ${encoding}`)
  }
}

const statusHeaders = [
  [':status', '200'],
  ['content-type', 'application/grpc+proto'],
] as const
const acceptHeaders = [
  ['grpc-encoding', 'identity'],
  ['grpc-accept-encoding', 'identity,deflate,gzip'],
] as const
const successHeaders = headerBlock([...statusHeaders, ...acceptHeaders])
const successTrailers = headerBlock([['grpc-status', '0']])
const noTrailers = Buffer.alloc(0)

const unsupportedMedia: Answer = {
  headers: headerBlock([[':status', '415']]),
  body: null,
  trailers: noTrailers,
}

function success(message: Buffer): Answer {
  if (message.length > messageBytesMax) {
    const text = `Sent message larger than max (${message.length} vs. ${messageBytesMax})`
    return failure(new GrpcError(grpcCodes.resourceExhausted, text))
  }
  const body = Buffer.allocUnsafe(prefixBytes + message.length)
  body[0] = 0
  body.writeUInt32BE(message.length, 1)
  message.copy(body, prefixBytes)
  return { headers: successHeaders, body, trailers: successTrailers }
}

function failure(error: unknown): Answer {
  const code = error instanceof GrpcError ? error.code : grpcCodes.internal
  const message = error instanceof Error ? error.message : String(error)
  const headers = headerBlock([
    ...statusHeaders,
    ['grpc-status', String(code)],
    ['grpc-message', percentEncoded(message.slice(0, statusCharactersMax))],
  ])
  return { headers, body: null, trailers: noTrailers }
}

/** gRPC: what is not printable ASCII, and `%`, as `%` and two digits for each byte. */
function percentEncoded(text: string): string {
  const bytes = Buffer.from(text, 'utf8')
  return Array.from(bytes, (byte) =>
    byte >= 0x20 && byte <= 0x7e && byte !== 0x25
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('')
}
