import { VectorMemory } from '../../dist/kernels/vector-memory.js'
import { Catalog } from '../../dist/storage/catalog.js'
import type { CollectionRows } from '../../dist/storage/collection-rows.js'
import { Compactor } from '../../dist/storage/compactor.js'
import { DataDirectory } from '../../dist/storage/data-directory.js'
import { IndexBuilder } from '../../dist/storage/index-builder.js'
import type { RowsContext } from '../../dist/storage/rows-context.js'
import { TimestampOracle } from '../../dist/storage/timestamp-oracle.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'

/** What rows of a data directory work with. Errors in the background are nobody's to catch. */
export async function openRowsContext(
  path: string,
  threadCount: number,
  limits: ConstructorParameters<typeof VectorMemory>[0],
  onBuildError: (error: unknown) => void = rethrow,
): Promise<RowsContext> {
  const directory = await DataDirectory.open(path)
  const memory = new VectorMemory(limits)
  const pool = createWorkerPool(threadCount)
  return {
    directory,
    catalog: Catalog.open(directory.store),
    oracle: TimestampOracle.open(directory.store),
    memory,
    pool,
    builder: new IndexBuilder({
      ...{ directory, memory, pool },
      onBuildError: (_, error) => onBuildError(error),
      onDamaged: (_, error) => rethrow(error),
    }),
    compactor: new Compactor(rethrow),
    onSealError: rethrow,
  }
}

function rethrow(error: unknown): never {
  throw error
}

export async function closeRows(rows: CollectionRows, context: RowsContext): Promise<void> {
  await rows.close()
  await context.builder.close()
  await context.compactor.close()
  await context.pool.close()
  await context.oracle.close()
  await context.directory.close()
}
