import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { Logger } from 'pino'
import type { Engine } from '../../engines/engine.js'
import { MillraceError, millraceErrorFrom } from '../../errors.js'
import type { UploadRoot } from '../../source/upload-root.js'
import type { Authenticator } from '../auth/authenticator.js'
import { type UserName, uploadDeniedOf } from '../auth/authorization.js'
import { httpCredentials } from '../auth/credentials.js'
import { logFailure } from '../log-failure.js'
import { jobEvents, jobOfEventsPath } from './job-events.js'
import { jsonText } from './json-text.js'
import { legacyPrefix } from './legacy/legacy-prefix.js'
import { readBody } from './read-body.js'
import { failure, type Reply, successWith } from './reply.js'
import { mediaTypeOf, refusalOf } from './request-guard.js'
import { wordsOf } from './request-words.js'
import { jobOfIdDeniedOf, routeDeniedOf } from './route-privileges.js'
import { routesPrefix } from './routes-prefix.js'
import { uploadReply, uploadsPrefix } from './uploads.js'

/** A connection on which nothing moves for so long is ended. */
const idleTimeoutMs = 120_000

interface RestOptions {
  readonly engine: Engine
  /** null: nothing can be uploaded. */
  readonly uploads: UploadRoot | null
  /** null: everybody may come in, and may everything. */
  readonly authenticator: Authenticator | null
  /** The address that the server listens on: its own name for the Host check. */
  readonly host: string
  readonly log: Logger
}

/** Milvus's REST, v2 and v1, and `/healthz`, on an HTTP server that listens nowhere: it is handed connections. */
export function createRestServer(options: RestOptions): Server {
  const server = createServer()
  const serving = { ...options, isOpen: () => server.listening }
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    void answer(serving, request, response)
  }
  server.on('request', onRequest)
  // A client that asks before it sends a body is answered without one where it is refused.
  server.on('checkContinue', onRequest)
  server.timeout = idleTimeoutMs
  // An upload may take hours, as long as it goes on.
  server.requestTimeout = 0
  return server
}

interface Serving extends RestOptions {
  /** False once the server is about to stop. */
  readonly isOpen: () => boolean
}

/** What answers one caller. */
interface Answering extends Serving {
  readonly userName: UserName
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
  const open = request.method === 'GET' ? openPaths.get(path) : undefined
  if (open) return open()
  const refusal = refusalOf(request, options.host)
  if (refusal) return failure(403, new MillraceError('parameterInvalid', refusal))
  const caller = await callerOf(options.authenticator, request)
  if (caller === 'unknown') return notAuthenticated()
  return replyToCaller({ ...options, userName: caller.userName }, request, response, path)
}

/** What everybody is told. */
const openPaths = new Map<string, () => Reply | Promise<Reply>>([
  ['/healthz', () => ({ status: 200, body: 'OK' })],
  ['/openapi.json', openapiReply],
])

async function openapiReply(): Promise<Reply> {
  const { openapiDocument } = await import('./openapi.js')
  return { status: 200, body: jsonText(openapiDocument()) }
}

async function replyToCaller(
  options: Answering,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<Reply> {
  if (options.uploads && (path === uploadsPrefix || path.startsWith(`${uploadsPrefix}/`))) {
    const denied = uploadDeniedOf(options.engine.access, options.userName)
    if (denied) return failure(403, denied)
    return uploadReply(options.engine, options.uploads, request, response)
  }
  if (path.startsWith(legacyPrefix)) return legacyReply(options, request, response, path)
  if (request.method === 'GET') return getReply(options, request, path)
  if (request.method !== 'POST' || !path.startsWith(routesPrefix)) return notFound(request, path)
  return postReply(options, request, response, path)
}

async function postReply(
  { engine, userName }: Answering,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<Reply> {
  const { routes } = await import('./routes.js')
  const route = routes.get(path.slice(routesPrefix.length))
  if (!route) return notFound(request, path)
  if (mediaTypeOf(request) !== 'application/json') return notJson(request)
  if (request.headers.expect !== undefined) response.writeContinue()
  try {
    const words = wordsOf(request, userName)
    const bodyText = await readBody(request)
    const denied = routeDeniedOf(engine, path.slice(routesPrefix.length), bodyText, words)
    if (denied) return failure(403, denied)
    return successWith(await route(engine, bodyText, words))
  } catch (thrown) {
    // Milvus: an error of a request is told in the body of a 200.
    return failure(200, millraceErrorFrom(thrown))
  }
}

/** Milvus: v1 says 200 where v2 says 0. */
async function legacyReply(
  { engine, userName }: Answering,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<Reply> {
  const { legacyRoutes } = await import('./legacy/legacy-routes.js')
  const route = legacyRoutes.get(path.slice(legacyPrefix.length))
  if (!route || route.method !== request.method) return notFound(request, path)
  const isPost = route.method === 'POST'
  if (isPost && mediaTypeOf(request) !== 'application/json') return notJson(request)
  if (request.headers.expect !== undefined) response.writeContinue()
  try {
    const words = wordsOf(request, userName)
    const bodyText = isPost ? await readBody(request) : queryText(request)
    const denied = routeDeniedOf(engine, route.sameAs, bodyText, words)
    if (denied) return failure(403, denied)
    return successWith({ code: 200, data: await route.answer(engine, bodyText, words) })
  } catch (thrown) {
    return failure(200, millraceErrorFrom(thrown))
  }
}

/** A query as the body that would say the same. */
function queryText(request: IncomingMessage): string {
  return JSON.stringify(Object.fromEntries(queryOf(request)))
}

function queryOf(request: IncomingMessage): URLSearchParams {
  const [, query = ''] = (request.url ?? '').split('?')
  return new URLSearchParams(query)
}

async function getReply(
  { engine, userName, isOpen }: Answering,
  request: IncomingMessage,
  path: string,
): Promise<Reply> {
  const { downloads } = await import('./routes.js')
  const jobId = jobOfEventsPath(path)
  const download = path.startsWith(routesPrefix)
    ? downloads.get(path.slice(routesPrefix.length))
    : undefined
  try {
    const asked = queryOf(request)
    if (jobId === null && !download) return notFound(request, path)
    const id = jobId ?? asked.get('jobId') ?? ''
    const denied = jobOfIdDeniedOf(engine, userName, id, 'GetImportProgress')
    if (denied) return failure(403, denied)
    if (jobId !== null) {
      const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }
      return { status: 200, body: jobEvents(engine, jobId, isOpen), headers }
    }
    if (!download) return notFound(request, path)
    return { status: 200, body: download(engine, asked) }
  } catch (thrown) {
    return failure(200, millraceErrorFrom(thrown))
  }
}

/** @returns 'unknown' for a caller who is none of the users */
async function callerOf(
  authenticator: Authenticator | null,
  request: IncomingMessage,
): Promise<{ readonly userName: UserName } | 'unknown'> {
  if (!authenticator) return { userName: null }
  const credentials = httpCredentials(request.headers.authorization)
  const address = request.socket.remoteAddress ?? ''
  const refusal = await authenticator.refusalOf(credentials, address)
  return refusal === null && 'userName' in credentials ? credentials : 'unknown'
}

/** Milvus: one text, whatever was wrong. */
function notAuthenticated(): Reply {
  const error = new MillraceError('restNotAuthenticated', "user hasn't authenticated")
  return { ...failure(401, error), headers: { 'www-authenticate': 'Bearer' } }
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
