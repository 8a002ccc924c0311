import {
  status as GrpcStatus,
  Server,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js'
import type { Logger } from 'pino'
import type { Engine } from '../engines/engine.js'
import { millraceErrorFrom } from '../errors.js'
import { decode, encode, type MessageInput, type MessageName } from '../wire/codec.js'
import { type Method, type MethodName, methods } from '../wire/methods.js'
import { statusFromError, successStatus } from '../wire/status.js'
import { databaseNamed } from './database.js'
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

/** Milvus's gRPC service, on connections that it is handed. */
export function createGrpcServer(engine: Engine, log: Logger): GrpcServer {
  const server = new Server({
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.max_send_message_length': messageBytesMax,
  })
  for (const method of Object.values(methods)) register(server, method, { engine, log })
  const injector = createWideInjector(server)
  return {
    injectConnection: (socket) => injector.injectConnection(socket),
    drain: (graceMs) => injector.drain(graceMs),
    forceShutdown: () => server.forceShutdown(),
  }
}

interface Context {
  readonly engine: Engine
  readonly log: Logger
}

/** Messages are decoded and encoded here, not by grpc-js. */
const identity = (bytes: Buffer): Buffer => bytes

type UnaryCall = ServerUnaryCall<Buffer, Buffer>
type AnyHandler = Handler<MethodName> & ((call: Call, request: object) => unknown)

function register(server: Server, method: Method, context: Context): void {
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
  return { code: GrpcStatus.UNIMPLEMENTED, details: `millrace does not support ${name}` }
}

/** Errors are told in the response's status: SDKs would repeat a call that fails in gRPC itself. */
async function answer(
  method: Method,
  handler: AnyHandler,
  context: Context,
  unaryCall: UnaryCall,
): Promise<Buffer> {
  const beganMs = performance.now()
  const ended = (): object => ({ rpc: method.name, ms: Math.round(performance.now() - beganMs) })
  try {
    const request = decode(method.request, unaryCall.request)
    const reply = await handler(callOf(context.engine, unaryCall, request), request)
    const bytes = encodeReply(method.response, successStatus, reply)
    context.log.debug(ended(), 'call')
    return bytes
  } catch (thrown) {
    const error = millraceErrorFrom(thrown)
    logFailure(context.log, ended(), error)
    return encodeReply(method.response, statusFromError(error), {})
  }
}

function callOf(engine: Engine, unaryCall: UnaryCall, request: object): Call {
  const aborting = new AbortController()
  unaryCall.once('cancelled', () => aborting.abort())
  return {
    engine,
    signal: aborting.signal,
    get dbName() {
      const named = 'db_name' in request ? request.db_name : 'dbName' in request && request.dbName
      return databaseNamed(
        engine,
        String(named || ''),
        unaryCall.metadata.get('dbname')[0]?.toString(),
      )
    },
  }
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
