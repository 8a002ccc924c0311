import { intersectInto } from '../../column/bitmap.js'
import { type BoundExpr, fieldsOf } from '../../expr/bound-expr.js'
import { costOf } from '../../expr/expr-cost.js'
import { DataType } from '../../schema/data-type.js'
import type { SegmentView } from '../segment-view.js'
import { type IndexJob, keepIndexed } from './index-job.js'
import { spatialCandidates } from './spatial-candidates.js'

/**
 * Keeps in `mask` what indexes over values and over boxes say.
 * @returns the conditions that are left for a scan
 */
export async function keepByIndexes(
  view: SegmentView,
  conjuncts: readonly BoundExpr[],
  mask: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<BoundExpr[]> {
  const rest = await keepIndexedRows(view, conjuncts, mask, signal)
  await keepBoxed(view, rest, mask)
  return rest
}

/** Keeps what indexes say. @returns the conditions that are left, of which a scan tells sooner */
async function keepIndexedRows(
  view: SegmentView,
  conjuncts: readonly BoundExpr[],
  mask: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<BoundExpr[]> {
  const fields = new Set(conjuncts.flatMap(fieldsOf))
  const indexes = await view.scalarIndexes(Array.from(fields, ({ fieldId }) => fieldId))
  if (indexes.length === 0) return [...conjuncts]
  const left: BoundExpr[] = []
  for (const conjunct of conjuncts) {
    const job = { conjunct, indexes, rowCount: view.rowCount, mask }
    const costOfLookups = lookupCount(conjunct) * lookupCost
    if (costOfLookups > costOf(conjunct) * view.rowCount) {
      left.push(conjunct)
      continue
    }
    const isCheap = costOfLookups < nanosecondsHere
    const isLeft =
      (isCheap ? keepIndexed(job, nanosecondsHere) : null) ??
      (await view.pool.run<IndexJob, boolean>(indexModule, job, {
        lane: 'interactive',
        ...(signal && { signal }),
      }))
    if (isLeft) left.push(conjunct)
  }
  return left
}

const indexModule = new URL('./index-job.js', import.meta.url)

/** What takes longer is asked of another thread. */
const nanosecondsHere = 4_000_000
/** To find one value in an index. */
const lookupCost = 1000

/** How many values an index is asked for. */
function lookupCount(bound: BoundExpr): number {
  switch (bound.kind) {
    case 'and':
    case 'or':
      return bound.operands.reduce((sum, operand) => sum + lookupCount(operand), 0)
    case 'not':
      return lookupCount(bound.operand)
    case 'test':
      return 'values' in bound.test ? bound.test.values.length : 1
    case 'contains':
      return bound.tests.reduce((sum, test) => sum + ('values' in test ? test.values.length : 1), 0)
    case 'jsonNumber':
      return bound.test.op === 'in' ? bound.test.values.size : 1
    case 'jsonContains':
      return bound.wanted.size
    default:
      return 1
  }
}

/** Leaves out rows whose geometries lie where they cannot pass, by the indexes over their boxes. */
async function keepBoxed(
  view: SegmentView,
  conjuncts: readonly BoundExpr[],
  mask: Uint8Array,
): Promise<void> {
  const fields = conjuncts
    .flatMap(fieldsOf)
    .filter(({ dataType }) => dataType === DataType.Geometry)
  if (fields.length === 0) return
  const indexes = await view.spatialIndexes(fields.map(({ fieldId }) => fieldId))
  if (indexes.length === 0) return
  for (const conjunct of conjuncts) {
    const candidates = spatialCandidates(conjunct, indexes, view.rowCount)
    if (candidates !== null) intersectInto(mask, candidates)
  }
}
