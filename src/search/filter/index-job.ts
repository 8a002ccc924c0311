import { intersectInto } from '../../column/bitmap.js'
import type { BoundExpr } from '../../expr/bound-expr.js'
import { costOf } from '../../expr/expr-cost.js'
import { indexAnswerOf } from './index-answer.js'
import { candidatesOf } from './index-candidates.js'
import type { ScalarIndex } from './scalar-index.js'

/** What indexes are asked of a segment's rows. */
export interface IndexJob {
  readonly conjunct: BoundExpr
  readonly indexes: readonly ScalarIndex[]
  readonly rowCount: number
  /** In shared memory. */
  readonly mask: Uint8Array
}

/**
 * Clears the bits of rows of which the indexes know that they do not pass. Runs in any thread.
 * @returns whether the rows that are left are to be looked at
 */
export function run(job: IndexJob): boolean {
  return keepIndexed(job, Number.POSITIVE_INFINITY)!
}

/** @returns null, and nothing is done, where it takes more nanoseconds than `costMax` */
export function keepIndexed(
  { conjunct, indexes, rowCount, mask }: IndexJob,
  costMax: number,
): boolean | null {
  const costOfScan = costOf(conjunct) * rowCount
  const answer = indexAnswerOf(conjunct, indexes, rowCount)
  if (answer !== null && answer.cost <= costOfScan) {
    if (answer.cost > costMax) return null
    intersectInto(mask, answer.truth().truth)
    return false
  }
  const candidates = candidatesOf(conjunct, indexes, rowCount)
  if (candidates === null || candidates.cost > costOfScan) return true
  if (candidates.cost > costMax) return null
  intersectInto(mask, candidates.rows())
  return true
}
