import { MillraceError, millraceErrorFrom } from '../errors.js'
import { firstBadRows } from './bad-row.js'
import { badRowSentences } from './error-records.js'
import { nextState } from './import-state.js'
import type { ImportStep } from './import-step.js'
import {
  appendRange,
  type CommitCounts,
  type ImportPlan,
  type ImportTask,
  type ImportUnit,
} from './import-task.js'
import { allWarnings } from './import-warnings.js'

/** Thrown into a run to end its task with this reason, word for word. */
export class ImportAbandoned {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

/** So many rejected rows are told in the reason of a failure. */
const badRowsTold = 3

/** What happens to a task, as pure changes of its record; states change by the table alone. */
export function startedTask(task: ImportTask, nowMs: number): ImportTask {
  return {
    ...task,
    state: nextState(task.state, 'started'),
    startedMs: task.startedMs ?? nowMs,
    attempts: task.attempts + 1,
  }
}

export function plannedTask(task: ImportTask, plan: ImportPlan): ImportTask {
  return { ...task, plan }
}

/** @param isDryRun its rows are counted in the unit alone */
export function taskWithStep(
  task: ImportTask,
  unitIndex: number,
  step: ImportStep,
  isDryRun: boolean,
  nowMs: number,
): ImportTask {
  const plan = task.plan!
  const units = plan.units.map((unit, index) =>
    index === unitIndex ? unitWithStep(unit, step, nowMs) : unit,
  )
  return {
    ...task,
    plan: { ...plan, units, warnings: allWarnings(plan.warnings, step.warnings) },
    rowCount: task.rowCount + (isDryRun ? 0 : step.rowCount),
    segmentIds: [...task.segmentIds, ...step.segments.map(({ segmentId }) => segmentId)],
    rejectedCount: task.rejectedCount + step.rejectedCount,
    rejectsBytes: task.rejectsBytes + Buffer.byteLength(step.rejects),
    badRows: firstBadRows(task.badRows, step.badRows),
  }
}

function unitWithStep(unit: ImportUnit, step: ImportStep, nowMs: number): ImportUnit {
  const idRanges = [...unit.idRanges]
  if (step.autoIdBegin !== null) {
    appendRange(idRanges, step.autoIdBegin, step.autoIdBegin + BigInt(step.rowCount))
  }
  return {
    ...unit,
    checkpoint: step.checkpoint,
    bytesDone: step.isDone ? unit.part.bytes : Math.min(step.bytesRead, unit.part.bytes),
    rowCount: unit.rowCount + step.rowCount,
    rejectedCount: unit.rejectedCount + step.rejectedCount,
    segmentIds: [...unit.segmentIds, ...step.segments.map(({ segmentId }) => segmentId)],
    idRanges,
    isDone: step.isDone,
    doneMs: step.isDone ? nowMs : null,
  }
}

/** @throws importFailed when more rows were rejected than may be */
export function checkRejects(task: ImportTask, errorsMax: number): void {
  const { rejectedCount } = task
  if (rejectedCount <= errorsMax) return
  throw new MillraceError(
    'importFailed',
    `expected at most ${errorsMax} bad rows (max_errors), got ${rejectedCount} so far: ${badRowSentences(task, badRowsTold).join('; ')}`,
  )
}

export function persistedTask(task: ImportTask, nowMs: number): ImportTask {
  return { ...task, state: nextState(task.state, 'persisted'), persistedMs: nowMs }
}

/** Ready, and not committed before somebody asks for it. No death of a server is its fault any more. */
export function awaitingTask(task: ImportTask): ImportTask {
  return { ...task, commitment: 'awaited', attempts: 0 }
}

export function askedTask(task: ImportTask): ImportTask {
  return { ...task, commitment: 'asked' }
}

export function completedTask(task: ImportTask, nowMs: number, counts: CommitCounts): ImportTask {
  return {
    ...task,
    state: nextState(task.state, 'completed'),
    completedMs: nowMs,
    progress: 100,
    rowCount: task.rowCount - counts.skippedRows,
    counts,
  }
}

/** Nothing of a failed task is left but its record; `completedMs` is when it failed. */
export function failedTask(task: ImportTask, nowMs: number, thrown: unknown): ImportTask {
  const isAbandoned = thrown instanceof ImportAbandoned
  const error = millraceErrorFrom(isAbandoned ? thrown.reason : thrown)
  return {
    ...task,
    state: nextState(task.state, 'failed'),
    completedMs: nowMs,
    rowCount: 0,
    segmentIds: [],
    reason: isAbandoned ? thrown.reason : `${error.message}: importing data failed`,
    failedAt: error.place,
  }
}

export function cleanedTask(task: ImportTask): ImportTask {
  return { ...task, state: nextState(task.state, 'cleaned') }
}

/** The task of a server that stops in peace: this attempt was no death under it. */
export function pausedTask(task: ImportTask, attemptsBefore: number): ImportTask {
  return { ...task, attempts: attemptsBefore }
}
