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
}

/** Answers a body's text with the reply's `data`. */
export type Route = (engine: Engine, bodyText: string, words: RequestWords) => Promise<JsonValue>

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
    return answer(engine, body, databaseNamed(body.dbName, words.dbName), words)
  }
}

/** A route of what has an id over all databases: whichever one is named, it is found. */
export function routeById<Body>(
  shape: BodyShape<Body>,
  answer: (engine: Engine, body: Body) => JsonValue | Promise<JsonValue>,
): Route {
  return async (engine, bodyText) => answer(engine, parseBody(shape, bodyText))
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
  return { dbName: headerOf(request, 'db-name'), idempotencyKey }
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
