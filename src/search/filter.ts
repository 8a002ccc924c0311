import { clearTail, countBits, hasBit, intersectInto, setBit } from '../column/bitmap.js'
import type { Column } from '../column/column.js'
import { type BoundExpr, fieldsOf } from '../expr/bound-expr.js'
import { costOf } from '../expr/expr-cost.js'
import { conjunctsOf } from '../expr/keep-passing.js'
import { pkValuesOf } from '../expr/pk-values.js'
import { DataType } from '../schema/data-type.js'
import { rowsOfPk } from '../segment/pk-order.js'
import { filterRows } from './filter-rows.js'
import { type IndexJob, keepIndexed } from './index-job.js'
import { RecentMasks } from './recent-masks.js'
import type { SegmentView } from './segment-view.js'
import { spatialCandidates } from './spatial-candidates.js'

/**
 * The rows of a view that are alive and pass the expression, as a bitmap; null: all of them. What keys and
 * indexes tell comes first, so that the rest is asked of few. Nobody may write to it.
 * @throws cancelled
 */
export async function filterMask(
  view: SegmentView,
  bound: BoundExpr | null,
  signal?: AbortSignal,
): Promise<Uint8Array | null> {
  if (bound === null || (bound.kind === 'constant' && bound.truth)) return view.alive
  if (view.isGrowing) return newMask(view, bound, signal)
  const known = recentMasks.get(view, bound)
  if (known) return known
  const mask = await newMask(view, bound, signal)
  recentMasks.set(view, bound, mask)
  return mask
}

const recentMasks = new RecentMasks()

async function newMask(
  view: SegmentView,
  bound: BoundExpr,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const conjuncts = conjunctsOf(bound)
  const named = conjuncts.find((conjunct) => isLookupCheaper(conjunct, view.rowCount))
  const mask = named ? await maskOfKeys(view, named) : maskOfAlive(view)
  const others = conjuncts.filter((conjunct) => conjunct !== named)
  const rest = named ? others : await keepIndexedRows(view, others, mask, signal)
  if (!named) await keepBoxed(view, rest, mask)
  const count = rest.length === 0 ? 0 : countBits(mask, view.rowCount)
  if (count > 0) {
    const columns = await columnsOf(view, rest)
    const job = { conjuncts: rest, columns, rowCount: view.rowCount, mask }
    await filterRows(view.pool, job, count, signal)
  }
  return mask
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

/** A binary search costs some twenty steps that miss the cache, a scan one that does not. */
function isLookupCheaper(bound: BoundExpr, rowCount: number): boolean {
  const keys = pkValuesOf(bound)
  return keys !== null && keys.length * 64 <= rowCount
}

async function maskOfKeys(view: SegmentView, bound: BoundExpr): Promise<Uint8Array> {
  const mask = sharedMask(view.rowCount)
  const [pkField] = fieldsOf(bound)
  const column = await view.column(pkField)
  const order = await view.pkOrder()
  for (const key of pkValuesOf(bound)!) {
    for (const row of rowsOfPk(column, view.rowCount, order, key)) {
      if (view.alive === null || hasBit(view.alive, row)) setBit(mask, row)
    }
  }
  return mask
}

function maskOfAlive({ alive, rowCount }: SegmentView): Uint8Array {
  const mask = sharedMask(rowCount)
  if (alive !== null) mask.set(alive)
  else mask.fill(0xff)
  clearTail(mask, rowCount)
  return mask
}

/** Threads write their shares of it. */
function sharedMask(rowCount: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer((rowCount + 7) >> 3))
}

async function columnsOf(
  view: SegmentView,
  conjuncts: readonly BoundExpr[],
): Promise<Map<number, Column>> {
  const fields = [...new Set(conjuncts.flatMap(fieldsOf))]
  const columns = await Promise.all(fields.map((field) => view.column(field)))
  return new Map(fields.map(({ fieldId }, index) => [fieldId, columns[index]]))
}
