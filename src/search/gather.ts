import { type Column, layoutOf } from '../column/column.js'
import { growableColumn } from '../column/growable-column.js'
import { gatherColumn } from '../column/slice.js'
import { type CollectionSchema, primaryKeyOf } from '../schema/collection-schema.js'
import type { Field } from '../schema/field.js'
import type { RowRef } from './row-ref.js'
import type { SegmentView } from './segment-view.js'

/** A field's values of the given rows, in their order. Each view's column is asked for once. */
export async function gatherField(
  views: readonly SegmentView[],
  rows: readonly RowRef[],
  field: Field,
): Promise<Column> {
  const positions = positionsByView(rows)
  const gathered = growableColumn(layoutOf(field))
  const places = new Int32Array(rows.length)
  let place = 0
  for (const [viewIndex, ofView] of positions) {
    const offsets = Int32Array.from(ofView, (position) => rows[position].rowOffset)
    const column = gatherColumn(await views[viewIndex].column(field), offsets)
    if (ofView.length === rows.length) return column
    gathered.append(column, 0, ofView.length)
    for (const position of ofView) places[position] = place++
  }
  return gatherColumn(gathered.snapshot(), places)
}

/** The primary keys of the given rows. */
export function gatherKeys(
  views: readonly SegmentView[],
  rows: readonly RowRef[],
  schema: CollectionSchema,
): Promise<Column> {
  return gatherField(views, rows, primaryKeyOf(schema))
}

function positionsByView(rows: readonly RowRef[]): Map<number, number[]> {
  const positions = new Map<number, number[]>()
  for (const [position, { viewIndex }] of rows.entries()) {
    const ofView = positions.get(viewIndex)
    if (ofView === undefined) positions.set(viewIndex, [position])
    else ofView.push(position)
  }
  return positions
}
