/**
 * Why a remote server did not give what it was asked for. Only `transient` ones are worth another try.
 * The text has no credentials in it: it goes into a job's reason.
 */
export class RemoteFailure extends Error {
  override readonly name = 'RemoteFailure'
  readonly kind: RemoteFailureKind

  constructor(kind: RemoteFailureKind, message: string, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
  }
}

/** `unranged`: the server gives files as a whole only. */
type RemoteFailureKind = 'missing' | 'changed' | 'empty' | 'unranged' | 'refused' | 'transient'

/** What an HTTP status means for whoever asked for a file, or null where it is not a failure. */
export function failureKindOf(status: number): RemoteFailureKind | null {
  if (status < 400) return null
  if (status === 404 || status === 410) return 'missing'
  if (status === 412) return 'changed'
  if (status === 416) return 'empty'
  if (status === 408 || status === 429 || status >= 500) return 'transient'
  return 'refused'
}

/** Anything thrown on the way to a server, of which the network's own errors may pass by. */
export function remoteFailureFrom(thrown: unknown): RemoteFailure {
  if (thrown instanceof RemoteFailure) return thrown
  return new RemoteFailure('transient', networkText(thrown), thrown)
}

/** fetch hides the reason in its error's cause; an error of several attempts has it in the first. */
function networkText(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  if (thrown.cause instanceof Error) return networkText(thrown.cause)
  if (thrown instanceof AggregateError && thrown.errors.length > 0) {
    return networkText(thrown.errors[0])
  }
  return thrown.message === '' ? thrown.name : thrown.message
}
