import type { ErrorPlace } from '../errors.js'
import type { Checkpoint, InputPart } from '../formats/format.js'
import type { CollectionSchema } from '../schema/collection-schema.js'
import type { BadRow } from './bad-row.js'
import type { ImportState } from './import-state.js'

/** What a user asked for, checked and resolved. */
export interface ImportRequest {
  readonly dbName: string
  readonly collectionName: string
  readonly collectionId: bigint
  /** null: the rows are spread over the partitions by their partition key, or deleted in all of them. */
  readonly partitionId: bigint | null
  readonly partitionName: string
  /** Groups of files that make whole rows: one row file, or a set of .npy files. */
  readonly fileGroups: readonly (readonly string[])[]
  readonly options: readonly (readonly [key: string, value: string])[]
  /** The same key with the same request is the same task; absent or '': none. */
  readonly idempotencyKey?: string
  /** What the request says, by `askedOf`; of one that has a key. */
  readonly asked?: string
}

/**
 * A part of the input that is read by itself, in steps. What a step made, and how far it came, is committed
 * at once.
 */
export interface ImportUnit {
  readonly groupIndex: number
  readonly part: InputPart
  /** What lies before it is durable; null: nothing is. */
  readonly checkpoint: Checkpoint | null
  readonly bytesDone: number
  /** Rows that are durable; of a dry run, those that would be. */
  readonly rowCount: number
  readonly rejectedCount: number
  /** In the order of its rows, but for partitions, which a step fills side by side. */
  readonly segmentIds: readonly bigint[]
  /** Half-open ranges of the auto ids that its rows have, flat: begin, end, begin, end, … */
  readonly idRanges: readonly bigint[]
  readonly isDone: boolean
  readonly doneMs: number | null
}

export interface ImportPlan {
  /**
   * The collection's schema when the import was planned, which all of its rows have: what is changed
   * meanwhile changes them as it does rows that were there before.
   */
  readonly schema: CollectionSchema
  readonly units: readonly ImportUnit[]
  readonly bytesTotal: number
  /** null where only reading tells. */
  readonly rowsTotal: number | null
  /** Columns that were ignored and the like, told once each; reading finds more. */
  readonly warnings: readonly string[]
  /** The files of each group as they were when planned: a change meanwhile is an error. */
  readonly fingerprints: readonly (readonly string[])[]
  /**
   * The auto id of the first unit's first row: the rows of all units, in the units' order, have ids in a
   * row. null where the user gives the keys, or where each step takes its own ids, since nobody knows how
   * many rows there are.
   */
  readonly autoIdBegin: bigint | null
}

/** What a commit did beside showing rows. */
export interface CommitCounts {
  /** Rows that were visible before, and are not any more. */
  readonly deletedRows: number
  /** Rows of the job that were left out, for the sake of others with their key. */
  readonly skippedRows: number
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
  readonly rejectedCount: number
  /** What of the rejects file counts. */
  readonly rejectsBytes: number
  /** The first of the rejected rows. */
  readonly badRows: readonly BadRow[]
  /** Of a task that is not committed by itself: whether it waits to be told, or was told. */
  readonly commitment: 'open' | 'awaited' | 'asked'
  readonly counts: CommitCounts | null
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
    rejectedCount: 0,
    rejectsBytes: 0,
    badRows: [],
    commitment: 'open',
    counts: null,
    progress: 0,
    reason: '',
    failedAt: {},
  }
}

export function newImportUnit(groupIndex: number, part: InputPart): ImportUnit {
  return {
    groupIndex,
    part,
    checkpoint: null,
    bytesDone: 0,
    rowCount: 0,
    rejectedCount: 0,
    segmentIds: [],
    idRanges: [],
    isDone: false,
    doneMs: null,
  }
}

/** Half-open ranges of auto ids in the order of the input, flat: begin, end, begin, end, … */
export function idRangesOf({ plan, rowCount }: ImportTask): bigint[] {
  if (plan === null || rowCount === 0) return []
  const ranges: bigint[] = []
  for (const { idRanges } of plan.units) {
    for (let at = 0; at < idRanges.length; at += 2)
      appendRange(ranges, idRanges[at], idRanges[at + 1])
  }
  return ranges
}

/** Adds a range at the end, as a part of the last one where it goes on from there. */
export function appendRange(ranges: bigint[], begin: bigint, end: bigint): void {
  if (begin === end) return
  if (ranges.at(-1) === begin) ranges[ranges.length - 1] = end
  else ranges.push(begin, end)
}

/** The auto id of a unit's first row, where the plan says it. */
export function autoIdBeginOf(plan: ImportPlan, unitIndex: number): bigint | null {
  if (plan.autoIdBegin === null) return null
  const before = plan.units.slice(0, unitIndex)
  return plan.autoIdBegin + BigInt(before.reduce((rows, { part }) => rows + part.rowCount!, 0))
}

/** The parts that lie before a unit in its files; those that were read have a number of rows now. */
export function partsBefore({ units }: ImportPlan, unitIndex: number): InputPart[] {
  const { groupIndex } = units[unitIndex]
  return units
    .slice(0, unitIndex)
    .filter((unit) => unit.groupIndex === groupIndex)
    .map(({ part, isDone, checkpoint }) => (isDone ? { ...part, rowCount: checkpoint!.row } : part))
}

/** Rows of the job that lie before a unit; null where nobody counted them. */
export function rowsBefore({ units }: ImportPlan, unitIndex: number): number | null {
  let rowCount = 0
  for (const { part } of units.slice(0, unitIndex)) {
    if (part.rowCount === null) return null
    rowCount += part.rowCount
  }
  return rowCount
}
