import { type ErrorPlace, MillraceError } from '../errors.js'

/** Milvus: the text of a wrong parameter ends like this, and clients look for it. */
export function invalidParameter(message: string, place: ErrorPlace = {}): MillraceError {
  return new MillraceError('parameterInvalid', `${message}: invalid parameter`, place)
}
