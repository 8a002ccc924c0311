import { z } from 'zod'
import { version } from '../../config.js'
import type { BodyShape } from './body-shape.js'
import type { JsonValue } from './json-text.js'
import { legacyPrefix } from './legacy/legacy-prefix.js'
import type { LegacyRoute } from './legacy/legacy-route.js'
import { legacyRoutes } from './legacy/legacy-routes.js'
import type { Route } from './route.js'
import { downloads, routes } from './routes.js'
import { routesPrefix } from './routes-prefix.js'

/** The OpenAPI document of all that is answered over HTTP: bodies are those that the routes check. */
export function openapiDocument(): JsonValue {
  const posts = [...routes].map(([path, route]) => [
    `${routesPrefix}${path}`,
    { post: postOperation(path, route) },
  ])
  const legacy = [...legacyRoutes].map(([path, route]) => [
    `${legacyPrefix}${path}`,
    { [route.method.toLowerCase()]: legacyOperation(path, route) },
  ])
  const gets = [...downloads.keys()].map((path) => [
    `${routesPrefix}${path}`,
    { get: downloadOperation(path) },
  ])
  return {
    openapi: '3.1.0',
    info: { title: 'millrace: REST of Milvus, v2 and v1', version },
    security: [{ token: [] }, {}],
    paths: { ...Object.fromEntries([...posts, ...gets, ...legacy]), ...ownPaths },
    components: { schemas: { Success: success, Failure: failure }, ...parts },
  }
}

function postOperation(path: string, { shape, summary }: Route): JsonValue {
  return {
    operationId: operationIdOf(path),
    tags: [tagOf(path)],
    summary,
    parameters: headerNames.map((name) => ({ $ref: `#/components/parameters/${name}` })),
    requestBody: { required: true, content: jsonOf(bodySchemaOf(shape)) },
    responses,
  }
}

/** A GET has the keys of its shape, which are all texts, in its query. */
function legacyOperation(path: string, { method, shape }: LegacyRoute): JsonValue {
  const headers = headerNames.map((name) => ({ $ref: `#/components/parameters/${name}` }))
  const body = bodySchemaOf(shape)
  const query = Object.keys(body.properties ?? {}).map((name) => ({
    name,
    in: 'query',
    required: body.required?.includes(name) ?? false,
    schema: { type: 'string' },
  }))
  return {
    operationId: `v1${operationIdOf(path).replace(/^\w/, (letter) => letter.toUpperCase())}`,
    tags: ['v1'],
    parameters: method === 'GET' ? [...query, ...headers] : headers,
    ...(method === 'POST' && { requestBody: { required: true, content: jsonOf(body) } }),
    responses: legacyResponses,
  }
}

interface BodySchema {
  readonly [key: string]: JsonValue | undefined
  readonly properties?: { readonly [key: string]: JsonValue }
  readonly required?: readonly string[]
}

/** What a client may send, which is less strict than what a route makes of it. */
function bodySchemaOf({ schema, required }: BodyShape<unknown>): BodySchema {
  const { $schema, ...members } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  const keys = [...new Set([...(members.required ?? []), ...Object.keys(required)])]
  const body = JSON.parse(JSON.stringify(members))
  return keys.length === 0 ? body : { ...body, required: keys }
}

function downloadOperation(path: string): JsonValue {
  return {
    operationId: operationIdOf(path),
    tags: [tagOf(path)],
    parameters: [{ name: 'jobId', in: 'query', required: true, schema: { type: 'string' } }],
    responses: {
      ...responses,
      200: {
        description: 'The rows, one a line, or why there are none.',
        content: { 'application/x-ndjson': { schema: { type: 'string' } }, ...jsonOf(failureRef) },
      },
    },
  }
}

function operationIdOf(path: string): string {
  return path.slice(1).replace(/[/_](\w)/g, (_, letter: string) => letter.toUpperCase())
}

function tagOf(path: string): string {
  return path.slice(1, path.lastIndexOf('/'))
}

function jsonOf(schema: JsonValue): Record<string, JsonValue> {
  return { 'application/json': { schema } }
}

const success = {
  type: 'object',
  description: 'What was asked for, under `data`.',
  required: ['code', 'data'],
  properties: {
    code: { const: 0 },
    data: {},
    cost: { type: 'integer' },
    topks: { type: 'array', items: { type: 'integer' }, description: 'Hits of each query.' },
  },
}

const failure = {
  type: 'object',
  description: "Milvus's code of an error, and what went wrong where.",
  required: ['code', 'message'],
  properties: { code: { type: 'integer', not: { const: 0 } }, message: { type: 'string' } },
}

const failureRef = { $ref: '#/components/schemas/Failure' }
const failed = (description: string) => ({ description, content: jsonOf(failureRef) })

// Milvus: an error of a request is told in the body of a 200.
const responses = {
  200: {
    description: 'The answer, or the error of a request that was read.',
    content: jsonOf({ oneOf: [{ $ref: '#/components/schemas/Success' }, failureRef] }),
  },
  401: failed('The caller is none of the users.'),
  403: failed('The caller may not do this.'),
  415: failed('The body is not JSON.'),
}

const legacySuccess = { ...success, properties: { code: { const: 200 }, data: {} } }
const legacyResponses = {
  ...responses,
  200: {
    description: 'The answer, with the code 200, or the error of a request that was read.',
    content: jsonOf({ oneOf: [legacySuccess, failureRef] }),
  },
}

const parts = {
  securitySchemes: {
    token: { type: 'http', scheme: 'bearer', description: '`user:password`' },
  },
  parameters: {
    'DB-Name': {
      name: 'DB-Name',
      in: 'header',
      description: 'The database of a body without `dbName`.',
      schema: { type: 'string' },
    },
    'Accept-Type-Allow-Int64': {
      name: 'Accept-Type-Allow-Int64',
      in: 'header',
      description: 'Whether int64 are answered as numbers, rather than as strings.',
      schema: { type: 'string', enum: ['true', 'false'] },
    },
    'Idempotency-Key': {
      name: 'Idempotency-Key',
      in: 'header',
      description: 'A second import under the same key is the first one.',
      schema: { type: 'string', maxLength: 255 },
    },
  },
}
const headerNames = Object.keys(parts.parameters)

/** What stands outside Milvus's prefix. */
const ownPaths = {
  '/v2/jobs/import/{jobId}/events': {
    get: {
      operationId: 'jobsImportEvents',
      tags: ['jobs/import'],
      parameters: [{ name: 'jobId', in: 'path', required: true, schema: { type: 'string' } }],
      responses: {
        ...responses,
        200: {
          description: 'Server-sent events, `progress`, `done` and `failed`.',
          content: { 'text/event-stream': { schema: { type: 'string' } } },
        },
      },
    },
  },
  '/v2/files': { get: { ...uploadOperation('list', 'Lists the uploads.'), parameters: [] } },
  '/v2/files/{path}': {
    put: {
      ...uploadOperation('put', 'Adds a file, or the part of it that Content-Range says.'),
      requestBody: {
        required: true,
        content: { 'application/octet-stream': { schema: { type: 'string' } } },
      },
    },
    head: uploadOperation('head', 'Tells in upload-offset how much has come in.'),
    get: uploadOperation('listBelow', 'Lists the uploads below a path.'),
    delete: uploadOperation('delete', 'Removes a file or a folder.'),
  },
  '/healthz': {
    get: {
      operationId: 'healthz',
      security: [{}],
      responses: { 200: { description: 'The server answers.' } },
    },
  },
}

function uploadOperation(name: string, summary: string) {
  return {
    operationId: `files${name[0].toUpperCase()}${name.slice(1)}`,
    tags: ['files'],
    summary,
    parameters: [{ name: 'path', in: 'path', required: true, schema: { type: 'string' } }],
    responses: { ...responses, default: failed('The upload is refused.') },
  }
}
