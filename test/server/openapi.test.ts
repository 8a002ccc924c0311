import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Authenticator } from '../../dist/server/auth/authenticator.js'
import { createRestServer } from '../../dist/server/rest/rest-server.js'
import { downloads, routes } from '../../dist/server/rest/routes.js'
import { OpenEngine } from '../engines/open-engine.js'

interface Operation {
  readonly operationId: string
  readonly responses: Record<string, unknown>
  readonly requestBody?: {
    readonly content: Record<string, { schema: { properties: object; required?: string[] } }>
  }
}

interface OpenapiDocument {
  readonly openapi: string
  readonly paths: Record<string, Record<string, Operation>>
}

let opened: OpenEngine
let server: Server

beforeEach(async () => {
  opened = await OpenEngine.open()
  server = createRestServer({
    engine: opened.engine,
    uploads: null,
    authenticator: new Authenticator(opened.engine.access.users),
    host: '127.0.0.1',
    log: pino({ level: 'silent' }),
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve))
  await opened.remove()
})

async function documentOf(): Promise<OpenapiDocument> {
  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/openapi.json`, {
    headers: { connection: 'close' },
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  return response.json()
}

it('describes every route to everybody, each by its own name and with its answers', async () => {
  const { openapi, paths } = await documentOf()
  expect(openapi).toBe('3.1.0')
  for (const path of routes.keys()) expect(paths[`/v2/vectordb${path}`]?.post, path).toBeDefined()
  for (const path of downloads.keys()) expect(paths[`/v2/vectordb${path}`]?.get, path).toBeDefined()
  const operations = Object.values(paths).flatMap((path) => Object.values(path))
  const ids = operations.map(({ operationId }) => operationId)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { responses } of operations) expect(responses).toHaveProperty('200')
})

it('has the keys that a body is checked for', async () => {
  const { paths } = await documentOf()
  const bodyOf = (path: string) =>
    paths[`/v2/vectordb${path}`].post.requestBody?.content['application/json'].schema
  expect(bodyOf('/entities/search')).toMatchObject({
    type: 'object',
    required: ['collectionName', 'data'],
    properties: {
      collectionName: { type: ['string', 'null'] },
      limit: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
      exprParams: {},
    },
  })
  for (const path of routes.keys()) {
    const { properties, required = [] } = bodyOf(path) ?? { properties: {} }
    for (const key of required) expect(properties, path).toHaveProperty(key)
  }
})

it('points only at what it has', async () => {
  const document = await documentOf()
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)]
  expect(refs.length).toBeGreaterThan(0)
  for (const [, ref] of refs) expect(document, ref).toHaveProperty(ref.split('/'))
})
