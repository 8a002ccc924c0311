import { z } from 'zod'
import type { Engine, KeyValues } from '../../engines/engine.js'
import { seenJobs } from '../auth/authorization.js'
import { type BodyShape, filesOfRows, notJson, text, textPairs } from './body-shape.js'
import { importJob } from './import-job.js'
import { jobDescription, jobRecord } from './job-description.js'
import type { JsonValue } from './json-text.js'
import { type Route, route, routeById } from './route.js'

export const createImportJob = route(
  {
    name: 'ImportReq',
    schema: z.object({
      dbName: text,
      collectionName: text,
      partitionName: text,
      files: filesOfRows,
      options: textPairs,
    }),
    required: { collectionName: 'CollectionName', files: 'Files' },
  },
  async (engine, { collectionName, partitionName, files, options }, dbName, { idempotencyKey }) => {
    checkTruths(options)
    const { taskId } = await engine.imports.start({
      dbName,
      collectionName,
      partitionName,
      options,
      fileGroups: files ?? [],
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    })
    return { jobId: String(taskId) }
  },
)

export const jobShape: BodyShape<{ jobId: string }> = {
  name: 'JobIDReq',
  schema: z.object({ jobId: text }),
  required: { jobId: 'JobID' },
}

export const describeImportJob = routeById(jobShape, (engine, { jobId }) =>
  jobDescription(importJob(engine, jobId)),
)

export const commitImportJob = changeOfJob((engine, taskId) => engine.imports.commit(taskId))
export const abortImportJob = changeOfJob((engine, taskId) => engine.imports.abort(taskId))
export const cancelImportJob = changeOfJob((engine, taskId) => engine.imports.cancel(taskId))
export const deleteImportJob = changeOfJob((engine, taskId) => engine.imports.delete(taskId))

export const jobsShape: BodyShape<{ dbName: string; collectionName: string }> = {
  name: 'OptionalCollectionNameReq',
  schema: z.object({ dbName: text, collectionName: text }),
  required: {},
}

export const listImportJobs = route(
  jobsShape,
  (engine, { collectionName }, dbName, { userName }) => {
    const jobs = seenJobs(engine, userName, engine.imports.tasks(dbName, collectionName))
    return { records: jobs.map(jobRecord) }
  },
)

/** The rows that a job left out, as JSON lines. @throws as `importJob` */
export function importRejects(engine: Engine, query: URLSearchParams): AsyncIterable<Uint8Array> {
  const { task } = importJob(engine, query.get('jobId') ?? '')
  return engine.imports.rejects(task.taskId)
}

/** Milvus: of these options nothing but the two words is taken. */
const truthOptions = ['auto_commit', 'backup', 'l0_import', 'skip_disk_quota_check']

function checkTruths(options: KeyValues): void {
  const wrong = options.find(
    ([key, value]) => truthOptions.includes(key) && value !== 'true' && value !== 'false',
  )
  if (wrong) throw notJson(`options.${wrong[0]} must be one of "true" or "false"`)
}

function changeOfJob(change: (engine: Engine, taskId: bigint) => Promise<void>): Route {
  return routeById(jobShape, async (engine, { jobId }): Promise<JsonValue> => {
    await change(engine, importJob(engine, jobId).task.taskId)
    return {}
  })
}
