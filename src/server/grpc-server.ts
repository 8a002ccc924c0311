import {
  status as GrpcStatus,
  Server,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js'
import type { Logger } from 'pino'
import type { Engine } from '../engines/engine.js'
import { type MillraceError, millraceErrorFrom } from '../errors.js'
import { decode, encode, type MessageInput, type MessageName } from '../wire/codec.js'
import { type Method, type MethodName, methods } from '../wire/methods.js'
import { statusFromError, successStatus } from '../wire/status.js'
import { authenticationInterceptor, credentialsOf } from './auth/authentication-interceptor.js'
import type { Authenticator } from './auth/authenticator.js'
import { deniedOf } from './auth/authorization.js'
import { asksForOwnRole, intentOf } from './auth/call-intent.js'
import { databaseNamed, defaultDatabaseName } from './database.js'
import type { Call, Handler } from './grpc/call.js'
import { handlers } from './grpc/handlers.js'
import { logFailure } from './log-failure.js'
import type { GrpcConnections } from './one-port.js'
import { createWideInjector } from './wide-windows.js'

/** Of one message: an insert, or an answer. */
const messageBytesMax = 512 * 1024 * 1024

interface GrpcServer extends GrpcConnections {
  /** Ends whatever is still open. */
  forceShutdown(): void
}

interface GrpcOptions {
  readonly engine: Engine
  /** null: everybody may come in, and may everything. */
  readonly authenticator: Authenticator | null
  readonly log: Logger
}

/** Milvus's gRPC service, on connections that it is handed. */
export function createGrpcServer(options: GrpcOptions): GrpcServer {
  const { authenticator } = options
  const server = new Server({
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.max_send_message_length': messageBytesMax,
    interceptors: authenticator ? [authenticationInterceptor(authenticator)] : [],
  })
  for (const method of Object.values(methods)) register(server, method, options)
  const injector = createWideInjector(server)
  return {
    injectConnection: (socket) => injector.injectConnection(socket),
    drain: (graceMs) => injector.drain(graceMs),
    forceShutdown: () => server.forceShutdown(),
  }
}

/** Messages are decoded and encoded here, not by grpc-js. */
const identity = (bytes: Buffer): Buffer => bytes

type UnaryCall = ServerUnaryCall<Buffer, Buffer>
type AnyHandler = Handler<MethodName> & ((call: Call, request: object) => unknown)

function register(server: Server, method: Method, context: GrpcOptions): void {
  const handler = handlers[method.name] as AnyHandler | undefined
  if (method.requestStream || method.responseStream) {
    registerUnimplementedStream(server, method)
    return
  }
  const unary = handler
    ? (call: UnaryCall, callback: sendUnaryData<Buffer>) =>
        void answer(method, handler, context, call).then((reply) => callback(null, reply), callback)
    : (_call: UnaryCall, callback: sendUnaryData<Buffer>) => callback(unimplemented(method), null)
  server.register(method.path, unary, identity, identity, 'unary')
}

function registerUnimplementedStream(server: Server, method: Method): void {
  const refuse = (call: NodeJS.EventEmitter): void => {
    call.emit('error', unimplemented(method))
  }
  const type = method.requestStream ? 'bidi' : 'serverStream'
  server.register(method.path, refuse, identity, identity, type)
}

function unimplemented({ name }: Method): { code: GrpcStatus; details: string } {
  return { code: GrpcStatus.UNIMPLEMENTED, details: `not supported by millrace: ${name}` }
}

/** Errors are told in the response's status: SDKs would repeat a call that fails in gRPC itself. */
async function answer(
  method: Method,
  handler: AnyHandler,
  context: GrpcOptions,
  unaryCall: UnaryCall,
): Promise<Buffer> {
  const beganMs = performance.now()
  const ended = (): object => ({ rpc: method.name, ms: Math.round(performance.now() - beganMs) })
  const aborting = new AbortController()
  const abort = () => aborting.abort()
  unaryCall.once('cancelled', abort)
  try {
    const request = decode(method.request, unaryCall.request)
    const call = callOf(context, unaryCall, request, aborting.signal)
    checkCall(call, method, request, namesOfDatabase(unaryCall, request))
    const reply = await handler(call, request)
    const bytes = encodeReply(method.response, successStatus, reply)
    context.log.debug(ended(), 'call')
    return bytes
  } catch (thrown) {
    const isDenied = thrown instanceof PermissionDenied
    const error = millraceErrorFrom(isDenied ? thrown.cause : thrown)
    logFailure(context.log, ended(), error)
    if (isDenied) throw thrown
    return encodeReply(method.response, statusFromError(error), {})
  } finally {
    // The end of a call that was answered is told as a cancellation, too.
    unaryCall.removeListener('cancelled', abort)
  }
}

function callOf(
  { engine, authenticator }: GrpcOptions,
  unaryCall: UnaryCall,
  request: object,
  signal: AbortSignal,
): Call {
  return {
    engine,
    signal,
    userName: authenticator ? userNameIn(unaryCall) : null,
    get dbName() {
      return databaseNamed(engine, ...namesOfDatabase(unaryCall, request))
    },
  }
}

/** Who it is was found out before the call came here. */
function userNameIn({ metadata }: UnaryCall): string {
  const credentials = credentialsOf(metadata)
  return 'fault' in credentials ? '' : credentials.userName
}

/** The request's own, then the connection's. */
function namesOfDatabase({ metadata }: UnaryCall, request: object): readonly string[] {
  const named = 'db_name' in request ? request.db_name : 'dbName' in request && request.dbName
  return [String(named || ''), metadata.get('dbname')[0]?.toString() ?? '']
}

/** Milvus: what a caller may not do is told by gRPC itself, and SDKs do not try it again. */
class PermissionDenied extends Error {
  readonly code = GrpcStatus.PERMISSION_DENIED
  readonly details: string

  constructor(denied: MillraceError) {
    super(denied.message, { cause: denied })
    this.details = denied.message
  }
}

/** @throws PermissionDenied */
function checkCall(
  { engine, userName }: Call,
  method: Method,
  request: object,
  databaseNames: readonly string[],
): void {
  if (userName === null || asksForOwnRole(engine.access, userName, method, request)) return
  const dbName = databaseNames.find((name) => name !== '') ?? defaultDatabaseName
  const denied = deniedOf(engine, userName, intentOf(method, request, dbName))
  if (denied) throw new PermissionDenied(denied)
}

function encodeReply(
  name: MessageName,
  status: MessageInput<'Status'>,
  reply: object | undefined,
): Buffer {
  if (name === 'Status') return encode(name, status)
  // The one response that calls its status otherwise.
  const member = name === 'AlterCollectionSchemaResponse' ? 'alter_status' : 'status'
  return encode(name, { ...reply, [member]: status })
}
