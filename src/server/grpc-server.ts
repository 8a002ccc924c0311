import type { Logger } from 'pino'
import type { Engine } from '../engines/engine.js'
import { type MillraceError, millraceErrorFrom } from '../errors.js'
import { decode, encode, type MessageInput, type MessageName } from '../wire/codec.js'
import { type Method, type MethodName, methods } from '../wire/methods.js'
import { statusFromError, successStatus } from '../wire/status.js'
import type { Authenticator } from './auth/authenticator.js'
import { deniedOf } from './auth/authorization.js'
import { asksForOwnRole, intentOf } from './auth/call-intent.js'
import { type Credentials, grpcCredentials } from './auth/credentials.js'
import { databaseNamed, defaultDatabaseName } from './database.js'
import type { Call, Handler } from './grpc/call.js'
import { handlers } from './grpc/handlers.js'
import { decodeBesideRows, hasRowsApart } from './grpc/sent-rows.js'
import { GrpcError, grpcCodes } from './grpc-status.js'
import type { Headers } from './http2/header-decoder.js'
import { logFailure } from './log-failure.js'
import type { GrpcConnections } from './one-port.js'
import { createUnaryServer, type UnaryCall } from './unary-calls.js'

interface GrpcOptions {
  readonly engine: Engine
  /** null: everybody may come in, and may everything. */
  readonly authenticator: Authenticator | null
  readonly log: Logger
}

/** Milvus's gRPC service, on connections that it is handed. */
export function createGrpcServer(options: GrpcOptions): GrpcConnections {
  const { authenticator } = options
  return createUnaryServer({
    checkPath: (path) => void methodAt(path),
    refusalOf: (headers, peerAddress) =>
      authenticator?.refusalOf(credentialsOf(headers), peerAddress) ?? null,
    answer: (call) => answer(options, call),
  })
}

type AnyHandler = Handler<MethodName> & ((call: Call, request: object) => unknown)

/** A method that is answered. */
interface Answered {
  readonly method: Method
  readonly handler: AnyHandler
}

const methodsByPath: ReadonlyMap<string, Method> = new Map(
  Object.values(methods).map((method) => [method.path, method]),
)

/** @throws GrpcError */
function methodAt(path: string): Answered {
  const method = methodsByPath.get(path)
  if (!method) {
    const message = `The server does not implement the method ${path}`
    throw new GrpcError(grpcCodes.unimplemented, message)
  }
  const handler = handlers[method.name] as AnyHandler | undefined
  if (handler) return { method, handler }
  throw new GrpcError(grpcCodes.unimplemented, `not supported by millrace: ${method.name}`)
}

/** Errors are told in the response's status: SDKs would repeat a call that fails in gRPC itself. */
async function answer(context: GrpcOptions, unaryCall: UnaryCall): Promise<Buffer> {
  const { method, handler } = methodAt(unaryCall.path)
  const beganMs = performance.now()
  const ended = (): object => ({ rpc: method.name, ms: Math.round(performance.now() - beganMs) })
  try {
    const { message } = unaryCall
    const isApart = hasRowsApart(method.request, message)
    const request = isApart
      ? decodeBesideRows(method.request, message)
      : decode(method.request, message)
    const call = new ServedCall(context, unaryCall, request, isApart ? message : null)
    checkCall(call, method, request)
    const reply = await handler(call, request)
    const bytes = encodeReply(method.response, successStatus, reply)
    if (context.log.isLevelEnabled('debug')) context.log.debug(ended(), 'call')
    return bytes
  } catch (thrown) {
    const isDenied = thrown instanceof PermissionDenied
    const error = millraceErrorFrom(isDenied ? thrown.cause : thrown)
    logFailure(context.log, ended(), error)
    if (isDenied) throw thrown
    return encodeReply(method.response, statusFromError(error), {})
  }
}

/** What a handler is told beside its request. Most ask for little of it. */
class ServedCall implements Call {
  readonly engine: Engine
  readonly userName: string | null
  readonly undecodedRows: Uint8Array | null
  readonly #unaryCall: UnaryCall
  readonly #request: object

  constructor(
    { engine, authenticator }: GrpcOptions,
    unaryCall: UnaryCall,
    request: object,
    undecodedRows: Uint8Array | null,
  ) {
    this.undecodedRows = undecodedRows
    this.engine = engine
    this.userName = authenticator ? userNameIn(unaryCall) : null
    this.#unaryCall = unaryCall
    this.#request = request
  }

  get signal(): AbortSignal {
    return this.#unaryCall.signal
  }

  get dbName(): string {
    return databaseNamed(this.engine, ...this.databaseNames)
  }

  /** The request's own, then the connection's. */
  get databaseNames(): readonly string[] {
    const request = this.#request
    const named = 'db_name' in request ? request.db_name : 'dbName' in request && request.dbName
    return [String(named || ''), this.#unaryCall.headers.get('dbname') ?? '']
  }
}

/** Who it is was found out before the call came here. */
function userNameIn({ headers }: UnaryCall): string {
  const credentials = credentialsOf(headers)
  return 'fault' in credentials ? '' : credentials.userName
}

function credentialsOf(headers: Headers): Credentials {
  return grpcCredentials(headers.get('authorization'))
}

/** Milvus: what a caller may not do is told by gRPC itself, and SDKs do not try it again. */
class PermissionDenied extends GrpcError {
  constructor(denied: MillraceError) {
    super(grpcCodes.permissionDenied, denied.message, denied)
  }
}

/** @throws PermissionDenied */
function checkCall(call: ServedCall, method: Method, request: object): void {
  const { engine, userName } = call
  if (userName === null || asksForOwnRole(engine.access, userName, method, request)) return
  const dbName = call.databaseNames.find((name) => name !== '') ?? defaultDatabaseName
  const denied = deniedOf(engine, userName, intentOf(method, request, dbName))
  if (denied) throw new PermissionDenied(denied)
}

function encodeReply(
  name: MessageName,
  status: MessageInput<'Status'>,
  reply: object | undefined,
): Buffer {
  if (name === 'Status') return encode(name, status)
  // The largest ones come with it: a copy of an object costs more than the rest of what is done here.
  if (reply && 'status' in reply) return encode(name, reply)
  // The one response that calls its status otherwise.
  const member = name === 'AlterCollectionSchemaResponse' ? 'alter_status' : 'status'
  return encode(name, { ...reply, [member]: status })
}
