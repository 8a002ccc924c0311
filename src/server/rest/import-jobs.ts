import { z } from 'zod'
import type { ImportGroupProgress } from '../../bulk/import-progress.js'
import { ImportState } from '../../bulk/import-state.js'
import type { ImportTask } from '../../bulk/import-task.js'
import type { Engine, ImportProgress } from '../../engines/engine.js'
import { MillraceError } from '../../errors.js'
import { type BodyShape, filesOfRows, text, textPairs } from './body-shape.js'
import type { JsonValue } from './json-text.js'
import { route } from './route.js'

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
  async (engine, { collectionName, partitionName, files, options }, dbName) => {
    const fileGroups = files ?? []
    const job = { dbName, collectionName, partitionName, options, fileGroups }
    const { taskId } = await engine.startImport(job)
    return { jobId: String(taskId) }
  },
)

export const describeImportJob = route(
  {
    name: 'JobIDReq',
    schema: z.object({ dbName: text, jobId: text }),
    required: { jobId: 'JobID' },
  },
  (engine, { jobId }) => jobDescription(importJob(engine, jobId)),
)

const listShape: BodyShape<{ dbName: string; collectionName: string }> = {
  name: 'OptionalCollectionNameReq',
  schema: z.object({ dbName: text, collectionName: text }),
  required: {},
}

export const listImportJobs = route(listShape, (engine, { collectionName }, dbName) => ({
  records: engine.importTasks(dbName, collectionName).map((job) => ({
    jobId: String(job.task.taskId),
    collectionName: job.task.request.collectionName,
    state: stateName(job.task),
    progress: progressOf(job),
    reason: reasonOf(job.task),
  })),
}))

function importJob(engine: Engine, jobId: string): ImportProgress {
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

function jobDescription(job: ImportProgress): JsonValue {
  const { task } = job
  const common = {
    ...progressMembers(job),
    reason: reasonOf(task),
  }
  return {
    jobId: String(task.taskId),
    collectionName: task.request.collectionName,
    createTime: timeText(task.createdMs),
    ...common,
    state: stateName(task),
    warnings: task.plan?.warnings.length ? task.plan.warnings : undefined,
    failedFile: task.failedAt.file,
    failedRow: task.failedAt.row,
    failedField: task.failedAt.field,
    details: job.groups.map((group) => ({
      ...common,
      ...groupRows(group),
      fileName: `[${group.files.join(' ')}]`, // Milvus: Go's %v of the group's paths.
      state: detailStateName(task),
    })),
  }
}

function groupRows({ rowCount, rowsTotal, bytesTotal }: ImportGroupProgress) {
  return { importedRows: rowCount, totalRows: rowsTotal ?? 0, fileSize: bytesTotal }
}

function progressMembers(job: ImportProgress): Record<string, JsonValue> {
  const { task } = job
  return {
    completeTime: task.completedMs === null ? '' : timeText(task.completedMs),
    progress: progressOf(job),
    importedRows: task.rowCount,
    totalRows: task.plan?.rowsTotal ?? 0,
    fileSize: task.plan?.bytesTotal ?? 0,
  }
}

function progressOf({ task, progress }: ImportProgress): number {
  return isFailed(task) ? 0 : progress
}

function reasonOf({ reason }: ImportTask): string | undefined {
  return reason === '' ? undefined : reason
}

function stateName(task: ImportTask): string {
  if (isFailed(task)) return 'Failed'
  if (task.state === ImportState.Pending) return 'Pending'
  return task.state === ImportState.Completed ? 'Completed' : 'Importing'
}

/** Milvus calls the same state otherwise in a job's details. */
function detailStateName(task: ImportTask): string {
  const name = stateName(task)
  return name === 'Importing' ? 'InProgress' : name
}

function isFailed({ state }: ImportTask): boolean {
  return state === ImportState.Failed || state === ImportState.FailedAndCleaned
}

/** RFC 3339 in whole seconds. */
function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
