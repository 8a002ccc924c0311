import { bitmapWithLength, hasBit, setBit } from '../column/bitmap.js'
import { type Column, type FixedValues, layoutOf } from '../column/column.js'
import { growableColumn } from '../column/growable-column.js'
import { gatherColumn } from '../column/slice.js'
import { type CollectionSchema, primaryKeyOf } from '../schema/collection-schema.js'
import { isDenseVectorType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import type { ReadRowsInput } from './read-rows-job.js'
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
    const column = await columnOfRows(views[viewIndex], field, offsets)
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

/** Of vectors that are not in memory, only these rows are read. */
async function columnOfRows(view: SegmentView, field: Field, rows: Int32Array): Promise<Column> {
  const file = isDenseVectorType(field.dataType) ? view.vectorFile(field) : null
  if (file === null) return gatherColumn(await view.column(field), rows)
  const layout = layoutOf(field)
  if (layout.shape !== 'fixed')
    throw new TypeError(`field ${field.name} has no rows of fixed length`)
  const input: ReadRowsInput = { file, rows }
  const lane = 'interactive'
  const bytes = await view.pool.run<ReadRowsInput, Uint8Array>(readModule, input, { lane })
  const { width, valuesType } = layout
  const values: FixedValues = new valuesType(bytes.buffer as ArrayBuffer, 0, rows.length * width)
  return { shape: 'fixed', values, width, validity: gatherBits(await view.validity(field), rows) }
}

const readModule = new URL('./read-rows-job.js', import.meta.url)

function gatherBits(bits: Uint8Array | null, rows: Int32Array): Uint8Array | null {
  if (bits === null) return null
  const gathered = bitmapWithLength(rows.length)
  for (const [at, row] of rows.entries()) if (hasBit(bits, row)) setBit(gathered, at)
  return gathered
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
