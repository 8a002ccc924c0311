import type { Logger } from 'pino'
import type { MillraceError } from '../errors.js'

/** A failed call: a user's error by its text, a fault of ours with its stack. */
export function logFailure(log: Logger, call: object, error: MillraceError): void {
  if (error.kind === 'unexpected') {
    log.error({ ...call, code: error.code, err: error.cause ?? error }, error.message)
  } else {
    log.warn({ ...call, code: error.code }, error.message)
  }
}
