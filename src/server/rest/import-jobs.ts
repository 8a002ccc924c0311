import { z } from 'zod'
import type { Engine, ImportProgress, KeyValues } from '../../engines/engine.js'
import { MillraceError } from '../../errors.js'
import { type BodyShape, filesOfRows, notJson, text, textPairs } from './body-shape.js'
import { jobDescription, jobRecord } from './job-description.js'
import type { JsonValue } from './json-text.js'
import { type Route, route } from './route.js'

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
    const { taskId } = await engine.startImport({
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

const jobShape: BodyShape<{ dbName: string; jobId: string }> = {
  name: 'JobIDReq',
  schema: z.object({ dbName: text, jobId: text }),
  required: { jobId: 'JobID' },
}

export const describeImportJob = route(jobShape, (engine, { jobId }) =>
  jobDescription(importJob(engine, jobId)),
)

export const commitImportJob = changeOfJob((engine, taskId) => engine.commitImport(taskId))
export const abortImportJob = changeOfJob((engine, taskId) => engine.abortImport(taskId))
export const cancelImportJob = changeOfJob((engine, taskId) => engine.cancelImport(taskId))
export const deleteImportJob = changeOfJob((engine, taskId) => engine.deleteImport(taskId))

const listShape: BodyShape<{ dbName: string; collectionName: string }> = {
  name: 'OptionalCollectionNameReq',
  schema: z.object({ dbName: text, collectionName: text }),
  required: {},
}

export const listImportJobs = route(listShape, (engine, { collectionName }, dbName) => ({
  records: engine.importTasks(dbName, collectionName).map(jobRecord),
}))

/** The rows that a job left out, as JSON lines. @throws as `importJob` */
export function importRejects(engine: Engine, query: URLSearchParams): AsyncIterable<Uint8Array> {
  const { task } = importJob(engine, query.get('jobId') ?? '')
  return engine.importRejects(task.taskId)
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
  return route(jobShape, async (engine, { jobId }): Promise<JsonValue> => {
    await change(engine, importJob(engine, jobId).task.taskId)
    return {}
  })
}

/** @throws parameterInvalid for what is no number, importFailed for a job that is not there */
export function importJob(engine: Engine, jobId: string): ImportProgress {
  if (!/^\d{1,19}$/.test(jobId)) {
    throw new MillraceError(
      'parameterInvalid',
      `parse job id failed: expected a whole number, got ${JSON.stringify(jobId)}`,
    )
  }
  try {
    return engine.importTask(BigInt(jobId))
  } catch (error) {
    if (!(error instanceof MillraceError && error.kind === 'keyNotFound')) throw error
    throw new MillraceError('importFailed', `import job does not exist, jobID=${jobId}`, {}, error)
  }
}
