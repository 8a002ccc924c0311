import type { BoundExpr } from '../../expr/bound-expr.js'
import type { Columns } from '../../expr/evaluate-value.js'
import { keepPassing } from '../../expr/keep-passing.js'
import type { WorkerContext } from '../../workers/worker-job.js'

/** A share of a filter: rows of one segment, and their bits in a mask of shared memory. */
export interface FilterJob {
  readonly conjuncts: readonly BoundExpr[]
  readonly columns: Columns
  readonly rowCount: number
  readonly mask: Uint8Array
}

/** Runs in any thread. */
export function run(
  { conjuncts, columns, rowCount, mask }: FilterJob,
  context: Pick<WorkerContext, 'throwIfCancelled'>,
): void {
  keepPassing(conjuncts, columns, rowCount, mask, () => context.throwIfCancelled())
}
