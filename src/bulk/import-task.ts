import type { ErrorPlace } from '../errors.js'
import type { InputPart } from '../formats/format.js'
import type { ImportState } from './import-state.js'

/** What a user asked for, checked and resolved. */
export interface ImportRequest {
  readonly dbName: string
  readonly collectionName: string
  readonly collectionId: bigint
  /** null: the rows are spread over the partitions by their partition key. */
  readonly partitionId: bigint | null
  readonly partitionName: string
  /** Groups of files that make whole rows: one row file, or a set of .npy files. */
  readonly fileGroups: readonly (readonly string[])[]
  readonly options: readonly (readonly [key: string, value: string])[]
}

/** A part of the input that is read by itself. What it made, and that it is done, is committed at once. */
export interface ImportUnit {
  readonly groupIndex: number
  readonly part: InputPart
  readonly isDone: boolean
}

export interface ImportPlan {
  readonly units: readonly ImportUnit[]
  readonly bytesTotal: number
  /** null where only reading tells. */
  readonly rowsTotal: number | null
  readonly warnings: readonly string[]
  /** The files of each group as they were when planned: a change meanwhile is an error. */
  readonly fingerprints: readonly (readonly string[])[]
  /**
   * The auto id of the first unit's first row, or null where the user gives the keys. The rows of all units,
   * in the units' order, have ids in a row.
   */
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
  /** Whole per cent when the task last changed: what is shown never falls below it, nor over a restart. */
  readonly progress: number
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
    progress: 0,
    reason: '',
    failedAt: {},
  }
}

/** Half-open ranges of auto ids, flat: begin, end, begin, end, … */
export function idRangesOf({ plan, rowCount }: ImportTask): bigint[] {
  if (plan === null || plan.autoIdBegin === null || rowCount === 0) return []
  const ranges: bigint[] = []
  let begin = plan.autoIdBegin
  for (const unit of plan.units) {
    const end = begin + BigInt(unitRows(unit))
    if (unit.isDone && ranges.at(-1) === begin) ranges[ranges.length - 1] = end
    else if (unit.isDone) ranges.push(begin, end)
    begin = end
  }
  return ranges
}

export function unitRows({ part }: ImportUnit): number {
  return part.rowCount!
}

/** The auto id of a unit's first row. */
export function autoIdBeginOf(plan: ImportPlan, unitIndex: number): bigint | null {
  if (plan.autoIdBegin === null) return null
  const before = plan.units.slice(0, unitIndex)
  return plan.autoIdBegin + BigInt(before.reduce((rows, unit) => rows + unitRows(unit), 0))
}

/** The row of its files that a unit's first row is. */
export function firstRowOf({ units }: ImportPlan, unitIndex: number): number {
  const { groupIndex } = units[unitIndex]
  return units
    .slice(0, unitIndex)
    .filter((unit) => unit.groupIndex === groupIndex)
    .reduce((rows, unit) => rows + unitRows(unit), 0)
}
