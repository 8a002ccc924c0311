import { importInfos } from '../../bulk/import-infos.js'
import { idRangesOf } from '../../bulk/import-task.js'
import type { ImportProgress } from '../../engines/engine.js'
import { MillraceError } from '../../errors.js'
import { keyValuesFromPairs, pairsFromKeyValues } from '../../wire/key-values.js'
import { successStatus } from '../../wire/status.js'
import { jobDeniedOf, seenJobs } from '../auth/authorization.js'
import type { Call, Handlers, Reply } from './call.js'

export const importHandlers = {
  async Import(
    { engine, dbName },
    { collection_name, partition_name, files, options, idempotency_key },
  ) {
    const { taskId } = await engine.imports.start({
      dbName,
      collectionName: collection_name,
      partitionName: partition_name,
      options: pairsFromKeyValues(options),
      fileGroups: files.length > 0 ? [files] : [],
      idempotencyKey: idempotency_key,
    })
    return { tasks: [taskId] }
  },

  GetImportState({ engine, userName }, { task }) {
    const job = engine.imports.task(task)
    const denied = jobDeniedOf(engine, userName, job, 'GetImportProgress')
    if (denied) throw denied
    return stateMessage(job)
  },

  ListImportTasks(call, { collection_name, limit }) {
    const tasks = seenJobs(call.engine, call.userName, importTasks(call, collection_name))
    // The newest ones, the oldest of them first.
    const newest = limit > 0n ? tasks.slice(-Number(limit)) : tasks
    return { tasks: newest.map((task) => ({ ...stateMessage(task), status: successStatus })) }
  },
} satisfies Handlers

function importTasks({ engine, dbName }: Call, collectionName: string): ImportProgress[] {
  try {
    return engine.imports.tasks(dbName, collectionName)
  } catch (error) {
    if (!(error instanceof MillraceError && error.kind === 'collectionNotFound')) throw error
    throw new MillraceError(
      error.kind,
      `failed to find collection ID from its name: '${collectionName}', error: ${error.message}`,
      {},
      error,
    )
  }
}

function stateMessage({ task, progress }: ImportProgress): Reply<'GetImportState'> {
  return {
    id: task.taskId,
    state: task.state,
    row_count: BigInt(task.rowCount),
    id_list: idRangesOf(task),
    infos: keyValuesFromPairs(importInfos(task, progress)),
    collection_id: task.request.collectionId,
    segment_ids: task.segmentIds,
    create_ts: BigInt(Math.floor(task.createdMs / 1000)),
  }
}
