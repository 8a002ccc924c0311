import { join } from 'node:path'
import type { ImportCollection, ImportedSegment, ImportTarget } from '../../bulk/import-target.js'
import type { CommitCounts, ImportTask } from '../../bulk/import-task.js'
import { MillraceError } from '../../errors.js'
import type { SegmentRecord } from '../../storage/records.js'
import type { RowsContext } from '../../storage/rows-context.js'
import { type Edit, keyFromId } from '../../storage/store.js'
import type { Collections } from './collections.js'

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
    return this.#context.catalog.collection(collectionId)
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
    if (segments.length > 0) directory.syncSegments()
    const records = segments.map(
      (segment): SegmentRecord => ({
        ...segment,
        collectionId: task.request.collectionId,
        timestamp: task.taskId,
        taskId: task.taskId,
      }),
    )
    await catalog.editSegments(records, [], [taskEdit(task)])
  }

  /** Nothing is built yet; vectors are loaded by the commit, which no load or release can come between. */
  async prepare(): Promise<void> {}

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
    const done = completed({ deletedRows: 0, skippedRows: 0 })
    await open.rows.addImported(this.#hidden(task), (visible) =>
      catalog.editSegments(visible, [], [taskEdit(done)]),
    )
    return done
  }

  async discard(task: ImportTask): Promise<void> {
    const { catalog, directory } = this.#context
    await catalog.editSegments([], this.#hidden(task), [taskEdit(task)])
    for (const segmentId of task.segmentIds) directory.removeSegment(segmentId)
  }

  async removeTask({ taskId }: ImportTask): Promise<void> {
    const edit: Edit = { table: 'tasks', key: keyFromId(taskId), remove: true }
    await this.#context.directory.store.commit([edit])
  }

  removeFiles(begin: bigint, end: bigint): void {
    this.#context.directory.sweep((segmentId) => segmentId < begin || segmentId >= end)
  }

  indexesRows(): boolean {
    return false
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
