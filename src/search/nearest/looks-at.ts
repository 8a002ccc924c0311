import { MillraceError } from '../../errors.js'

/** What work that is done by this thread asks whether it is still wanted. */
export function looksAt(signal: AbortSignal | undefined): { throwIfCancelled(): void } {
  return {
    throwIfCancelled() {
      if (signal?.aborted) throw new MillraceError('cancelled', 'the search was cancelled')
    },
  }
}
