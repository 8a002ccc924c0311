import { VectorMemory } from '../../kernels/vector-memory.js'
import { Catalog } from '../../storage/catalog.js'
import { Compactor } from '../../storage/compactor.js'
import type { DataDirectory } from '../../storage/data-directory.js'
import { IndexBuilder } from '../../storage/index-builder.js'
import type { RowsContext } from '../../storage/rows-context.js'
import { TimestampOracle } from '../../storage/timestamp-oracle.js'
import { createWorkerPool } from '../../workers/worker-pool.js'
import type { EmbeddedEngineOptions, EngineLog } from './engine-options.js'
import { tellRefusedParams } from './refused-params.js'

/** What all rooms of an engine work with, over a data directory that holds no more than the catalog names. */
export function openContext(directory: DataDirectory, options: EmbeddedEngineOptions): RowsContext {
  const { log, nowMs } = options
  const memory = new VectorMemory()
  const pool = createWorkerPool()
  const context: RowsContext = {
    directory,
    catalog: Catalog.open(directory.store),
    oracle: TimestampOracle.open(directory.store, nowMs),
    memory,
    pool,
    builder: new IndexBuilder({
      directory,
      memory,
      pool,
      onBuildError: (segmentId, error) =>
        log.error('an index could not be built', { segmentId: String(segmentId), error }),
      onDamaged: (segmentId, error) =>
        log.error('an index is damaged and is built anew', {
          segmentId: String(segmentId),
          error,
        }),
    }),
    compactor: new Compactor((error) => log.error('segments could not be compacted', { error })),
    onSealError: (error) => log.error('growing rows could not be sealed', { error }),
  }
  sweep(context, log)
  tellRefusedParams(context.catalog, log)
  return context
}

/** Removes files that no transaction made count. */
function sweep({ directory, catalog }: RowsContext, log: EngineLog): void {
  const swept = [
    ...directory.sweep((id) => catalog.segment(id) !== undefined),
    ...directory.sweepIndexes((segmentId, indexId) => {
      const record = catalog.segment(segmentId)
      return record?.indexes.some((index) => index.indexId === indexId) ?? false
    }),
  ]
  if (swept.length > 0) log.info('removed files that nothing names', { files: swept })
}
