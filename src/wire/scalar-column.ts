/** schema.ScalarField ↔ columns of scalars and of arrays of scalars, without nulls. */
import {
  type BytesColumn,
  type Column,
  type FixedColumn,
  type FixedValues,
  type ListColumn,
  layoutOf,
} from '../column/column.js'
import { growableColumn } from '../column/growable-column.js'
import { DataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { invalidParameter } from '../schema/invalid-parameter.js'
import { formatTimestamptz, parseTimestamptz } from '../schema/timestamptz.js'
import {
  bytesColumnFromRows,
  bytesColumnFromStrings,
  rowsFromColumn,
  stringsFromColumn,
} from './bytes-column.js'
import type { MessageInput } from './codec.js'
import type { ScalarField } from './generated/messages.js'

const jsonNull = Buffer.from('null')

/** null where the message has no values of the field's type. @throws parameterInvalid */
export function columnFromScalars(field: Field, scalars: ScalarField): Column | null {
  if (field.dataType === DataType.JSON && !field.isDynamic) return jsonColumn(scalars)
  if (field.dataType === DataType.Timestamptz) return timestamptzColumn(scalars, field.timeZone)
  if (field.dataType !== DataType.Array) return plainColumn(field.name, field.dataType, scalars)
  return scalars.array_data && listColumn(field, scalars.array_data.data)
}

export function scalarsFromColumn(
  field: Field,
  column: Column,
  rowCount: number,
): MessageInput<'ScalarField'> {
  if (field.dataType === DataType.Timestamptz) return timeScalars(field, column, rowCount)
  if (column.shape !== 'list') return plainScalars(field.dataType, column, 0, rowCount)
  const data: MessageInput<'ScalarField'>[] = []
  for (let row = 0; row < rowCount; row++) {
    const [begin, end] = [column.offsets[row], column.offsets[row + 1]]
    data.push(plainScalars(field.elementType, column.child, begin, end))
  }
  return { array_data: { data, element_type: field.elementType } }
}

function plainColumn(
  name: string,
  dataType: DataType,
  scalars: ScalarField,
): FixedColumn | BytesColumn | null {
  switch (dataType) {
    case DataType.Bool:
      return fixedColumn(scalars.bool_data?.data)
    case DataType.Int8:
      return narrowColumn(name, Int8Array, 0x7f, scalars.int_data?.data)
    case DataType.Int16:
      return narrowColumn(name, Int16Array, 0x7fff, scalars.int_data?.data)
    case DataType.Int32:
      return fixedColumn(scalars.int_data?.data)
    case DataType.Int64:
      return fixedColumn(scalars.long_data?.data)
    case DataType.Float:
      return fixedColumn(scalars.float_data?.data)
    case DataType.Double:
      return fixedColumn(scalars.double_data?.data)
    case DataType.JSON:
      return scalars.json_data && bytesColumnFromRows(scalars.json_data.data)
    case DataType.Geometry:
      return scalars.geometry_wkt_data && bytesColumnFromStrings(scalars.geometry_wkt_data.data)
    default:
      return scalars.string_data && bytesColumnFromStrings(scalars.string_data.data)
  }
}

function fixedColumn(values: FixedValues | undefined): FixedColumn | null {
  return values === undefined ? null : { shape: 'fixed', values, width: 1, validity: null }
}

/** Int8 and Int16 travel as int32. */
function narrowColumn(
  name: string,
  valuesType: typeof Int8Array | typeof Int16Array,
  max: number,
  values: Int32Array | undefined,
): FixedColumn | null {
  if (values === undefined) return null
  for (let index = 0; index < values.length; index++) {
    if (values[index] <= max && values[index] >= -max - 1) continue
    throw invalidParameter(
      `field (${name}): the ${index}th element (${values[index]}) out of range: [${-max - 1}, ${max}]`,
      { field: name, row: index },
    )
  }
  return fixedColumn(new valuesType(values))
}

/** Milvus takes no bytes at all, which the Node SDK sends where a row has no value, and reads as null. */
function jsonColumn({ json_data }: ScalarField): BytesColumn | null {
  const texts = json_data?.data.map((text) => (text.length === 0 ? jsonNull : text))
  return texts ? bytesColumnFromRows(texts) : null
}

/** Milvus: SDKs send the time as text, and are answered so. */
function timestamptzColumn(
  { string_data, timestamptz_data }: ScalarField,
  timeZone: string | undefined,
): FixedColumn | null {
  if (string_data === null) return fixedColumn(timestamptz_data?.data)
  return fixedColumn(
    BigInt64Array.from(string_data.data, (text) => parseTimestamptz(text, timeZone)),
  )
}

function timeScalars(
  { timeZone }: Field,
  column: Column,
  rowCount: number,
): MessageInput<'ScalarField'> {
  const values = (column as FixedColumn).values.subarray(0, rowCount) as BigInt64Array
  return {
    string_data: { data: Array.from(values, (micros) => formatTimestamptz(micros, timeZone)) },
  }
}

function listColumn(field: Field, rows: readonly ScalarField[]): ListColumn {
  const { name, elementType } = field
  const child = growableColumn(layoutOf({ dataType: elementType, elementType, dim: 0 }))
  const offsets = new Int32Array(rows.length + 1)
  rows.forEach((scalars, row) => {
    const elements = plainColumn(name, elementType, scalars)
    if (elements !== null) child.append(elements, 0, plainRowCount(elements))
    else if (Object.keys(scalars).length > 0) {
      throw invalidParameter(
        `array field '${name}' is illegal, array type mismatch at row ${row}`,
        {
          field: name,
          row,
        },
      )
    }
    offsets[row + 1] = child.rowCount
  })
  const elements = child.snapshot() as FixedColumn | BytesColumn
  return { shape: 'list', offsets, child: elements, validity: null }
}

function plainRowCount(column: FixedColumn | BytesColumn): number {
  return column.shape === 'fixed' ? column.values.length : column.offsets.length - 1
}

/** Rows `[rowBegin, rowEnd)`. */
function plainScalars(
  dataType: DataType,
  column: FixedColumn | BytesColumn,
  rowBegin: number,
  rowEnd: number,
): MessageInput<'ScalarField'> {
  if (column.shape === 'fixed')
    return fixedScalars(dataType, column.values.subarray(rowBegin, rowEnd))
  const rows = { ...column, offsets: column.offsets.subarray(rowBegin, rowEnd + 1) }
  const rowCount = rowEnd - rowBegin
  if (dataType === DataType.JSON) return { json_data: { data: rowsFromColumn(rows, rowCount) } }
  const data = stringsFromColumn(rows, rowCount)
  return dataType === DataType.Geometry
    ? { geometry_wkt_data: { data } }
    : { string_data: { data } }
}

function fixedScalars(dataType: DataType, values: FixedValues): MessageInput<'ScalarField'> {
  switch (dataType) {
    case DataType.Bool:
      return { bool_data: { data: values as Uint8Array } }
    case DataType.Int64:
      return { long_data: { data: values as BigInt64Array } }
    case DataType.Float:
      return { float_data: { data: values as Float32Array } }
    case DataType.Double:
      return { double_data: { data: values as Float64Array } }
    default:
      return { int_data: { data: Int32Array.from(values as Int32Array) } }
  }
}
