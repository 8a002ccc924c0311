import { type ErrorKind, MillraceError } from '../errors.js'

/** An error about an expression, in the words of Milvus that its clients match on. */
export function exprError(text: string, reason: string): MillraceError {
  return errorOf('parameterInvalid', text, `${reason}: invalid parameter`)
}

/** An error about a part of the language that is not served. */
export function unsupportedError(text: string, construct: string): MillraceError {
  return errorOf('unsupported', text, `${construct} is not supported`)
}

function errorOf(kind: ErrorKind, text: string, reason: string): MillraceError {
  return new MillraceError(
    kind,
    `failed to create query plan: cannot parse expression: ${text}, error: ${reason}`,
  )
}
