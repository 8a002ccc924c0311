import type { ErrorPlace } from '../errors.js'
import type { ImportState } from './import-state.js'

/** What a user asked for. */
export interface ImportRequest {
  readonly dbName: string
  readonly collectionName: string
  readonly collectionId: bigint
  /** null: the rows are spread over the partitions by their partition key. */
  readonly partitionId: bigint | null
  readonly partitionName: string
  readonly files: readonly string[]
  readonly options: readonly (readonly [key: string, value: string])[]
}

/** A part of the input that is read by itself. What it made, and that it is done, is committed at once. */
export interface ImportUnit {
  readonly rowBegin: number
  readonly rowEnd: number
  readonly bytes: number
  readonly isDone: boolean
}

export interface ImportPlan {
  readonly units: readonly ImportUnit[]
  readonly bytesTotal: number
  readonly rowsTotal: number
  readonly warnings: readonly string[]
  /** The files as they were when planned: a change meanwhile is an error. */
  readonly fingerprints: readonly string[]
  /** First auto id of row 0, or null where the user gives the keys. */
  readonly autoIdBegin: bigint | null
}

/** One import, as the store keeps it. Times are milliseconds since 1970. */
export interface ImportTask {
  readonly taskId: bigint
  readonly request: ImportRequest
  readonly state: ImportState
  readonly createdMs: number
  readonly startedMs: number | null
  readonly persistedMs: number | null
  readonly completedMs: number | null
  /** Times the task was begun; a process that dies under it leaves the count behind. */
  readonly attempts: number
  readonly plan: ImportPlan | null
  /** Rows that are durable in segments. */
  readonly rowCount: number
  readonly segmentIds: readonly bigint[]
  readonly reason: string
  readonly failedAt: ErrorPlace
}

/** The third death of the process under a task ends it. */
export const attemptsMax = 3

export function newImportTask(
  taskId: bigint,
  request: ImportRequest,
  createdMs: number,
  initial: ImportState,
): ImportTask {
  return {
    taskId,
    request,
    state: initial,
    createdMs,
    startedMs: null,
    persistedMs: null,
    completedMs: null,
    attempts: 0,
    plan: null,
    rowCount: 0,
    segmentIds: [],
    reason: '',
    failedAt: {},
  }
}

/** Half-open ranges of auto ids, flat: begin, end, begin, end, … */
export function idRangesOf(task: ImportTask): bigint[] {
  const begin = task.plan?.autoIdBegin
  if (begin === null || begin === undefined || task.rowCount === 0) return []
  const ranges: bigint[] = []
  for (const unit of task.plan!.units) {
    if (!unit.isDone || unit.rowEnd === unit.rowBegin) continue
    const first = begin + BigInt(unit.rowBegin)
    if (ranges.at(-1) === first) ranges[ranges.length - 1] = begin + BigInt(unit.rowEnd)
    else ranges.push(first, begin + BigInt(unit.rowEnd))
  }
  return ranges
}
