import { bitmapWithLength } from '../column/bitmap.js'
import {
  type BytesColumn,
  type Column,
  type ColumnLayout,
  type FixedColumn,
  layoutOf,
} from '../column/column.js'
import type { Field } from '../schema/field.js'
import { regularOffsets } from './regular-offsets.js'

/** Whether rows may leave a field out. */
export function isFillable(field: Field): boolean {
  return field.isDynamic || field.nullable || field.defaultValue !== null
}

/**
 * The column of a field that the input leaves out: its default, else `{}` for `$meta`, else null.
 */
export function filledColumn(field: Field, rowCount: number): Column {
  const value = field.defaultValue ?? (field.isDynamic ? '{}' : null)
  const validity = value === null ? bitmapWithLength(rowCount) : null
  const layout = layoutOf(field)
  if (layout.shape !== 'list') return plainColumn(layout, value, rowCount, validity)
  const offsets = new Int32Array(rowCount + 1)
  return { shape: 'list', offsets, child: plainColumn(layout.child, null, 0, null), validity }
}

function plainColumn(
  layout: Exclude<ColumnLayout, { shape: 'list' }>,
  value: Field['defaultValue'],
  rowCount: number,
  validity: Uint8Array | null,
): FixedColumn | BytesColumn {
  if (layout.shape === 'bytes') return bytesColumn(String(value ?? ''), rowCount, validity)
  const { valuesType, width } = layout
  const values = new valuesType(rowCount * width)
  const filler = typeof value === 'boolean' ? Number(value) : value
  if (filler !== null) values.fill(filler as never)
  return { shape: 'fixed', values, width, validity }
}

function bytesColumn(text: string, rowCount: number, validity: Uint8Array | null): BytesColumn {
  const row = new TextEncoder().encode(text)
  const offsets = regularOffsets(rowCount, row.byteLength)
  const bytes = new Uint8Array(rowCount * row.byteLength)
  for (let index = 0; index < rowCount; index++) bytes.set(row, index * row.byteLength)
  return { shape: 'bytes', offsets, bytes, validity }
}
