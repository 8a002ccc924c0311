import type { VectorMemory } from '../kernels/vector-memory.js'
import type { WorkerPool } from '../workers/worker-job.js'
import type { Catalog } from './catalog.js'
import type { Compactor } from './compactor.js'
import type { DataDirectory } from './data-directory.js'
import type { IndexBuilder } from './index-builder.js'
import type { TimestampOracle } from './timestamp-oracle.js'

/** What every collection's rows are kept with. */
export interface RowsContext {
  readonly directory: DataDirectory
  readonly catalog: Catalog
  readonly oracle: TimestampOracle
  readonly memory: VectorMemory
  readonly pool: WorkerPool
  readonly builder: IndexBuilder
  readonly compactor: Compactor
  /** Told when a seal that nobody waits for failed; its rows stay growing and are tried again. */
  readonly onSealError: (error: unknown) => void
}
