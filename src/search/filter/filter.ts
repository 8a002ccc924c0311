import { clearTail, countBits, hasBit, setBit } from '../../column/bitmap.js'
import type { Column } from '../../column/column.js'
import { type BoundExpr, fieldsOf } from '../../expr/bound-expr.js'
import { conjunctsOf } from '../../expr/keep-passing.js'
import { pkValuesOf } from '../../expr/pk-values.js'
import { rowsOfPk } from '../../segment/pk-order.js'
import { Breath } from '../../util/breath.js'
import type { SegmentView } from '../segment-view.js'
import { filterRows } from './filter-rows.js'
import { keepByIndexes } from './keep-by-indexes.js'
import { RecentMasks } from './recent-masks.js'

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
  const rest = named ? others : await keepByIndexes(view, others, mask, signal)
  const count = rest.length === 0 ? 0 : countBits(mask, view.rowCount)
  if (count > 0) {
    const columns = await columnsOf(view, rest)
    const job = { conjuncts: rest, columns, rowCount: view.rowCount, mask }
    await filterRows(view.pool, job, count, signal)
  }
  return mask
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
  const breath = new Breath()
  for (const key of pkValuesOf(bound)!) {
    if (breath.isDue) await breath.take()
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
