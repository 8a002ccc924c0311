import { hasBit } from '../column/bitmap.js'
import type { ListColumn } from '../column/column.js'
import type { BoundExpr, ElementsExpr } from '../expr/bound-expr.js'
import { elementsPassing } from '../expr/evaluate.js'
import type { RowRef } from './row-ref.js'
import type { SegmentView } from './segment-view.js'

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

/** A bit for each element of a view's rows that passes. */
export async function elementMaskOf(view: SegmentView, filter: ElementsExpr): Promise<Uint8Array> {
  const columns = await Promise.all(filter.lists.map((field) => view.column(field)))
  const byId = new Map(filter.lists.map(({ fieldId }, index) => [fieldId, columns[index]]))
  return elementsPassing(filter, byId, view.rowCount)
}

/** Of each row, which of its elements pass. */
export async function elementsOf(
  views: readonly SegmentView[],
  rows: readonly RowRef[],
  filter: ElementsExpr,
): Promise<number[][]> {
  const masks = await Promise.all(views.map((view) => elementMaskOf(view, filter)))
  const lists = await Promise.all(views.map((view) => view.column(filter.lists[0])))
  return rows.map(({ viewIndex, rowOffset }) => {
    const { offsets } = lists[viewIndex] as ListColumn
    const elements: number[] = []
    for (let at = offsets[rowOffset]; at < offsets[rowOffset + 1]; at++) {
      if (hasBit(masks[viewIndex], at)) elements.push(at - offsets[rowOffset])
    }
    return elements
  })
}
