import { askedOf } from '../../bulk/idempotency.js'
import type { ImportProgress } from '../../bulk/import-progress.js'
import { checkImportRequest, type NewImport } from '../../bulk/import-request.js'
import { ImportRunner } from '../../bulk/import-runner.js'
import { ImportState } from '../../bulk/import-state.js'
import type { ImportTask } from '../../bulk/import-task.js'
import { MillraceError } from '../../errors.js'
import { expandFiles } from '../../source/expand-files.js'
import type { SourceContext } from '../../source/resolve-source.js'
import type { RowsContext } from '../../storage/rows-context.js'
import type { ImportJobs } from '../import-jobs.js'
import type { Collections } from './collections.js'
import { EmbeddedImportTarget } from './embedded-import-target.js'
import type { EmbeddedEngineOptions, EngineLog } from './engine-options.js'
import { namesInBucket, rowsOf, sourcesOf } from './import-sources.js'

const importStepJob = new URL('../../bulk/import-step-job.js', import.meta.url)

/** Imports into the collections of this process. */
export class Imports implements ImportJobs {
  readonly #collections: Collections
  readonly #runner: ImportRunner
  readonly #sources: SourceContext

  private constructor(collections: Collections, runner: ImportRunner, sources: SourceContext) {
    this.#collections = collections
    this.#runner = runner
    this.#sources = sources
  }

  /** Goes on with what was under way at the last stop. */
  static open(
    context: RowsContext,
    collections: Collections,
    options: EmbeddedEngineOptions,
  ): Imports {
    const { log } = options
    const target = new EmbeddedImportTarget(context, collections)
    const sources = sourcesOf(options, context.directory.path)
    const runner = ImportRunner.start({
      target,
      pool: context.pool,
      roots: sources,
      compat: options.compat ?? 'newest',
      nowMs: options.nowMs ?? Date.now,
      cleanedAfterMs: options.cleanedAfterMs ?? 300_000,
      retentionMs: options.importRetentionMs ?? 24 * 3_600_000,
      onChange: (task) => logImport(log, task),
      onWriteError: ({ taskId }, error) =>
        log.error('an import could not be recorded as failed, trying again', {
          taskId: String(taskId),
          error,
        }),
    })
    // A first import would wait for a thread to start and to load its modules: two tenths of a second.
    context.pool.load(importStepJob, 'batch').catch((error) => log.error('no thread', { error }))
    return new Imports(collections, runner, sources)
  }

  async start(request: NewImport): Promise<ImportTask> {
    const { collectionId } = this.#collections.named(request.dbName, request.collectionName).record
    const keyed = request.idempotencyKey
      ? { ...request, asked: askedOf(request, collectionId) }
      : request
    const known = await this.#runner.known(keyed)
    if (known) return known
    const named = namesInBucket(request, this.#sources)
    const fileGroups = await expandFiles(named, this.#sources, rowsOf)
    const { record } = this.#collections.named(request.dbName, request.collectionName)
    const checked = checkImportRequest({ ...keyed, fileGroups }, record, this.#runner.compat)
    return this.#runner.submit(checked)
  }

  task(taskId: bigint): ImportProgress {
    const progress = this.#runner.progress(taskId)
    if (progress) return progress
    throw new MillraceError('keyNotFound', `key not found[key=importtask/${taskId}]`)
  }

  tasks(dbName: string, collectionName: string): ImportProgress[] {
    const collectionId =
      collectionName && this.#collections.named(dbName, collectionName).record.collectionId
    return this.#runner
      .tasks()
      .filter(({ request }) => !collectionId || request.collectionId === collectionId)
      .map(({ taskId }) => this.#runner.progress(taskId)!)
  }

  commit(taskId: bigint): Promise<void> {
    return this.#runner.commit(taskId)
  }

  abort(taskId: bigint): Promise<void> {
    return this.#runner.cancel(taskId, 'aborted by user')
  }

  cancel(taskId: bigint): Promise<void> {
    return this.#runner.cancel(taskId, 'cancelled by user')
  }

  delete(taskId: bigint): Promise<void> {
    return this.#runner.remove(taskId)
  }

  rejects(taskId: bigint): AsyncIterable<Uint8Array> {
    return this.#runner.rejects(taskId)
  }

  /** Ends the imports into a collection, or one partition of it, that is about to be dropped. */
  abandon(collectionId: bigint, partitionId: bigint | null, reason: string): Promise<void> {
    return this.#runner.abandon(collectionId, partitionId, reason)
  }

  close(): Promise<void> {
    return this.#runner.close()
  }
}

function logImport(log: EngineLog, task: ImportTask): void {
  const { taskId, request, rowCount, reason } = task
  const warnings = task.plan?.warnings ?? []
  const detail = {
    taskId: String(taskId),
    collection: request.collectionName,
    rowCount,
    ...(warnings.length > 0 ? { warnings } : {}),
  }
  if (task.state === ImportState.Completed) log.info('import completed', detail)
  if (task.state === ImportState.Failed) log.info('import failed', { ...detail, reason })
}
