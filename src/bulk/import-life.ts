import { MillraceError } from '../errors.js'
import { resolveSources, type SourceContext } from '../source/resolve-source.js'
import type { WorkerPool } from '../workers/worker-job.js'
import {
  completedTask,
  ImportAbandoned,
  persistedTask,
  plannedTask,
  startedTask,
  taskWithUnit,
} from './import-changes.js'
import type { ImportRun } from './import-run.js'
import { ImportState } from './import-state.js'
import type { ImportCollection, ImportedSegment, ImportTarget } from './import-target.js'
import { attemptsMax, autoIdBeginOf, type ImportTask, unitRows } from './import-task.js'
import type { ImportUnitInput } from './import-unit-job.js'
import type { JobSlots } from './job-slots.js'
import { planImport, segmentRowsMaxOf } from './plan-import.js'

/** What the lives of all tasks share. */
export interface ImportSurroundings {
  readonly target: ImportTarget
  readonly pool: WorkerPool
  readonly slots: JobSlots
  readonly roots: SourceContext
  readonly nowMs: () => number
}

const unitJob = new URL('./import-unit-job.js', import.meta.url)

/** Memory for columns of variable length, of all units that run at a time. */
const keptBytesOfAll = 256 * 1024 ** 2
const keptBytesMin = 32 * 1024 ** 2

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
    await run.change(
      (task) => persistedTask(task, nowMs()),
      (task) => target.putTask(task),
    )
  }
  await target.prepare(run.task, run.signal)
  run.throwIfStopped()
  await run.change(
    (task) => completedTask(task, nowMs()),
    (task) => target.commit(task),
  )
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
  run.addresses = await resolveSources(run.task.request.fileGroups, roots)
  if (run.task.plan !== null) return
  const plan = await planImport({
    collection,
    addresses: run.addresses,
    coreCount: around.pool.threadCount,
    keptBytesMax: keptBytesMaxOf(around),
    allocate: (count) => target.allocate(count),
  })
  await run.change(
    (task) => plannedTask(task, plan),
    (task) => target.putTask(task),
  )
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
  const left = plan!.units.flatMap(({ isDone }, unitIndex) => (isDone ? [] : [unitIndex]))
  await Promise.all(
    left.map(async (unitIndex) => {
      try {
        await around.slots.run(taskId, () => importUnit(run, unitIndex, around))
      } catch (error) {
        run.stop(error)
        around.slots.drop(taskId)
      }
    }),
  )
  run.throwIfStopped()
}

async function importUnit(
  run: ImportRun,
  unitIndex: number,
  around: ImportSurroundings,
): Promise<void> {
  run.throwIfStopped()
  const { target, pool } = around
  const input = unitInput(run, unitIndex, around)
  try {
    const segments = await pool.run<ImportUnitInput, ImportedSegment[]>(unitJob, input, {
      lane: 'batch',
      signal: run.signal,
      onProgress: (bytesRead) => run.report(unitIndex, bytesRead),
    })
    run.throwIfStopped()
    await run.change(
      (task) => taskWithUnit(task, unitIndex, segments),
      (task) => target.addUnit(task, segments),
    )
  } catch (error) {
    const { rowBegin, rowEnd } = input.range
    target.removeFiles(input.segmentIdBegin, input.segmentIdBegin + BigInt(rowEnd - rowBegin))
    throw error
  }
}

function unitInput(run: ImportRun, unitIndex: number, around: ImportSurroundings): ImportUnitInput {
  const { task, addresses } = run
  const { target } = around
  const { schema, partitions } = collectionOf(task, target)
  const plan = task.plan!
  const unit = plan.units[unitIndex]
  const rowCount = unitRows(unit)
  const keptBytesMax = keptBytesMaxOf(around)
  return {
    schema,
    sources: addresses[unit.groupIndex],
    fingerprints: plan.fingerprints[unit.groupIndex],
    range: { rowBegin: unit.rowBegin, rowEnd: unit.rowEnd },
    bytes: unit.bytes,
    autoIdBegin: autoIdBeginOf(plan, unitIndex),
    partitionIds: partitions.map(({ partitionId }) => partitionId),
    segmentsPath: target.segmentsPath,
    segmentIdBegin: target.allocate(rowCount),
    segmentRowsMax: segmentRowsMaxOf(schema.fields, unit.bytes / rowCount, keptBytesMax),
    keptBytesMax,
  }
}

function keptBytesMaxOf({ pool }: ImportSurroundings): number {
  return Math.max(keptBytesMin, Math.floor(keptBytesOfAll / pool.threadCount))
}
