import { setTimeout as delay } from 'node:timers/promises'
import { RemoteFailure, remoteFailureFrom } from './remote-failure.js'

/** Until the second, third … attempt. Servers that are told to slow down (503, 429) need the longer ones. */
const waitsMs = [100, 400, 1_600, 6_400]

/**
 * Runs `work` until it does not fail for a passing reason, at most five times.
 * @param signal ends the waiting
 * @throws RemoteFailure, the last one
 */
export async function withRetries<Result>(
  work: () => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (thrown) {
      const failure = remoteFailureFrom(thrown)
      if (failure.kind !== 'transient') throw failure
      if (attempt === waitsMs.length || signal?.aborted) throw lastOf(failure, attempt + 1)
      // Somewhere between half of it and all: many readers that failed together do not come back together.
      const waitMs = waitsMs[attempt] * (0.5 + Math.random() / 2)
      await delay(waitMs, undefined, { signal }).catch(() => {})
    }
  }
}

function lastOf(failure: RemoteFailure, attempts: number): RemoteFailure {
  return new RemoteFailure('transient', `${failure.message} (tried ${attempts} times)`, failure)
}
