import { type ErrorKind, errorKinds, MillraceError, millraceErrorFrom } from '../errors.js'
import type { MessageInput } from './codec.js'
import type { Status } from './generated/messages.js'

export const successStatus: MessageInput<'Status'> = { error_code: 0, code: 0 }

/** `code` is for SDKs since 2.3, `error_code` for those before; `reason` and `detail` are the same. */
export function statusFromError(thrown: unknown): MessageInput<'Status'> {
  const error = millraceErrorFrom(thrown)
  const { code, legacy, retriable, input } = errorKinds[error.kind]
  return {
    code,
    error_code: legacy,
    reason: error.message,
    detail: error.message,
    retriable,
    extra_info: input && !retriable ? { is_input_error: 'true' } : {},
  }
}

/**
 * What a server's answer says went wrong, or null. The status itself, which has the exact code where none
 * of our kinds has it, is the error's cause.
 */
export function errorFromStatus(status: Status | null): MillraceError | null {
  if (status === null || (status.code === 0 && status.error_code === 0)) return null
  const message = status.reason || status.detail || `error code ${status.code || status.error_code}`
  return new MillraceError(kindOfStatus(status), message, {}, status)
}

/** Milvus: servers before 2.3 leave `code` at 0 and set only `error_code`. */
function kindOfStatus({ code, error_code }: Status): ErrorKind {
  if (code !== 0) return kindWith((kind) => errorKinds[kind].code === code)
  if (error_code === unexpectedLegacy) return 'unexpected'
  return kindWith((kind) => errorKinds[kind].legacy === error_code)
}

const unexpectedLegacy = errorKinds.unexpected.legacy

function kindWith(fits: (kind: ErrorKind) => boolean): ErrorKind {
  return (Object.keys(errorKinds) as ErrorKind[]).find(fits) ?? 'unexpected'
}
