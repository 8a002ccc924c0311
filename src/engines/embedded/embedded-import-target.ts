import { join } from 'node:path'
import { parseImportOptions } from '../../bulk/import-options.js'
import type { ImportCollection, ImportedSegment, ImportTarget } from '../../bulk/import-target.js'
import type { CommitCounts, ImportRequest, ImportTask } from '../../bulk/import-task.js'
import { MillraceError } from '../../errors.js'
import { hiddenIndexWorks } from '../../storage/hidden-index-works.js'
import type { ImportRules } from '../../storage/import-conflicts.js'
import type { SegmentRecord } from '../../storage/records.js'
import type { RowsContext } from '../../storage/rows-context.js'
import { type Edit, keyFromId } from '../../storage/store.js'
import { isEverBuilt, wantedIndexes } from '../../storage/wanted-indexes.js'
import type { Collections } from './collections.js'
import { zonedRecordOf } from './time-zone.js'

/** Imported rows become sealed segments, which a transaction shows all at once. */
export class EmbeddedImportTarget implements ImportTarget {
  readonly segmentsPath: string
  readonly rejectsPath: string
  readonly #context: RowsContext
  readonly #collections: Collections

  constructor(context: RowsContext, collections: Collections) {
    this.segmentsPath = context.directory.segmentsPath
    this.rejectsPath = join(context.directory.path, 'rejects')
    this.#context = context
    this.#collections = collections
  }

  collection(collectionId: bigint): ImportCollection | undefined {
    const record = this.#context.catalog.collection(collectionId)
    return record && zonedRecordOf(record)
  }

  allocate(count: number): bigint {
    return this.#context.oracle.nextRange(count)
  }

  tasks(): Iterable<ImportTask> {
    return this.#context.directory.store.values<ImportTask>('tasks')
  }

  async putTask(task: ImportTask): Promise<void> {
    await this.#context.directory.store.commit([taskEdit(task)])
  }

  async addSegments(task: ImportTask, segments: readonly ImportedSegment[]): Promise<void> {
    const { directory, catalog } = this.#context
    if (segments.length > 0) await directory.syncSegments()
    const records = segments.map(
      (segment): SegmentRecord => ({
        ...segment,
        collectionId: task.request.collectionId,
        timestamp: task.taskId,
        insertRuns: null,
        taskId: task.taskId,
        indexes: [],
      }),
    )
    await catalog.editSegments(records, [], [taskEdit(task)])
  }

  /** Builds the indexes; vectors are loaded by the commit, which no load or release can come between. */
  async prepare(
    task: ImportTask,
    signal: AbortSignal,
    onProgress: (share: number) => void,
  ): Promise<void> {
    if (rulesOf(task).areOnlyKeys) return
    const works = hiddenIndexWorks(this.#context, task.request.collectionId, this.#hidden(task))
    const rowsTotal = works.reduce((sum, { rowCount }) => sum + rowCount, 0)
    let rowsDone = 0
    for (const { work, rowCount } of works) {
      await this.#context.builder.build(work, signal, (rows) =>
        onProgress((rowsDone + rows) / rowsTotal),
      )
      rowsDone += rowCount
      onProgress(rowsDone / rowsTotal)
    }
  }

  async commit(
    task: ImportTask,
    completed: (counts: CommitCounts) => ImportTask,
  ): Promise<ImportTask> {
    const { catalog } = this.#context
    const open = this.#collections.withId(task.request.collectionId)
    if (!open) {
      throw new MillraceError(
        'collectionNotFound',
        `collection ${task.request.collectionName} dropped`,
      )
    }
    let done = task
    await open.rows.addImported(this.#inOrder(task), rulesOf(task), (result) => {
      this.#checkPartitions(task.request, result.visible)
      const segmentIds = result.visible.map(({ segmentId }) => segmentId)
      done = { ...completed(result), segmentIds }
      const edits = [...result.edits, taskEdit(done)]
      return catalog.editSegments(result.visible, result.removed, edits)
    })
    return done
  }

  async discard(task: ImportTask): Promise<void> {
    const { catalog, directory } = this.#context
    const hidden = this.#hidden(task)
    await catalog.editSegments([], hidden, [taskEdit(task)])
    for (const { segmentId } of hidden) directory.removeSegment(segmentId)
    await directory.removed()
  }

  async removeTask({ taskId }: ImportTask): Promise<void> {
    const edit: Edit = { table: 'tasks', key: keyFromId(taskId), remove: true }
    await this.#context.directory.store.commit([edit])
  }

  removeFiles(begin: bigint, end: bigint): Promise<void> {
    return this.#context.directory.removeSegments(begin, end)
  }

  indexesRows(collectionId: bigint): boolean {
    const record = this.#context.catalog.collection(collectionId)
    return record !== undefined && wantedIndexes(record).some(isEverBuilt)
  }

  /** The task's segments in the order of its input. */
  #inOrder(task: ImportTask): SegmentRecord[] {
    const hidden = new Map(this.#hidden(task).map((record) => [record.segmentId, record]))
    const inOrder = task.plan!.units.flatMap(({ segmentIds }) => segmentIds)
    return inOrder.map((segmentId) => hidden.get(segmentId)!)
  }

  /** No partition can be dropped while the rows take their segments up: what is there now stays. */
  #checkPartitions(request: ImportRequest, visible: readonly SegmentRecord[]): void {
    const { partitions } = this.collection(request.collectionId)!
    const known = new Set(partitions.map(({ partitionId }) => partitionId))
    if (visible.every(({ partitionId }) => known.has(partitionId))) return
    throw new MillraceError('partitionNotFound', `partition ${request.partitionName} dropped`)
  }

  #hidden(task: ImportTask): SegmentRecord[] {
    const { catalog } = this.#context
    return catalog
      .segments(task.request.collectionId)
      .filter(({ taskId }) => taskId === task.taskId)
  }
}

function taskEdit(task: ImportTask): Edit {
  return { table: 'tasks', key: keyFromId(task.taskId), value: task }
}

function rulesOf({ request }: ImportTask): ImportRules {
  const { mode, dedupe } = parseImportOptions(request.options)
  const areOnlyKeys = mode === 'delete'
  return {
    winner: areOnlyKeys ? 'none' : dedupe,
    loser: losers[mode],
    areOnlyKeys,
    partitionId: areOnlyKeys ? request.partitionId : null,
  }
}

const losers = {
  insert: 'none',
  upsert: 'existing',
  skip_existing: 'imported',
  delete: 'existing',
} as const
