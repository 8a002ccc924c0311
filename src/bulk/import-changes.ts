import { millraceErrorFrom } from '../errors.js'
import { nextState } from './import-state.js'
import type { ImportedSegment } from './import-target.js'
import type { ImportPlan, ImportTask } from './import-task.js'

/** Thrown into a run to end its task with this reason, word for word. */
export class ImportAbandoned {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

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

export function taskWithUnit(
  task: ImportTask,
  unitIndex: number,
  segments: readonly ImportedSegment[],
): ImportTask {
  const plan = task.plan!
  const units = plan.units.map((unit, index) =>
    index === unitIndex ? { ...unit, isDone: true } : unit,
  )
  return {
    ...task,
    plan: { ...plan, units },
    rowCount: segments.reduce((rows, { file }) => rows + file.rowCount, task.rowCount),
    segmentIds: [...task.segmentIds, ...segments.map(({ segmentId }) => segmentId)],
  }
}

export function persistedTask(task: ImportTask, nowMs: number): ImportTask {
  return { ...task, state: nextState(task.state, 'persisted'), persistedMs: nowMs }
}

export function completedTask(task: ImportTask, nowMs: number): ImportTask {
  return { ...task, state: nextState(task.state, 'completed'), completedMs: nowMs, progress: 100 }
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
