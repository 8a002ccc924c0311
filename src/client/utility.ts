import { randomUUID } from 'node:crypto'
import { errorKinds } from '../errors.js'
import type { GetImportStateResponse } from '../wire/generated/messages.js'
import { keyValuesFromPairs, pairsFromKeyValues } from '../wire/key-values.js'
import { BulkInsertState } from './bulk-insert-state.js'
import { connectionNamed } from './connections.js'
import { MilvusException, ParamError } from './milvus-exception.js'
import { pause } from './retry.js'
import { type TaskId, taskIdFrom } from './task-id.js'

/** What every call takes, as in pymilvus. */
export interface Using {
  /** The alias of a connection. */
  readonly using?: string
  /** Seconds. */
  readonly timeout?: number
}

export interface BulkInsert extends Using {
  readonly collectionName: string
  readonly partitionName?: string
  /** As the server finds them: one row file, or one .npy file for each field. */
  readonly files: readonly string[]
  /** The server's options for an import, such as `backup` or `sep`. */
  readonly options?: Readonly<Record<string, unknown>>
  /** Calls with one key start one import. Left out: each call has its own, over all of its attempts. */
  readonly idempotencyKey?: string
}

export interface WaitForBulkInsert extends Using {
  /** Called with every state that was asked for. */
  readonly onProgress?: (state: BulkInsertState) => void
  readonly signal?: AbortSignal
  /** Between two looks; by default short at first and longer the longer it takes. */
  readonly intervalMs?: number
}

const firstIntervalMs = 10
const longestIntervalMs = 250

export const utility = {
  /** Starts a bulk insert and returns its task id. */
  async doBulkInsert(insert: BulkInsert): Promise<bigint> {
    const { collectionName, partitionName = '', files, options = {}, using, timeout } = insert
    const { idempotencyKey = randomUUID() } = insert
    const pairs = Object.entries(options).map(([key, value]) => [key, String(value)] as const)
    const request = {
      collection_name: collectionName,
      partition_name: partitionName,
      files,
      options: keyValuesFromPairs(pairs),
      // An answer may be lost, and the server asked again.
      idempotency_key: idempotencyKey,
    }
    const { tasks } = await connectionNamed(using).call('Import', request, { timeout })
    const [taskId] = tasks
    if (taskId === undefined) throw new MilvusException(1, 'the server returned no task id')
    return taskId
  },

  async getBulkInsertState(
    { taskId, using, timeout }: { readonly taskId: TaskId } & Using,
    signal?: AbortSignal,
  ): Promise<BulkInsertState> {
    const task = taskIdFrom(taskId)
    const connection = connectionNamed(using)
    const response = await connection.call('GetImportState', { task }, { timeout, signal })
    return stateFrom(response, task)
  },

  /** The newest tasks, of one collection or of all; a limit of 0 lists them all. */
  async listBulkInsertTasks({
    limit = 0,
    collectionName = '',
    using,
    timeout,
  }: { readonly limit?: number; readonly collectionName?: string } & Using = {}): Promise<
    BulkInsertState[]
  > {
    if (!Number.isSafeInteger(limit)) {
      throw new ParamError(`limit value ${String(limit)} is not an integer`)
    }
    const request = { collection_name: collectionName, limit: BigInt(limit) }
    const { tasks } = await connectionNamed(using).call('ListImportTasks', request, { timeout })
    return tasks.map((task) => stateFrom(task, task.id))
  },

  /**
   * Follows a bulk insert until it is Completed.
   * @throws MilvusException when it failed, or is not done within the timeout; the last look at it may take
   *   a second more
   */
  async waitForBulkInsert(
    taskId: TaskId,
    { onProgress, signal, intervalMs, using, timeout }: WaitForBulkInsert = {},
  ): Promise<BulkInsertState> {
    const deadlineMs =
      timeout === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeout * 1000
    let pauseMs = intervalMs ?? firstIntervalMs
    while (true) {
      const leftMs = Math.max(deadlineMs - Date.now(), lastLookMs)
      const left = timeout === undefined ? undefined : leftMs / 1000
      const state = await utility.getBulkInsertState({ taskId, using, timeout: left }, signal)
      onProgress?.(state)
      if (state.state === BulkInsertState.ImportCompleted) return state
      throwIfFailed(state)
      if (Date.now() + pauseMs > deadlineMs) throw lateAfter(timeout, state)
      await pause(pauseMs, signal)
      pauseMs = intervalMs ?? Math.min(pauseMs * 1.5, longestIntervalMs)
    }
  },
}

/** Even a look that begins at the deadline gets so long for its answer. */
const lastLookMs = 1000

function stateFrom(response: GetImportStateResponse, taskId: bigint): BulkInsertState {
  return new BulkInsertState({
    taskId,
    state: response.state,
    rowCount: Number(response.row_count),
    infos: Object.fromEntries(pairsFromKeyValues(response.infos)),
    idRanges: response.id_list,
    createTimestamp: Number(response.create_ts),
  })
}

function throwIfFailed({ state, taskId, failedReason }: BulkInsertState): void {
  const { ImportFailed, ImportFailedAndCleaned } = BulkInsertState
  if (state !== ImportFailed && state !== ImportFailedAndCleaned) return
  const { code, legacy } = errorKinds.importFailed
  throw new MilvusException(code, failedReason || `bulk insert ${taskId} failed`, legacy)
}

function lateAfter(timeout: number | undefined, state: BulkInsertState): MilvusException {
  const { code, legacy } = errorKinds.timeout
  const progress = `${state.stateName}, ${state.progress} %`
  const message = `bulk insert ${state.taskId} is not done after ${timeout} s: ${progress}`
  return new MilvusException(code, message, legacy)
}
