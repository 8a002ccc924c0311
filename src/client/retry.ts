import { setTimeout as sleep } from 'node:timers/promises'
import { errorKinds } from '../errors.js'
import { MilvusException } from './milvus-exception.js'

const attemptsMax = 75
const firstPauseMs = 10
const longestPauseMs = 3_000

/**
 * Calls again while the server is unavailable, with pymilvus's pauses. A timeout bounds all attempts
 * together; without one there are at most 75, which takes some minutes.
 * @param timeout seconds
 */
export async function retryWhileUnavailable<Result>(
  attempt: (deadlineMs: number) => Promise<Result>,
  timeout: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Result> {
  const deadlineMs = timeout === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeout * 1000
  let pauseMs = firstPauseMs
  for (let attemptCount = 1; ; attemptCount++) {
    signal?.throwIfAborted()
    try {
      return await attempt(deadlineMs)
    } catch (error) {
      signal?.throwIfAborted()
      if (!isUnavailable(error)) throw error
      if (attemptCount === attemptsMax) throw givenUp(error, `after ${attemptsMax} attempts`)
      if (Date.now() + pauseMs >= deadlineMs) throw givenUp(error, `after ${timeout} s`)
    }
    await pause(pauseMs, signal)
    pauseMs = Math.min(pauseMs * 3, longestPauseMs)
  }
}

/** @throws the signal's reason once it is aborted */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
  signal?.throwIfAborted()
}

function isUnavailable(error: unknown): error is MilvusException {
  return error instanceof MilvusException && error.code === errorKinds.serviceUnavailable.code
}

function givenUp(error: MilvusException, when: string): MilvusException {
  const message = `gave up ${when}: ${error.message}`
  return new MilvusException(error.code, message, error.compatibleCode, error)
}
