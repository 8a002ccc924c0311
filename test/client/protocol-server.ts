import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { decode, encode, type MessageInput } from '../../dist/wire/codec.js'
import { type MethodName, methods } from '../../dist/wire/methods.js'

/** What a server of a test answers: a message, or a throw of `{ code, details }` for gRPC's own errors. */
export type Answers = Partial<Record<MethodName, (request: never, metadata: Metadata) => object>>
type Metadata = Readonly<Record<string, unknown>>

/** A gRPC server that answers the given RPCs and no others. */
export async function serveProtocol(answers: Answers): Promise<{ port: number; stop(): void }> {
  const server = new Server()
  const names = Object.keys(answers) as MethodName[]
  const definitions = names.map((name) => [name, definitionOf(name)] as const)
  const handlers = names.map((name) => [name, handlerOf(answers[name]!)] as const)
  server.addService(Object.fromEntries(definitions), Object.fromEntries(handlers))
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  return { port, stop: () => server.forceShutdown() }
}

function definitionOf(name: MethodName) {
  const { path, request, response } = methods[name]
  return {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: (message: object) => encode(request, message as MessageInput<typeof request>),
    requestDeserialize: (bytes: Buffer) => decode(request, bytes),
    responseSerialize: (message: object) =>
      encode(response, message as MessageInput<typeof response>),
    responseDeserialize: (bytes: Buffer) => decode(response, bytes),
  }
}

function handlerOf(answer: (request: never, metadata: Metadata) => object) {
  return (call: ServerUnaryCall<object, object>, reply: sendUnaryData<object>) => {
    try {
      reply(null, answer(call.request as never, call.metadata.getMap()))
    } catch (error) {
      reply(error as Error)
    }
  }
}
