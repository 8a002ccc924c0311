import type { Compat } from '../config.js'
import { MillraceError } from '../errors.js'
import type { ReadOptions } from '../formats/format.js'
import type { CollectionSchema } from '../schema/collection-schema.js'
import { resolveSources, type SourceContext } from '../source/resolve-source.js'
import type { WorkerPool } from '../workers/worker-job.js'
import {
  awaitingTask,
  checkRejects,
  completedTask,
  ImportAbandoned,
  persistedTask,
  plannedTask,
  startedTask,
  taskWithStep,
} from './import-changes.js'
import { type ImportColumns, importColumns } from './import-columns.js'
import type { ImportRun } from './import-run.js'
import { ImportState } from './import-state.js'
import type { ImportStep, ImportStepInput } from './import-step.js'
import type { ImportCollection, ImportTarget } from './import-target.js'
import {
  attemptsMax,
  autoIdBeginOf,
  type ImportPlan,
  type ImportTask,
  partsBefore,
  rowsBefore,
} from './import-task.js'
import type { JobSlots } from './job-slots.js'
import type { PlanRequest } from './plan-import.js'
import type { RejectsFiles } from './rejects-files.js'

/** What the lives of all tasks share. */
export interface ImportSurroundings {
  readonly target: ImportTarget
  readonly pool: WorkerPool
  readonly slots: JobSlots
  readonly roots: SourceContext
  /** Whose rules hold where versions of Milvus differ. */
  readonly compat: Compat
  readonly rejects: RejectsFiles
  readonly nowMs: () => number
}

const planJob = new URL('./plan-import-job.js', import.meta.url)
const stepJob = new URL('./import-step-job.js', import.meta.url)

/** Memory for columns of variable length, of all steps that run at a time. */
const keptBytesOfAll = 256 * 1024 ** 2
const keptBytesMin = 32 * 1024 ** 2

/** Of a step that does not know how many rows it will have: at least one batch's, and not too many ids. */
const stepRowsMin = 2 ** 20
const stepRowsMax = 2 ** 24
const stepSegmentsMax = 2 ** 16

/**
 * Takes a task from where it is to Completed. Every step is durable before the next one begins, so that a
 * later process may call this again.
 * @throws what makes the task fail, or anything once the run was stopped
 */
export async function liveImport(run: ImportRun, around: ImportSurroundings): Promise<void> {
  const { target, slots, nowMs } = around
  refuseAfterDeaths(run.task)
  run.throwIfStopped()
  await slots.run(run.task.taskId, () => begin(run, around))
  if (run.task.state === ImportState.Started) {
    await importUnits(run, around)
    await around.rejects.finish(run.task)
    await run.change(
      (task) => persistedTask(task, nowMs()),
      (task) => target.putTask(task),
    )
    around.rejects.dropPart(run.task.taskId)
  }
  if (run.options.isDryRun) {
    await run.change(
      (task) => completedTask(task, nowMs(), { deletedRows: 0, skippedRows: 0 }),
      (task) => target.putTask(task),
    )
    return
  }
  await target.prepare(run.task, run.signal, (share) => run.reportPrepared(share))
  await awaitCommitment(run, target)
  run.throwIfStopped()
  await run.replace((task) => target.commit(task, (counts) => completedTask(task, nowMs(), counts)))
}

function refuseAfterDeaths({ attempts }: ImportTask): void {
  if (attempts < attemptsMax) return
  throw new MillraceError(
    'importFailed',
    `the server died ${attempts} times while it ran this import, which is not tried again`,
  )
}

async function begin(run: ImportRun, around: ImportSurroundings): Promise<void> {
  const { target, roots, nowMs } = around
  await run.change(
    (task) => startedTask(task, nowMs()),
    (task) => target.putTask(task),
  )
  const collection = collectionOf(run.task, target)
  if (run.task.state === ImportState.Persisted) return
  run.addresses = await resolveSources(run.task.request.fileGroups, roots, run.signal)
  if (run.task.plan !== null) return
  const plan = await planOf(run, collection, around)
  await run.change(
    (task) => plannedTask(task, plan),
    (task) => target.putTask(task),
  )
}

/** Files are looked at, and lists of megabytes gone through, by a worker. */
async function planOf(
  run: ImportRun,
  { schema, partitions }: ImportCollection,
  around: ImportSurroundings,
): Promise<ImportPlan> {
  const { pool, target } = around
  const request: PlanRequest = {
    schema,
    columns: columnsOf(run, schema, around),
    partitionCount: partitions.length,
    addresses: run.addresses,
    coreCount: pool.threadCount,
    keptBytesMax: keptBytesMaxOf(around),
    options: readOptionsOf(run, around),
  }
  const plan = await pool.run<PlanRequest, ImportPlan>(planJob, request, {
    lane: 'batch',
    signal: run.signal,
  })
  const { rowsTotal } = plan
  if (request.columns.autoId === null || !rowsTotal) return plan
  return { ...plan, autoIdBegin: target.allocate(rowsTotal) }
}

/** The collection as it is now, with the partitions that the task fills. */
function collectionOf({ request }: ImportTask, target: ImportTarget): ImportCollection {
  const collection = target.collection(request.collectionId)
  if (!collection) throw new ImportAbandoned(`collection ${request.collectionName} dropped`)
  const { partitionId, partitionName } = request
  if (partitionId === null) return collection
  const partitions = collection.partitions.filter((each) => each.partitionId === partitionId)
  if (partitions.length > 0) return { ...collection, partitions }
  throw new ImportAbandoned(`partition ${partitionName} dropped`)
}

/** Runs what is left of the plan. The first unit that fails stops the others; all have ended when this does. */
async function importUnits(run: ImportRun, around: ImportSurroundings): Promise<void> {
  const { taskId, plan } = run.task
  await Promise.all(
    plan!.units.map(async (_, unitIndex) => {
      try {
        while (!run.task.plan!.units[unitIndex].isDone) {
          await around.slots.run(taskId, () => importStep(run, unitIndex, around))
        }
      } catch (error) {
        run.stop(error)
        around.slots.drop(taskId)
      }
    }),
  )
  run.throwIfStopped()
}

async function importStep(
  run: ImportRun,
  unitIndex: number,
  around: ImportSurroundings,
): Promise<void> {
  run.throwIfStopped()
  const { pool, target } = around
  const input = stepInput(run, unitIndex, around)
  try {
    const step = await pool.run<ImportStepInput, ImportStep>(stepJob, input, {
      lane: 'batch',
      signal: run.signal,
      onProgress: (bytesRead) => run.report(unitIndex, bytesRead),
    })
    run.throwIfStopped()
    await commitStep(run, unitIndex, step, around)
  } catch (error) {
    const { segmentIdBegin, segmentIdCount } = input
    await target.removeFiles(segmentIdBegin, segmentIdBegin + BigInt(segmentIdCount))
    throw error
  }
}

async function commitStep(
  run: ImportRun,
  unitIndex: number,
  step: ImportStep,
  { target, rejects, nowMs }: ImportSurroundings,
): Promise<void> {
  const { isDryRun, errorsMax } = run.options
  const before = run.task
  await run.change(
    (task) => taskWithStep(task, unitIndex, step, isDryRun, nowMs()),
    async (task) => {
      await rejects.append(task.taskId, task.rejectsBytes, step.rejects)
      await target.addSegments(task, step.segments)
    },
  )
  if (!isDryRun && run.task.rejectedCount > before.rejectedCount) checkRejects(run.task, errorsMax)
}

function stepInput(run: ImportRun, unitIndex: number, around: ImportSurroundings): ImportStepInput {
  const { task, addresses, options } = run
  const { target } = around
  const { partitions } = collectionOf(task, target)
  const plan = task.plan!
  const { groupIndex, part, checkpoint } = plan.units[unitIndex]
  const columns = columnsOf(run, plan.schema, around)
  const spread = columns.partitionKey === null ? partitions.slice(0, 1) : partitions
  const rowsMax = part.rowCount ?? Math.min(stepRowsMax, Math.max(stepRowsMin, part.bytes))
  const segmentIdCount = Math.max(1, part.rowCount ?? stepSegmentsMax)
  return {
    columns,
    schemaVersion: plan.schema.version,
    sources: addresses[groupIndex],
    fingerprints: plan.fingerprints[groupIndex],
    options: readOptionsOf(run, around),
    unitIndex,
    part,
    partsBefore: partsBefore(plan, unitIndex),
    rowsBefore: rowsBefore(plan, unitIndex),
    from: checkpoint,
    autoIdBegin: autoIdBegin(run, unitIndex, rowsMax, around),
    rowsMax,
    partitionIds: spread.map(({ partitionId }) => partitionId),
    segmentsPath: target.segmentsPath,
    segmentIdBegin: target.allocate(segmentIdCount),
    segmentIdCount,
    keptBytesMax: keptBytesMaxOf(around),
    rejectsMax: rejectsMaxOf(run),
    isDryRun: options.isDryRun,
  }
}

/** Of a file of keys to delete, every other column is one too many. */
function readOptionsOf({ options }: ImportRun, { compat }: ImportSurroundings): ReadOptions {
  const refusesExtraColumns = compat === '2.3' && options.mode !== 'delete'
  return { ...options.read, refusesExtraColumns }
}

function columnsOf(
  { options }: ImportRun,
  schema: CollectionSchema,
  { compat }: ImportSurroundings,
): ImportColumns {
  const columns = importColumns(schema, options, options.rowNumberAs)
  if (compat !== '2.3') return columns
  // Milvus 2.3: imports look at no lengths.
  const unlimited = { maxLength: Number.MAX_SAFE_INTEGER, maxCapacity: Number.MAX_SAFE_INTEGER }
  return { ...columns, fields: columns.fields.map((field) => ({ ...field, ...unlimited })) }
}

function autoIdBegin(
  { task, options }: ImportRun,
  unitIndex: number,
  rowsMax: number,
  { target }: ImportSurroundings,
): bigint | null {
  const plan = task.plan!
  const planned = autoIdBeginOf(plan, unitIndex)
  if (planned !== null) return planned
  return importColumns(plan.schema, options).autoId === null ? null : target.allocate(rowsMax)
}

/** One more than are allowed ends the import, and is written down too. */
function rejectsMaxOf({ task, options }: ImportRun): number | null {
  const rejectsLeft = Math.max(0, options.errorsMax - task.rejectedCount)
  if (options.isDryRun) return rejectsLeft
  return options.skipsErrors ? rejectsLeft + 1 : null
}

/** Waits until somebody asks for the commit, of a task that is not committed by itself. */
async function awaitCommitment(run: ImportRun, target: ImportTarget): Promise<void> {
  if (run.options.autoCommit || run.task.commitment === 'asked') return
  await run.change(awaitingTask, (task) => target.putTask(task))
  await run.commitment
}

function keptBytesMaxOf({ pool }: ImportSurroundings): number {
  return Math.max(keptBytesMin, Math.floor(keptBytesOfAll / pool.threadCount))
}
