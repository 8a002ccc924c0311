import { layoutOf } from '../../column/column.js'
import { cellKinds, cellNulls, type RowCell, type RowColumn } from '../../kernels/text-rows.js'
import { DataType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'

/** The fields that a kernel reads, with the bytes of a row of each. */
export function runColumnsOf(fields: readonly Field[]) {
  const isRead = (field: Field) => field.isDynamic || kindOf(field) !== undefined
  const fieldIndexes = [...fields.keys()].filter((index) => isRead(fields[index]))
  const runColumns = fieldIndexes.map((index) => runColumnOf(fields[index]))
  const dynamicIndex = fieldIndexes.findIndex((index) => fields[index].isDynamic)
  return { fieldIndexes, runColumns, dynamicIndex }
}

function runColumnOf(field: Field): RowColumn {
  const layout = layoutOf(field)
  if (layout.shape !== 'fixed') return { rowBytes: 0 }
  return { rowBytes: layout.width * layout.valuesType.BYTES_PER_ELEMENT }
}

/** The cell of a field's values; null where no kernel reads them. */
export function fieldCell(
  fields: readonly Field[],
  fieldIndex: number,
  key: Uint8Array = noKey,
): RowCell | null {
  const field = fields[fieldIndex]
  const kind = kindOf(field)
  if (kind === undefined || field.isDynamic) return null
  const columnIndex = runColumnsOf(fields).fieldIndexes.indexOf(fieldIndex)
  return { kind, nulls: nullsOf(field), columnIndex, dim: field.dim, key }
}

/** The cell of what has no field: a member of `$meta`, if there is one. */
export function unknownCell(fields: readonly Field[], key: Uint8Array): RowCell {
  const columnIndex = runColumnsOf(fields).dynamicIndex
  const kind = columnIndex < 0 ? cellKinds.ignored : cellKinds.dynamic
  return { kind, nulls: cellNulls.refused, columnIndex: Math.max(columnIndex, 0), dim: 0, key }
}

const noKey = new Uint8Array(0)

/** A default is written by others. */
function nullsOf({ nullable, defaultValue }: Field): number {
  if (defaultValue !== null) return cellNulls.left
  return nullable ? cellNulls.written : cellNulls.refused
}

function kindOf({ dataType, struct }: Field): number | undefined {
  return struct ? undefined : kinds[dataType]
}

const kinds: { readonly [Type in DataType]?: number } = {
  [DataType.Bool]: cellKinds.bool,
  [DataType.Int8]: cellKinds.int8,
  [DataType.Int16]: cellKinds.int16,
  [DataType.Int32]: cellKinds.int32,
  [DataType.Int64]: cellKinds.int64,
  [DataType.Float]: cellKinds.float,
  [DataType.Double]: cellKinds.double,
  [DataType.VarChar]: cellKinds.text,
  [DataType.String]: cellKinds.text,
  [DataType.Text]: cellKinds.text,
  [DataType.JSON]: cellKinds.json,
  [DataType.FloatVector]: cellKinds.floatVector,
}
