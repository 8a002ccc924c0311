import type { BytesColumn, FixedColumn, FixedValues, ListColumn } from '../../column/column.js'
import { DataType, dataTypeName } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { decodeFloat16, encodeBFloat16, encodeFloat16 } from '../float16.js'
import type {
  ArrowConversion,
  FileColumn,
  PlainConversion,
  ReportFault,
} from './arrow-conversion.js'
import { evenRows, isNullAt, reportNullComponents } from './arrow-lists.js'
import { floatConversion, integerConversion } from './arrow-numbers.js'
import type { ArrowType } from './arrow-type.js'

/** How many items a row of a vector has in the file, and what they become. */
interface VectorItems {
  readonly perRow: number
  readonly convert: PlainConversion
}

interface RawValues {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): FixedValues
  readonly BYTES_PER_ELEMENT: number
}

/** To a dense vector: from lists of numbers, or from the raw little-endian bytes. */
export function vectorConversion(field: Field, type: ArrowType): ArrowConversion | null {
  if (type.kind === 'binary') return fromBinary(field, type.width)
  const items = type.kind === 'list' ? itemsOf(field, type.item) : null
  return items && fromLists(field, items)
}

function itemsOf(field: Field, item: ArrowType): VectorItems | null {
  const { dataType, dim } = field
  switch (dataType) {
    case DataType.FloatVector:
      return itemsWith(dim, floatConversion(DataType.Float, item))
    case DataType.BinaryVector:
      return itemsWith(dim / 8, integerConversion(DataType.BinaryVector, item, true))
    case DataType.Int8Vector:
      return itemsWith(dim, integerConversion(DataType.Int8Vector, item, true))
    default:
      return halfItems(dataType, dim, item)
  }
}

function itemsWith(perRow: number, convert: PlainConversion | null): VectorItems | null {
  return convert && { perRow, convert }
}

/** 16-bit floats: their bytes, as Milvus writes them, or numbers that are rounded. */
function halfItems(dataType: DataType, dim: number, item: ArrowType): VectorItems | null {
  if (item.kind === 'int' && item.bits === 8 && !item.isSigned) {
    return itemsWith(dim * 2, integerConversion(DataType.BinaryVector, item))
  }
  if (item.kind !== 'float') return null
  const isSame = item.bits === 16 && dataType === DataType.Float16Vector
  const encode = dataType === DataType.Float16Vector ? encodeFloat16 : encodeBFloat16
  return { perRow: dim, convert: isSame ? (column) => column : rounding(dataType, encode) }
}

function rounding(dataType: DataType, encode: typeof encodeFloat16): PlainConversion {
  return (column, count, report) => {
    const { values, width, validity } = column as FixedColumn
    const from = floatsOf(values.subarray(0, count))
    const to = new Uint16Array(count)
    for (let begin = 0; begin < count; ) {
      const fault = encode(from.subarray(begin), to.subarray(begin))
      if (fault < 0) break
      const name = dataType === DataType.Float16Vector ? 'float16' : 'bfloat16'
      report(begin + fault, `expected a number in the range of ${name}, got ${from[begin + fault]}`)
      begin += fault + 1
    }
    return { shape: 'fixed', values: to, width, validity }
  }
}

function floatsOf(values: FixedValues): Float32Array | Float64Array {
  if (values instanceof Float32Array || values instanceof Float64Array) return values
  const floats = new Float32Array(values.length)
  decodeFloat16(values as Uint16Array, floats)
  return floats
}

function fromLists(field: Field, { perRow, convert }: VectorItems): ArrowConversion {
  return ([column], rowCount, report) => {
    const lists = column as ListColumn
    reportNullComponents(lists, rowCount, report)
    const rows = evenRows(lists, rowCount, perRow, (row, length) =>
      report(row, lengthFault(field, perRow, length)),
    )
    const items: FixedColumn = { ...rows, width: 1, validity: null }
    const converted = convert(items, rowCount * perRow, inComponents(perRow, report)) as FixedColumn
    return vectorColumn(field, converted.values, rowCount, lists.validity)
  }
}

function fromBinary(field: Field, width: number | null): ArrowConversion {
  const rowBytes = bytesPerRow(field)
  return ([column], rowCount, report) => {
    const reportLength = (row: number, length: number) => {
      if (isNullAt(column.validity, row)) return
      report(row, lengthFault(field, rowBytes, length))
    }
    const lists = width === null ? listsOfBytes(column) : listsOfWidth(column, width, rowCount)
    const { values } = evenRows(lists, rowCount, rowBytes, reportLength)
    return vectorColumn(field, values, rowCount, column.validity)
  }
}

function listsOfBytes(column: FileColumn): ListColumn {
  const { offsets, bytes, validity } = column as BytesColumn
  const child: FixedColumn = { shape: 'fixed', values: bytes, width: 1, validity: null }
  return { shape: 'list', offsets, child, validity }
}

function listsOfWidth(column: FileColumn, width: number, rowCount: number): ListColumn {
  const { values, validity } = column as FixedColumn
  const offsets = Int32Array.from({ length: rowCount + 1 }, (_, row) => row * width)
  const child: FixedColumn = { shape: 'fixed', values, width: 1, validity: null }
  return { shape: 'list', offsets, child, validity }
}

/** The field's column over values that may come as its raw bytes. */
function vectorColumn(
  field: Field,
  values: FixedValues,
  rowCount: number,
  validity: Uint8Array | null,
): FixedColumn {
  const width = field.dataType === DataType.BinaryVector ? field.dim / 8 : field.dim
  const typed = values instanceof Uint8Array ? viewOfBytes(field.dataType, values) : values
  return { shape: 'fixed', values: typed.subarray(0, rowCount * width), width, validity }
}

function viewOfBytes(dataType: DataType, bytes: Uint8Array): FixedValues {
  const valuesType: RawValues = rawTypeOf(dataType)
  const itemBytes = valuesType.BYTES_PER_ELEMENT
  const aligned = bytes.byteOffset % itemBytes === 0 ? bytes : bytes.slice()
  return new valuesType(aligned.buffer, aligned.byteOffset, aligned.byteLength / itemBytes)
}

function rawTypeOf(dataType: DataType): RawValues {
  switch (dataType) {
    case DataType.FloatVector:
      return Float32Array
    case DataType.BinaryVector:
      return Uint8Array
    case DataType.Int8Vector:
      return Int8Array
    default:
      return Uint16Array
  }
}

function bytesPerRow({ dataType, dim }: Field): number {
  return dataType === DataType.BinaryVector ? dim / 8 : dim * rawTypeOf(dataType).BYTES_PER_ELEMENT
}

function inComponents(perRow: number, report: ReportFault): ReportFault {
  return (item, message) =>
    report(Math.floor(item / perRow), `${message} in component ${item % perRow}`)
}

function lengthFault({ dataType, dim }: Field, expected: number, got: number): string {
  const what = expected === dim ? 'components' : 'bytes'
  return `expected ${expected} ${what}, got ${got}: length of vector is not aligned: expected ${expected} but got ${got}, data type: ${dataTypeName(dataType)} of dim ${dim}`
}
