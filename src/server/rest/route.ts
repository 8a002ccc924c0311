import type { IncomingMessage } from 'node:http'
import type { Engine } from '../../engines/engine.js'
import { MillraceError } from '../../errors.js'
import { databaseNamed } from '../database.js'
import { type BodyShape, parseBody } from './body-shape.js'
import type { JsonValue } from './json-text.js'

/** What a request says beside its body. */
interface RequestWords {
  readonly dbName: string | undefined
  /** The same request under the same key is answered as the first one was. */
  readonly idempotencyKey: string | undefined
  /** Whether int64 are answered as numbers; else as strings, which every JSON parser reads exactly. */
  readonly allowsInt64: boolean
}

/** What an answer has beside its code. */
type ReplyMembers = { readonly data: JsonValue } & Readonly<Record<string, JsonValue>>

/** Answers a body's text. */
export type Route = (engine: Engine, bodyText: string, words: RequestWords) => Promise<ReplyMembers>

/** A route whose body has a shape; the database comes from the body, else from the header. */
export function route<Body extends { readonly dbName: string }>(
  shape: BodyShape<Body>,
  answer: (
    engine: Engine,
    body: Body,
    dbName: string,
    words: RequestWords,
  ) => JsonValue | Promise<JsonValue>,
): Route {
  return async (engine, bodyText, words) => {
    const body = parseBody(shape, bodyText)
    const dbName = databaseNamed(engine, body.dbName, words.dbName)
    return { data: await answer(engine, body, dbName, words) }
  }
}

/** A route of which Milvus answers nothing but that it went well. */
export function actionRoute<Body extends { readonly dbName: string }>(
  shape: BodyShape<Body>,
  act: (engine: Engine, body: Body, dbName: string) => Promise<void>,
): Route {
  return route(shape, async (engine, body, dbName) => {
    await act(engine, body, dbName)
    return {}
  })
}

export interface RowsRequest<Body> {
  readonly engine: Engine
  readonly body: Body
  readonly dbName: string
  /** As it was sent: numbers have all their digits there. */
  readonly bodyText: string
  readonly allowsInt64: boolean
}

/** A route for rows; Milvus says beside its answer what it cost. */
export function rowsRoute<Body extends { readonly dbName: string }>(
  shape: BodyShape<Body>,
  answer: (request: RowsRequest<Body>) => Promise<ReplyMembers>,
): Route {
  return async (engine, bodyText, { dbName: headerName, allowsInt64 }) => {
    const body = parseBody(shape, bodyText)
    const dbName = databaseNamed(engine, body.dbName, headerName)
    return { cost: 0, ...(await answer({ engine, body, dbName, bodyText, allowsInt64 })) }
  }
}

/** A route of what has an id over all databases: whichever one is named, it is found. */
export function routeById<Body>(
  shape: BodyShape<Body>,
  answer: (engine: Engine, body: Body) => JsonValue | Promise<JsonValue>,
): Route {
  return async (engine, bodyText) => ({ data: await answer(engine, parseBody(shape, bodyText)) })
}

const idempotencyKeyLengthMax = 255

/** @throws parameterInvalid for a key that is too long to be kept */
export function wordsOf(request: IncomingMessage): RequestWords {
  const idempotencyKey = headerOf(request, 'idempotency-key')
  if (idempotencyKey !== undefined && idempotencyKey.length > idempotencyKeyLengthMax) {
    throw new MillraceError(
      'parameterInvalid',
      `Idempotency-Key: expected at most ${idempotencyKeyLengthMax} characters, got ${idempotencyKey.length}`,
    )
  }
  const allowsInt64 = headerOf(request, 'accept-type-allow-int64')?.toLowerCase() === 'true'
  return { dbName: headerOf(request, 'db-name'), idempotencyKey, allowsInt64 }
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
