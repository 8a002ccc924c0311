import { parseImportOptions } from './import-options.js'
import type { ImportRun } from './import-run.js'
import { ImportState } from './import-state.js'
import type { ImportTask, ImportUnit } from './import-task.js'

type ImportPhase =
  | 'pending'
  | 'reading'
  | 'indexing'
  | 'uncommitted'
  | 'committing'
  | 'completed'
  | 'failed'

/** One group of files of a task: one row file, or a set of .npy files. */
export interface ImportGroupProgress {
  readonly files: readonly string[]
  readonly bytesTotal: number
  readonly bytesRead: number
  /** null where only reading tells, until it has. */
  readonly rowsTotal: number | null
  /** Rows that are durable; of a dry run, those that are good. */
  readonly rowCount: number
  readonly rejectedCount: number
  /** null until all of it is read. */
  readonly doneMs: number | null
}

/** A task, and how far it is at this moment. */
export interface ImportProgress {
  readonly task: ImportTask
  /** Whole per cent; never falls. */
  readonly progress: number
  readonly phase: ImportPhase
  readonly bytesTotal: number
  readonly bytesRead: number
  /** Estimated between two durable steps. */
  readonly rowsRead: number
  /** null where there is no speed: nothing was read yet, or all is. Of a finished task, its average. */
  readonly bytesPerSecond: number | null
  readonly rowsPerSecond: number | null
  /** Until everything is read; null where nobody knows. */
  readonly remainingMs: number | null
  readonly groups: readonly ImportGroupProgress[]
}

/** @param run null: the task is not under way */
export function importProgressOf(task: ImportTask, run: ImportRun | null): ImportProgress {
  const { plan } = task
  const bytesTotal = plan?.bytesTotal ?? 0
  const bytesRead = run?.bytesRead ?? sumOf(plan?.units ?? [], ({ bytesDone }) => bytesDone)
  const rowsRead = rowsReadOf(task, bytesRead)
  const bytesPerSecond = bytesPerSecondOf(task, run, bytesRead)
  const bytesLeft = bytesTotal - bytesRead
  return {
    task,
    progress: run?.progress ?? task.progress,
    phase: phaseOf(task),
    bytesTotal,
    bytesRead,
    rowsRead,
    bytesPerSecond,
    rowsPerSecond: bytesPerSecond && bytesRead > 0 ? (bytesPerSecond * rowsRead) / bytesRead : null,
    remainingMs: run && bytesPerSecond ? (bytesLeft * 1000) / bytesPerSecond : null,
    groups: task.request.fileGroups.map((files, groupIndex) =>
      groupOf(task, run, files, groupIndex),
    ),
  }
}

function phaseOf({ state, commitment }: ImportTask): ImportPhase {
  if (state === ImportState.Pending) return 'pending'
  if (state === ImportState.Started) return 'reading'
  if (state === ImportState.Completed) return 'completed'
  if (state !== ImportState.Persisted) return 'failed'
  return commitment === 'open'
    ? 'indexing'
    : commitment === 'awaited'
      ? 'uncommitted'
      : 'committing'
}

function rowsReadOf({ plan }: ImportTask, bytesRead: number): number {
  if (plan === null) return 0
  const rowsDone = sumOf(plan.units, ({ rowCount, rejectedCount }) => rowCount + rejectedCount)
  const bytesDone = sumOf(plan.units, (unit) => unit.bytesDone)
  if (bytesRead <= bytesDone) return rowsDone
  if (plan.rowsTotal !== null) return Math.floor((plan.rowsTotal * bytesRead) / plan.bytesTotal)
  return bytesDone === 0 ? 0 : Math.floor((rowsDone * bytesRead) / bytesDone)
}

function bytesPerSecondOf(
  { startedMs, persistedMs }: ImportTask,
  run: ImportRun | null,
  bytesRead: number,
): number | null {
  if (run && persistedMs === null) return run.bytesPerSecond
  if (startedMs === null || persistedMs === null) return null
  return (bytesRead * 1000) / Math.max(1, persistedMs - startedMs)
}

function groupOf(
  { plan }: ImportTask,
  run: ImportRun | null,
  files: readonly string[],
  groupIndex: number,
): ImportGroupProgress {
  const units = plan?.units ?? []
  const own = units.filter((unit) => unit.groupIndex === groupIndex)
  const isDone = plan !== null && own.every((unit) => unit.isDone)
  return {
    files,
    bytesTotal: sumOf(own, ({ part }) => part.bytes),
    bytesRead: sumOf(own, (unit) => run?.bytesReadOf(units.indexOf(unit)) ?? unit.bytesDone),
    rowsTotal: rowsTotalOf(own, isDone),
    rowCount: sumOf(own, ({ rowCount }) => rowCount),
    rejectedCount: sumOf(own, ({ rejectedCount }) => rejectedCount),
    doneMs: isDone && own.length > 0 ? Math.max(...own.map(({ doneMs }) => doneMs!)) : null,
  }
}

function rowsTotalOf(units: readonly ImportUnit[], isDone: boolean): number | null {
  if (isDone) return sumOf(units, ({ checkpoint }) => checkpoint!.row)
  if (units.length === 0 || units.some(({ part }) => part.rowCount === null)) return null
  return sumOf(units, ({ part }) => part.rowCount!)
}

/** What a job's options asked for, and what came of it: pairs for `infos` and REST alike. */
export function outcomeInfos(task: ImportTask): [key: string, value: string][] {
  const { plan, counts, rejectedCount } = task
  const { isDryRun, skipsErrors, mode, dedupe } = parseImportOptions(task.request.options)
  const infos: [string, string][] = []
  if (isDryRun) {
    const validRows = sumOf(plan?.units ?? [], ({ rowCount }) => rowCount)
    infos.push(['valid_rows', String(validRows)])
  }
  if (isDryRun || skipsErrors) infos.push(['rejected_rows', String(rejectedCount)])
  if (counts && (mode === 'upsert' || mode === 'delete')) {
    infos.push(['deleted_rows', String(counts.deletedRows)])
  }
  if (counts && dedupe !== 'none') infos.push(['skipped_rows', String(counts.skippedRows)])
  return infos
}

function sumOf<Item>(items: readonly Item[], numberOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + numberOf(item), 0)
}
