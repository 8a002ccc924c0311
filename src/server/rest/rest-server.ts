import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { Logger } from 'pino'
import type { Engine } from '../../engines/engine.js'
import { MillraceError, millraceErrorFrom } from '../../errors.js'
import type { UploadRoot } from '../../source/upload-root.js'
import { logFailure } from '../log-failure.js'
import { readBody } from './read-body.js'
import { failure, type Reply, success } from './reply.js'
import { mediaTypeOf, refusalOf } from './request-guard.js'
import { wordsOf } from './route.js'
import { uploadReply, uploadsPrefix } from './uploads.js'

const prefix = '/v2/vectordb'
const eventsPath = /^\/v2\/jobs\/import\/([^/]+)\/events$/
/** A connection on which nothing moves for so long is ended. */
const idleTimeoutMs = 120_000

interface RestOptions {
  readonly engine: Engine
  /** null: nothing can be uploaded. */
  readonly uploads: UploadRoot | null
  /** The address that the server listens on: its own name for the Host check. */
  readonly host: string
  readonly log: Logger
}

interface Serving extends RestOptions {
  /** False from when the server begins to stop. */
  readonly isServing: () => boolean
}

/** Milvus's REST v2 and `/healthz`, on an HTTP server that listens nowhere: it is handed connections. */
export function createRestServer(options: RestOptions): Server {
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    void answer(serving, request, response)
  }
  const server = createServer(onRequest)
  const serving = { ...options, isServing: () => server.listening }
  // A client that asks before it sends a body is answered without one where it is refused.
  server.on('checkContinue', onRequest)
  server.timeout = idleTimeoutMs
  // An upload may take hours, as long as it goes on.
  server.requestTimeout = 0
  return server
}

async function answer(
  options: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const beganMs = performance.now()
  const [path] = (request.url ?? '/').split('?')
  const reply = await replyTo(options, request, response, path)
  await send(request, response, reply)
  const ms = Math.round(performance.now() - beganMs)
  const call = { method: request.method, path, status: reply.status, ms }
  if (reply.error) logFailure(options.log, call, reply.error)
  else options.log.debug(call, 'request')
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, body, headers }: Reply,
): Promise<void> {
  // The rest of a body that was refused is not read, so the connection cannot be used again.
  if (!request.complete) response.setHeader('connection', 'close')
  response.writeHead(status, { 'content-type': contentTypeOf(body), ...headers })
  if (typeof body === 'string') response.end(body)
  else await pipeline(body, response).catch(() => {}) // The client has gone, or sees no end of it.
}

function contentTypeOf(body: Reply['body']): string {
  if (typeof body !== 'string') return 'application/x-ndjson'
  return body.startsWith('{') ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8'
}

async function replyTo(
  options: Serving,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<Reply> {
  if (request.method === 'GET' && path === '/healthz') return { status: 200, body: 'OK' }
  const refusal = refusalOf(request, options.host)
  if (refusal) return failure(403, new MillraceError('parameterInvalid', refusal))
  if (options.uploads && (path === uploadsPrefix || path.startsWith(`${uploadsPrefix}/`))) {
    return uploadReply(options.engine, options.uploads, request, response)
  }
  const [, jobId] = eventsPath.exec(path) ?? []
  if (jobId !== undefined && request.method === 'GET') {
    const { importEvents } = await import('./import-events.js')
    return importEvents(options.engine, jobId, options.isServing)
  }
  if (!path.startsWith(prefix)) return notFound(request, path)
  if (request.method === 'GET') return downloadReply(options, request, path)
  return postReply(options, request, response, path)
}

async function postReply(
  { engine }: RestOptions,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<Reply> {
  const { routes } = await import('./routes.js')
  const route = routes.get(path.slice(prefix.length))
  if (!route || request.method !== 'POST') return notFound(request, path)
  if (mediaTypeOf(request) !== 'application/json') return notJson(request)
  if (request.headers.expect !== undefined) response.writeContinue()
  try {
    return success(await route(engine, await readBody(request), wordsOf(request)))
  } catch (thrown) {
    // Milvus: an error of a request is told in the body of a 200.
    return failure(200, millraceErrorFrom(thrown))
  }
}

async function downloadReply(
  { engine }: RestOptions,
  request: IncomingMessage,
  path: string,
): Promise<Reply> {
  const { downloads } = await import('./routes.js')
  const download = downloads.get(path.slice(prefix.length))
  if (!download) return notFound(request, path)
  try {
    const [, query = ''] = (request.url ?? '').split('?')
    return { status: 200, body: download(engine, new URLSearchParams(query)) }
  } catch (thrown) {
    return failure(200, millraceErrorFrom(thrown))
  }
}

function notFound({ method }: IncomingMessage, path: string): Reply {
  const message = `millrace does not serve ${method} ${path}`
  return failure(404, new MillraceError('unsupported', message))
}

function notJson({ headers }: IncomingMessage): Reply {
  const got = headers['content-type'] ?? ''
  const message = `can only accept json format request, error: expected content-type application/json, got "${got}"`
  return failure(415, new MillraceError('restNotJson', message))
}
