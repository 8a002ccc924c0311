import type { Engine } from '../../engines/engine.js'
import { databaseNamed } from '../database.js'
import { type BodyShape, parseBody } from './body-shape.js'
import type { JsonValue } from './json-text.js'

/** Answers a body's text with the reply's `data`. */
export type Route = (
  engine: Engine,
  bodyText: string,
  dbNameHeader: string | undefined,
) => Promise<JsonValue>

/** A route whose body has a shape; the database comes from the body, else from the header. */
export function route<Body extends { readonly dbName: string }>(
  shape: BodyShape<Body>,
  answer: (engine: Engine, body: Body, dbName: string) => JsonValue | Promise<JsonValue>,
): Route {
  return async (engine, bodyText, dbNameHeader) => {
    const body = parseBody(shape, bodyText)
    return answer(engine, body, databaseNamed(engine, body.dbName, dbNameHeader))
  }
}
