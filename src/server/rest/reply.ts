import type { MillraceError } from '../../errors.js'
import { type JsonValue, jsonText } from './json-text.js'

/** What a request is answered with: a JSON object, a word, or lines of JSON one after the other. */
export interface Reply {
  readonly status: number
  readonly body: string | AsyncIterable<Uint8Array>
  readonly headers?: Readonly<Record<string, string>>
  /** For the log. */
  readonly error?: MillraceError
}

export function success(data: JsonValue, status = 200): Reply {
  return successWith({ data }, status)
}

export function successWith(members: Readonly<Record<string, JsonValue>>, status = 200): Reply {
  return { status, body: jsonText({ code: 0, ...members }) }
}

export function failure(status: number, error: MillraceError): Reply {
  return { status, body: jsonText({ code: error.code, message: error.message }), error }
}
