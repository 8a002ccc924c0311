import type { ImportProgress } from '../bulk/import-progress.js'
import type { NewImport } from '../bulk/import-request.js'
import type { ImportTask } from '../bulk/import-task.js'

/** Imports that were asked for, until they are deleted or have been over for long. */
export interface ImportJobs {
  /**
   * Durable when it settles. A request under an idempotency key that was used for it before is the task
   * that it was.
   * @throws parameterInvalid for a wrong value of an option, or another request under the key
   */
  start(request: NewImport): Promise<ImportTask>
  /** @throws keyNotFound */
  task(taskId: bigint): ImportProgress
  /** In the order of their ids. Empty `collectionName`: of all collections. @throws collectionNotFound */
  tasks(dbName: string, collectionName: string): ImportProgress[]
  /**
   * Lets an import complete that was asked for with `auto_commit=false` and waits; durable when it settles,
   * and visible soon after. Once more is no error.
   * @throws keyNotFound, importFailed when it is not there yet or has failed
   */
  commit(taskId: bigint): Promise<void>
  /** Ends it as Failed, before it is committed. @throws keyNotFound, importFailed when it is committed */
  abort(taskId: bigint): Promise<void>
  /** As `abort`, with the reason "cancelled by user": in whatever state before the commit. */
  cancel(taskId: bigint): Promise<void>
  /** Forgets a finished import and its rejects. @throws keyNotFound, importFailed while it is under way */
  delete(taskId: bigint): Promise<void>
  /**
   * The rows that a finished import left out (`on_error=skip`, `dry_run`), as JSON lines:
   * `{"file","row","byte_offset","field","reason","raw"}`; nothing where there are none. Rows are 0-based
   * in their file; null where an import failed before they could be counted.
   * @throws keyNotFound
   */
  rejects(taskId: bigint): AsyncIterable<Uint8Array>
}
