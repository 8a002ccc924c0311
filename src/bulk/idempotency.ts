import { createHash } from 'node:crypto'
import { MillraceError } from '../errors.js'
import { stringifyExact } from '../util/exact-json.js'
import type { NewImport } from './import-request.js'
import { ImportState } from './import-state.js'
import type { ImportRequest, ImportTask } from './import-task.js'

export type KeyedRequest = Pick<ImportRequest, 'idempotencyKey' | 'asked'>

/** The same key is the same task for this long. */
const keyHeldMs = 24 * 3_600_000

/**
 * The task that the request's idempotency key stands for; a failed one's is free again.
 * @throws parameterInvalid when the key was used for another request
 */
export function taskUnderKey(
  { idempotencyKey: key, asked }: KeyedRequest,
  tasks: Iterable<ImportTask>,
  nowMs: number,
): ImportTask | undefined {
  if (!key) return undefined
  for (const task of tasks) {
    if (task.request.idempotencyKey !== key || !holdsKey(task, nowMs)) continue
    if (task.request.asked === asked) return task
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

/** What tells a request from another one: as it came, with patterns that may mean other files by now. */
export function askedOf(request: NewImport, collectionId: bigint): string {
  const { dbName, collectionName, partitionName, fileGroups, options } = request
  const words = [dbName, collectionName, collectionId, partitionName, fileGroups, options]
  return createHash('sha256').update(stringifyExact(words)).digest('base64')
}
