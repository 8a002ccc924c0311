import { bitmapWithLength, hasBit, setBit } from '../column/bitmap.js'
import type { Column } from '../column/column.js'
import { type BoundExpr, fieldsOf } from '../expr/bound-expr.js'
import { evaluate } from '../expr/evaluate.js'
import { pkValuesOf } from '../expr/pk-values.js'
import { rowsOfPk } from '../segment/pk-order.js'
import type { SegmentView } from './segment-view.js'

/** The rows of a view that are alive and pass the expression, as a bitmap; null: all of them. */
export async function filterMask(
  view: SegmentView,
  bound: BoundExpr | null,
): Promise<Uint8Array | null> {
  if (bound === null || (bound.kind === 'constant' && bound.truth)) return view.alive
  const keys = pkValuesOf(bound)
  if (keys !== null && isLookupCheaper(keys.length, view.rowCount)) {
    return maskOfKeys(view, bound, keys)
  }
  const mask = evaluate(bound, await columnsOf(view, bound), view.rowCount)
  if (view.alive !== null) keepAlive(mask, view.alive)
  return mask
}

/** A binary search costs some twenty steps that miss the cache, a scan one that does not. */
function isLookupCheaper(keyCount: number, rowCount: number): boolean {
  return keyCount * 64 <= rowCount
}

async function maskOfKeys(
  view: SegmentView,
  bound: BoundExpr,
  keys: readonly (bigint | string)[],
): Promise<Uint8Array> {
  const mask = bitmapWithLength(view.rowCount)
  const [pkField] = fieldsOf(bound)
  const column = await view.column(pkField)
  const order = await view.pkOrder()
  for (const key of keys) {
    for (const row of rowsOfPk(column, view.rowCount, order, key)) {
      if (view.alive === null || hasBit(view.alive, row)) setBit(mask, row)
    }
  }
  return mask
}

async function columnsOf(view: SegmentView, bound: BoundExpr): Promise<Map<number, Column>> {
  const fields = fieldsOf(bound)
  const columns = await Promise.all(fields.map((field) => view.column(field)))
  return new Map(fields.map(({ fieldId }, index) => [fieldId, columns[index]]))
}

function keepAlive(mask: Uint8Array, alive: Uint8Array): void {
  for (let at = 0; at < mask.length; at++) mask[at] &= alive[at]
}
