import type { Engine } from '../../engines/engine.js'
import { databaseNamed } from '../database.js'
import { type BodyShape, parseBody } from './body-shape.js'
import type { JsonValue } from './json-text.js'
import type { RequestWords } from './request-words.js'

/** What an answer has beside its code. */
type ReplyMembers = { readonly data: JsonValue } & Readonly<Record<string, JsonValue>>

/** Answers a body's text. */
type Answer = (engine: Engine, bodyText: string, words: RequestWords) => Promise<ReplyMembers>

/** What answers a path, and what it reads there. */
export type Route = Answer & {
  readonly shape: BodyShape<unknown>
  /** For the OpenAPI document, where a path does not say it. */
  readonly summary?: string
}

/** A route of any kind: all others are made from it. */
export function routeOf<Body>(shape: BodyShape<Body>, answer: Answer): Route {
  return Object.assign(answer, { shape: shape as BodyShape<unknown> })
}

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
  return routeOf(shape, async (engine, bodyText, words) => {
    const body = parseBody(shape, bodyText)
    const dbName = databaseNamed(engine, body.dbName, words.dbName)
    return { data: await answer(engine, body, dbName, words) }
  })
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
  return routeOf(shape, async (engine, bodyText, { dbName: headerName, allowsInt64 }) => {
    const body = parseBody(shape, bodyText)
    const dbName = databaseNamed(engine, body.dbName, headerName)
    return { cost: 0, ...(await answer({ engine, body, dbName, bodyText, allowsInt64 })) }
  })
}

/** A route of what is of no database: users, roles, groups. */
export function clusterRoute<Body>(
  shape: BodyShape<Body>,
  answer: (
    engine: Engine,
    body: Body,
    words: RequestWords,
  ) => JsonValue | Promise<JsonValue> | Promise<void>,
): Route {
  return routeOf(shape, async (engine, bodyText, words) => {
    const data = await answer(engine, parseBody(shape, bodyText), words)
    return { data: data ?? {} }
  })
}

/** A route of what has an id over all databases: whichever one is named, it is found. */
export function routeById<Body>(
  shape: BodyShape<Body>,
  answer: (engine: Engine, body: Body) => JsonValue | Promise<JsonValue>,
): Route {
  return routeOf(shape, async (engine, bodyText) => ({
    data: await answer(engine, parseBody(shape, bodyText)),
  }))
}
