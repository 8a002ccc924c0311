import type { CollectionSchema } from '../schema/collection-schema.js'
import type { SegmentFile } from '../segment/segment-file.js'
import type { CommitCounts, ImportTask } from './import-task.js'

/** What an import has to know of the collection that it fills. */
export interface ImportCollection {
  readonly collectionId: bigint
  readonly schema: CollectionSchema
  readonly partitions: readonly { readonly partitionId: bigint; readonly name: string }[]
}

/** A finished segment file: synced, but its name is not, and nobody names it yet. */
export interface ImportedSegment {
  readonly segmentId: bigint
  readonly partitionId: bigint
  readonly schemaVersion: number
  readonly file: SegmentFile
}

/**
 * Where imported rows go. What is promised here is all that the pipeline rests on:
 *
 * - A promise that settles means durable; one that rejects means that nothing was changed.
 * - Segments are hidden from every search and query until `commit`, and from sweep and compaction too.
 * - A task given to a method is stored as it is, in the transaction that the method makes.
 * - Calls for one task come one after the other; those of different tasks may overlap.
 */
export interface ImportTarget {
  /** Segments are written here, named by `segmentPathIn`. */
  readonly segmentsPath: string
  /** Rows that were left out are written down here. */
  readonly rejectsPath: string

  /** The collection as it is now, or undefined when it was dropped. */
  collection(collectionId: bigint): ImportCollection | undefined
  /** The first of `count` ids in a row that nobody else gets, over restarts too. */
  allocate(count: number): bigint
  /** The tasks stored by now; asked for once, at the start. */
  tasks(): Iterable<ImportTask>

  putTask(task: ImportTask): Promise<void>
  /** Adds segments to those that the task hides. Makes the files' names durable first. */
  addSegments(task: ImportTask, segments: readonly ImportedSegment[]): Promise<void>
  /**
   * Makes the hidden segments ready, so that searches find them as soon as they are committed: loads them
   * where the collection is loaded, builds their indexes.
   * @param signal aborted when the task is stopped meanwhile; then it may reject
   * @param onProgress told how much of the work is done, from 0 to 1; never less than before
   */
  prepare(task: ImportTask, signal: AbortSignal, onProgress: (share: number) => void): Promise<void>
  /**
   * Shows all of the task's segments at once, with the commit's timestamp, and in the same transaction does
   * what the task's mode says to rows that were visible before.
   * @param completed the task to be stored, by what the commit did
   */
  commit(task: ImportTask, completed: (counts: CommitCounts) => ImportTask): Promise<ImportTask>
  /** Forgets the task's hidden segments and what `prepare` made of them, and removes their files. */
  discard(task: ImportTask): Promise<void>
  /** Forgets a finished task. */
  removeTask(task: ImportTask): Promise<void>

  /** Removes what lies under the ids `[begin, end)`: files of segments that were never added. */
  removeFiles(begin: bigint, end: bigint): Promise<void>
  /** Whether `prepare` builds indexes, for which the last tenth of the progress is kept. */
  indexesRows(collectionId: bigint): boolean
}
