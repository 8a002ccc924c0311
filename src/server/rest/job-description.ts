import { badRowSentences, errorRecordsOf } from '../../bulk/error-records.js'
import {
  type ImportGroupProgress,
  type ImportProgress,
  outcomeInfos,
} from '../../bulk/import-progress.js'
import { ImportState } from '../../bulk/import-state.js'
import type { ImportTask } from '../../bulk/import-task.js'
import type { JsonValue } from './json-text.js'

type Members = Record<string, JsonValue | undefined>

/** Of the rows that were left out, as many are told as sentences too. */
const rejectsTold = 3

/** One line of a list of jobs. */
export function jobRecord(job: ImportProgress): Members {
  const { task } = job
  return {
    jobId: String(task.taskId),
    collectionName: task.request.collectionName,
    state: stateName(job),
    progress: isFailed(task) ? 0 : job.progress,
    reason: reasonOf(task),
  }
}

/** A job as Milvus describes it, and after that what only we tell. */
export function jobDescription(job: ImportProgress): Members {
  const { task } = job
  return {
    ...jobRecord(job),
    createTime: timeText(task.createdMs),
    completeTime: timeText(task.completedMs),
    importedRows: task.rowCount,
    totalRows: isFailed(task) ? 0 : totalRowsOf(job),
    fileSize: job.bytesTotal,
    details: job.groups.map((group) => groupDescription(job, group)),
    ...speedMembers(job),
    ...outcomeMembers(task),
    warnings: nonEmpty(task.plan?.warnings ?? []),
    failedFile: task.failedAt.file,
    failedRow: task.failedAt.row,
    failedLine: task.failedAt.line,
    failedField: task.failedAt.field,
  }
}

/** How far it is, which clients draw while it runs. */
function speedMembers(job: ImportProgress): Members {
  return {
    phase: job.phase,
    bytesRead: job.bytesRead,
    rowsRead: job.rowsRead,
    bytesPerSecond: rounded(job.bytesPerSecond),
    rowsPerSecond: rounded(job.rowsPerSecond),
    remainingSeconds: job.remainingMs === null ? undefined : Math.ceil(job.remainingMs / 1000),
  }
}

function outcomeMembers(task: ImportTask): Members {
  const counts = outcomeInfos(task).map(([key, value]) => [camelCase(key), Number(value)])
  const rejects = nonEmpty(badRowSentences(task, rejectsTold))
  return { ...Object.fromEntries(counts), rejects, errors: nonEmpty(errorRecordsOf(task)) }
}

function groupDescription({ task, progress, phase }: ImportProgress, group: ImportGroupProgress) {
  const isRead = group.doneMs !== null
  return {
    fileName: `[${group.files.join(' ')}]`, // Milvus: Go's %v of the group's paths.
    fileSize: group.bytesTotal,
    progress: isFailed(task) ? 0 : groupPercent(group, progress),
    completeTime: timeText(phase === 'completed' ? task.completedMs : null),
    state: groupStateName(task, phase === 'completed', isRead || group.bytesRead > 0),
    bytesRead: group.bytesRead,
    importedRows: isFailed(task) ? 0 : group.rowCount,
    totalRows: isFailed(task) ? 0 : (group.rowsTotal ?? 0),
    rejectedRows: group.rejectedCount > 0 ? group.rejectedCount : undefined,
    reason: reasonOf(task),
  }
}

/** While files are read each has its own; after that they go on together. */
function groupPercent(
  { bytesRead, bytesTotal, doneMs }: ImportGroupProgress,
  progress: number,
): number {
  if (doneMs !== null) return Math.max(progress, 90)
  return bytesTotal === 0 ? 0 : Math.min(90, Math.floor((bytesRead / bytesTotal) * 90))
}

/** Milvus calls states otherwise in a job's details. */
function groupStateName(task: ImportTask, isCompleted: boolean, hasBegun: boolean): string {
  if (isFailed(task)) return 'Failed'
  if (isCompleted) return 'Completed'
  return hasBegun ? 'InProgress' : 'Pending'
}

function stateName({ task, phase }: ImportProgress): string {
  switch (phase) {
    case 'pending':
      return 'Pending'
    case 'reading':
    case 'indexing':
      return 'Importing'
    case 'uncommitted':
      return 'Uncommitted'
    case 'committing':
      // Milvus tells of it only where somebody asked for the commit.
      return task.commitment === 'asked' ? 'Committing' : 'Importing'
    case 'completed':
      return 'Completed'
    case 'failed':
      return 'Failed'
  }
}

function totalRowsOf({ task, groups }: ImportProgress): number {
  return task.plan?.rowsTotal ?? groups.reduce((sum, { rowsTotal }) => sum + (rowsTotal ?? 0), 0)
}

function isFailed({ state }: ImportTask): boolean {
  return state === ImportState.Failed || state === ImportState.FailedAndCleaned
}

function reasonOf({ reason }: ImportTask): string | undefined {
  return reason === '' ? undefined : reason
}

function nonEmpty<Item>(items: readonly Item[]): readonly Item[] | undefined {
  return items.length > 0 ? items : undefined
}

function rounded(value: number | null): number | undefined {
  return value === null ? undefined : Math.round(value)
}

function camelCase(key: string): string {
  return key.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())
}

/** RFC 3339 in whole seconds, '' for what has not been yet. */
function timeText(ms: number | null): string {
  return ms === null ? '' : new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
