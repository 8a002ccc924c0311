import { MillraceError } from '../errors.js'

/** What was written on the command line cannot be meant. */
export function usage(message: string): MillraceError {
  return new MillraceError('parameterInvalid', message)
}
