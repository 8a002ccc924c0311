import type { Engine } from '../../../engines/engine.js'
import { MillraceError } from '../../../errors.js'
import { type BodyShape, parseKeys } from '../body-shape.js'
import type { JsonValue } from '../json-text.js'
import type { RequestWords } from '../request-words.js'
import type { Route } from '../route.js'

/** A route of REST v1. A GET has its words in the query, a POST in the body. */
export interface LegacyRoute {
  readonly method: 'GET' | 'POST'
  readonly shape: BodyShape<unknown>
  /** The route of v2 that does the same, which says who may. */
  readonly sameAs: string
  readonly answer: (engine: Engine, bodyText: string, words: RequestWords) => Promise<JsonValue>
}

type Shape<Body> = Omit<BodyShape<Body>, 'name'>

/**
 * A route that answers as one of v2 does, in v1's words.
 * @param rewrite the body that the route of v2 understands
 */
export function legacyRoute<Body>(
  method: 'GET' | 'POST',
  shape: Shape<Body>,
  sameAs: string,
  route: Route,
  rewrite: (bodyText: string, body: Body) => string = (bodyText) => bodyText,
): LegacyRoute {
  return legacyRouteOf(method, shape, sameAs, async (engine, body, words, bodyText) => {
    const { data } = await route(engine, rewrite(bodyText, body), words)
    return data
  })
}

/** A route with an answer of its own. */
export function legacyRouteOf<Body>(
  method: 'GET' | 'POST',
  shape: Shape<Body>,
  sameAs: string,
  answer: (engine: Engine, body: Body, words: RequestWords, bodyText: string) => Promise<JsonValue>,
): LegacyRoute {
  const named: BodyShape<Body> = { ...shape, name: 'Req' }
  return {
    method,
    sameAs,
    shape: named as BodyShape<unknown>,
    answer: async (engine, bodyText, words) => {
      const body = parseKeys(shape.schema, bodyText)
      checkRequired(named, body)
      return answer(engine, body, words, bodyText)
    },
  }
}

/** Milvus: v1 tells them all, whichever is missing. */
function checkRequired<Body>({ required }: BodyShape<Body>, body: Body): void {
  const keys = Object.keys(required) as (keyof Body & string)[]
  const isMissing = (key: keyof Body & string) => {
    const value: unknown = body[key]
    return value === '' || value === null || value === undefined || value === 0
  }
  if (!keys.some(isMissing)) return
  throw parametersMissing(keys.join(', '))
}

export function parametersMissing(keys: string): MillraceError {
  const message = `missing required parameters, required parameters: [${keys}]`
  return new MillraceError('restParameterMissing', message)
}
