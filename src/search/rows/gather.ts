import { bitmapWithLength, hasBit, setBit } from '../../column/bitmap.js'
import { type Column, type FixedValues, layoutOf } from '../../column/column.js'
import { type GrowableColumn, growableColumn } from '../../column/growable-column.js'
import { gatherColumn } from '../../column/slice.js'
import { type CollectionSchema, primaryKeyOf } from '../../schema/collection-schema.js'
import { isDenseVectorType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import type { RowRef } from '../row-ref.js'
import type { SegmentView } from '../segment-view.js'
import type { ReadRowsInput } from './read-rows-job.js'

/** A field's values of the given rows, in their order. Each view's column is asked for once. */
export async function gatherField(
  views: readonly SegmentView[],
  rows: readonly RowRef[],
  field: Field,
): Promise<Column> {
  const { offsets, begins, places } = rowsByView(views.length, rows)
  let gathered: GrowableColumn | null = null
  for (const [viewIndex, view] of views.entries()) {
    const ofView = offsets.subarray(begins[viewIndex], begins[viewIndex + 1])
    if (ofView.length === 0) continue
    const column = await columnOfRows(view, field, ofView)
    if (ofView.length === rows.length) return column
    gathered ??= growableColumn(layoutOf(field))
    gathered.append(column, 0, ofView.length)
  }
  gathered ??= growableColumn(layoutOf(field))
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

/** Those of one view lie together, in their order; `places` says where each went. There may be millions. */
function rowsByView(viewCount: number, rows: readonly RowRef[]) {
  const begins = new Int32Array(viewCount + 1)
  for (let position = 0; position < rows.length; position++) begins[rows[position].viewIndex + 1]++
  for (let viewIndex = 0; viewIndex < viewCount; viewIndex++) {
    begins[viewIndex + 1] += begins[viewIndex]
  }
  const next = begins.slice()
  const offsets = new Int32Array(rows.length)
  const places = new Int32Array(rows.length)
  for (let position = 0; position < rows.length; position++) {
    const { viewIndex, rowOffset } = rows[position]
    const place = next[viewIndex]++
    offsets[place] = rowOffset
    places[position] = place
  }
  return { offsets, begins, places }
}
