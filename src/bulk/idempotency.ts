import { MillraceError } from '../errors.js'
import { stringifyExact } from '../util/exact-json.js'
import { ImportState } from './import-state.js'
import type { ImportRequest, ImportTask } from './import-task.js'

/** The same key is the same task for this long. */
const keyHeldMs = 24 * 3_600_000

/**
 * The task that the request's idempotency key stands for; a failed one's is free again.
 * @throws parameterInvalid when the key was used for another request
 */
export function taskUnderKey(
  request: ImportRequest,
  tasks: Iterable<ImportTask>,
  nowMs: number,
): ImportTask | undefined {
  const key = request.idempotencyKey
  if (!key) return undefined
  for (const task of tasks) {
    if (task.request.idempotencyKey !== key || !holdsKey(task, nowMs)) continue
    if (stringifyExact(task.request) === stringifyExact(request)) return task
    throw new MillraceError(
      'parameterInvalid',
      `idempotency key ${JSON.stringify(key)}: expected the request that it was first used for, got another: invalid parameter`,
    )
  }
  return undefined
}

function holdsKey({ state, createdMs }: ImportTask, nowMs: number): boolean {
  if (state === ImportState.Failed || state === ImportState.FailedAndCleaned) return false
  return nowMs < createdMs + keyHeldMs
}
