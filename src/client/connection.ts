import { readFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import {
  type ChannelCredentials,
  Client,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { type ErrorKind, errorKinds } from '../errors.js'
import { decode, encode, type MessageInput } from '../wire/codec.js'
import type { Messages, Status } from '../wire/generated/messages.js'
import { type Method, type MethodName, methods } from '../wire/methods.js'
import { errorFromStatus } from '../wire/status.js'
import { MilvusException } from './milvus-exception.js'
import { retryWhileUnavailable } from './retry.js'

export interface ConnectOptions {
  /** The name that other calls give as `using`. */
  readonly alias?: string
  readonly host?: string
  readonly port?: number | string
  /** `host:port`, in place of both. */
  readonly address?: string
  readonly user?: string
  readonly password?: string
  /** An API key, or `user:password`. */
  readonly token?: string
  readonly dbName?: string
  /** TLS; without `serverPemPath` the authorities that Node trusts vouch for the server. */
  readonly secure?: boolean
  /** A file with the certificate, in PEM, that the server shows or that vouches for it. */
  readonly serverPemPath?: string
  /** The name in the server's certificate, where it is not the host's. */
  readonly serverName?: string
  /** Seconds to wait for the server to answer. */
  readonly timeout?: number
}

interface CallOptions {
  /** Seconds, over all attempts of the call. */
  readonly timeout?: number
  readonly signal?: AbortSignal
}

type Request<Name extends MethodName> = MessageInput<Method<Name>['request']>
type Response<Name extends MethodName> = Messages[Method<Name>['response']]

const connectTimeoutSeconds = 10

/** A channel to one server. */
export class Connection {
  readonly address: string
  readonly #client: Client
  readonly #metadata: Metadata

  private constructor(options: ConnectOptions) {
    const { host = 'localhost', port = 19530 } = options
    this.address = options.address ?? `${host}:${port}`
    this.#metadata = metadataFrom(options)
    const { serverName } = options
    this.#client = new Client(this.address, channelCredentials(options), {
      ...(serverName ? { 'grpc.ssl_target_name_override': serverName } : {}),
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
    })
  }

  /** @throws MilvusException when no server answers in time, or it refuses the user. */
  static async open(options: ConnectOptions): Promise<Connection> {
    const connection = new Connection(options)
    try {
      await connection.#introduce(options)
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }

  /**
   * Calls an RPC. An unavailable server is asked again, as pymilvus does, until the timeout.
   * @throws MilvusException
   */
  async call<Name extends MethodName>(
    name: Name,
    request: Request<Name>,
    { timeout, signal }: CallOptions = {},
  ): Promise<Response<Name>> {
    const response = await retryWhileUnavailable(
      (deadlineMs) => this.#attempt(name, request, deadlineMs, signal),
      timeout,
      signal,
    )
    throwIfRefused(response)
    return response
  }

  close(): void {
    this.#client.close()
  }

  /** Milvus: servers before 2.2.9 do not know Connect. */
  async #introduce({ user = '', timeout = connectTimeoutSeconds }: ConnectOptions): Promise<void> {
    const client_info = {
      sdk_type: 'millrace',
      local_time: new Date().toISOString(),
      user: user || userInfo().username,
      host: hostname(),
    }
    try {
      await this.call('Connect', { client_info }, { timeout })
    } catch (error) {
      if (!(error instanceof MilvusException && error.code === errorKinds.unsupported.code))
        throw error
    }
  }

  #attempt<Name extends MethodName>(
    name: Name,
    request: Request<Name>,
    deadlineMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Response<Name>> {
    const { path, request: requestName, response: responseName } = methods[name] as Method<Name>
    const { promise, resolve, reject } = deferred<Response<Name>>()
    const call = this.#client.makeUnaryRequest(
      path,
      (message: Request<Name>) => encode(requestName, message),
      (bytes) => decode(responseName, bytes),
      request,
      this.#metadata,
      { deadline: deadlineMs },
      (error, response) => (error ? reject(exceptionFrom(error, name)) : resolve(response!)),
    )
    const cancel = () => call.cancel()
    signal?.addEventListener('abort', cancel)
    return promise.finally(() => signal?.removeEventListener('abort', cancel))
  }
}

/** `Promise.withResolvers` of newer Node. */
function deferred<Result>() {
  let resolve!: (result: Result) => void
  let reject!: (error: Error) => void
  const promise = new Promise<Result>((resolveIt, rejectIt) => {
    resolve = resolveIt
    reject = rejectIt
  })
  return { promise, resolve, reject }
}

function channelCredentials({ secure, serverPemPath }: ConnectOptions): ChannelCredentials {
  if (!secure) return credentials.createInsecure()
  return credentials.createSsl(serverPemPath ? readFileSync(serverPemPath) : null)
}

function metadataFrom({ user, password, token, dbName }: ConnectOptions): Metadata {
  const metadata = new Metadata()
  const credential = token ?? (user ? `${user}:${password ?? ''}` : '')
  if (credential) metadata.set('authorization', Buffer.from(credential).toString('base64'))
  if (dbName) metadata.set('dbname', dbName)
  return metadata
}

/** gRPC's own failures, as the kinds of error that a server would have named. */
const kindsOfGrpc: Readonly<Partial<Record<status, ErrorKind>>> = {
  [status.UNAVAILABLE]: 'serviceUnavailable',
  [status.DEADLINE_EXCEEDED]: 'timeout',
  [status.CANCELLED]: 'cancelled',
  [status.UNIMPLEMENTED]: 'unsupported',
  [status.RESOURCE_EXHAUSTED]: 'quotaExceeded',
  [status.INVALID_ARGUMENT]: 'parameterInvalid',
  [status.UNAUTHENTICATED]: 'notAuthenticated',
  [status.PERMISSION_DENIED]: 'notPermitted',
}

function exceptionFrom(error: ServiceError, name: MethodName): MilvusException {
  const { code, legacy } = errorKinds[kindsOfGrpc[error.code] ?? 'unexpected']
  return new MilvusException(code, `${name}: ${error.details || error.message}`, legacy, error)
}

/** The server's own status stands in the response, or is the response. */
function throwIfRefused(response: object): void {
  const told = ('status' in response ? response.status : response) as Status | null
  const error = errorFromStatus(told)
  if (!error || !told) return
  throw new MilvusException(told.code || error.code, error.message, told.error_code)
}
