import { bitmapWithLength, hasBit } from '../../column/bitmap.js'
import type { Column, ListColumn } from '../../column/column.js'
import { gatherColumn } from '../../column/slice.js'
import type { BoundExpr, ElementsExpr } from '../../expr/bound-expr.js'
import { conjunctsOf } from '../../expr/keep-passing.js'
import type { WorkerPool } from '../../workers/worker-job.js'
import type { RowRef } from '../row-ref.js'
import type { SegmentView } from '../segment-view.js'
import { filterRows } from './filter-rows.js'

/** The `element_filter` that rows must pass, where there is one. */
export function elementFilterOf(bound: BoundExpr | null): ElementsExpr | null {
  if (bound?.kind === 'elements') return bound.isFilter ? bound : null
  if (bound?.kind !== 'and') return null
  for (const operand of bound.operands) {
    const found = elementFilterOf(operand)
    if (found) return found
  }
  return null
}

/** A bit for each element of a view's rows that passes. @throws cancelled */
export async function elementMaskOf(
  view: SegmentView,
  filter: ElementsExpr,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const columns = await Promise.all(filter.lists.map((field) => view.column(field)))
  return elementsPassing(view.pool, filter, columns as ListColumn[], view.rowCount, signal)
}

/** Of each row, which of its elements pass. */
export async function elementsOf(
  views: readonly SegmentView[],
  rows: readonly RowRef[],
  filter: ElementsExpr,
): Promise<number[][]> {
  const found: number[][] = rows.map(() => [])
  for (const [viewIndex, view] of views.entries()) {
    const places = rows.flatMap((row, place) => (row.viewIndex === viewIndex ? [place] : []))
    if (places.length === 0) continue
    const rowOffsets = Int32Array.from(places, (place) => rows[place].rowOffset)
    const columns = await Promise.all(
      filter.lists.map(async (field) => gatherColumn(await view.column(field), rowOffsets)),
    )
    const lists = columns as ListColumn[]
    const mask = await elementsPassing(view.pool, filter, lists, places.length, undefined)
    const { offsets } = lists[0]
    for (const [row, place] of places.entries()) {
      for (let at = offsets[row]; at < offsets[row + 1]; at++) {
        if (hasBit(mask, at)) found[place].push(at - offsets[row])
      }
    }
  }
  return found
}

/** Elements are filtered as rows are. */
async function elementsPassing(
  pool: WorkerPool,
  { lists, condition }: ElementsExpr,
  columns: readonly ListColumn[],
  rowCount: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const count = columns[0].offsets[rowCount]
  const mask = new Uint8Array(new SharedArrayBuffer((count + 7) >> 3))
  mask.set(bitmapWithLength(count, true))
  const children = new Map<number, Column>(
    lists.map(({ fieldId }, index) => [fieldId, columns[index].child]),
  )
  const job = { conjuncts: conjunctsOf(condition), columns: children, rowCount: count, mask }
  await filterRows(pool, job, count, signal)
  return mask
}
