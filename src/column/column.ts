import { DataType, dataTypeName } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'

/**
 * A column is one of three shapes, whatever its data type:
 *
 * | shape | data types | a row is |
 * |---|---|---|
 * | fixed | Bool (a byte, 0 or 1), Int8–64, Float, Double, Timestamptz (µs), dense vectors | `width` values |
 * | bytes | VarChar, Text, JSON, Geometry (UTF-8), SparseFloatVector (u32 index, f32 value, …) | a byte range |
 * | list | Array, ArrayOfVector | a range of the child's rows |
 *
 * Float16 and BFloat16 vectors hold their raw 16-bit patterns. `validity` is null where every row has a
 * value; a null row still takes its place in `values` and has an empty range in `offsets`.
 */
export type Column = FixedColumn | BytesColumn | ListColumn

export type FixedValues =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array

export interface FixedColumn {
  readonly shape: 'fixed'
  /** `width` × rows values. */
  readonly values: FixedValues
  readonly width: number
  readonly validity: Uint8Array | null
}

export interface BytesColumn {
  readonly shape: 'bytes'
  /** rows + 1 positions in `bytes`; the first need not be 0. */
  readonly offsets: Int32Array
  readonly bytes: Uint8Array
  readonly validity: Uint8Array | null
}

export interface ListColumn {
  readonly shape: 'list'
  /** rows + 1 positions, in rows of `child`; the first need not be 0. */
  readonly offsets: Int32Array
  readonly child: FixedColumn | BytesColumn
  readonly validity: Uint8Array | null
}

/** Columns of equal length, by field id. */
export interface ColumnBatch {
  readonly rowCount: number
  readonly columns: ReadonlyMap<number, Column>
}

type FixedValuesConstructor = {
  new (length: number): FixedValues
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): FixedValues
  readonly BYTES_PER_ELEMENT: number
}

/** What a field's column looks like: its shape, and for a fixed one the array type and the width. */
export type ColumnLayout =
  | { readonly shape: 'fixed'; readonly valuesType: FixedValuesConstructor; readonly width: number }
  | { readonly shape: 'bytes' }
  | { readonly shape: 'list'; readonly child: Exclude<ColumnLayout, { shape: 'list' }> }

export function layoutOf(field: Pick<Field, 'dataType' | 'elementType' | 'dim'>): ColumnLayout {
  const { dataType, elementType, dim } = field
  if (dataType !== DataType.Array && dataType !== DataType.ArrayOfVector) {
    return plainLayout(dataType, dim)
  }
  return { shape: 'list', child: plainLayout(elementType, dim) }
}

function plainLayout(dataType: DataType, dim: number): Exclude<ColumnLayout, { shape: 'list' }> {
  switch (dataType) {
    case DataType.Bool:
      return fixed(Uint8Array, 1)
    case DataType.Int8:
      return fixed(Int8Array, 1)
    case DataType.Int16:
      return fixed(Int16Array, 1)
    case DataType.Int32:
      return fixed(Int32Array, 1)
    case DataType.Int64:
    case DataType.Timestamptz:
      return fixed(BigInt64Array, 1)
    case DataType.Float:
      return fixed(Float32Array, 1)
    case DataType.Double:
      return fixed(Float64Array, 1)
    case DataType.FloatVector:
      return fixed(Float32Array, dim)
    case DataType.BinaryVector:
      return fixed(Uint8Array, dim / 8)
    case DataType.Float16Vector:
    case DataType.BFloat16Vector:
      return fixed(Uint16Array, dim)
    case DataType.Int8Vector:
      return fixed(Int8Array, dim)
    case DataType.VarChar:
    case DataType.String:
    case DataType.Text:
    case DataType.JSON:
    case DataType.Geometry:
    case DataType.SparseFloatVector:
      return { shape: 'bytes' }
    default:
      throw new TypeError(`no column layout for ${dataTypeName(dataType)}`)
  }
}

function fixed(
  valuesType: FixedValuesConstructor,
  width: number,
): Extract<ColumnLayout, { shape: 'fixed' }> {
  return { shape: 'fixed', valuesType, width }
}

/** Bytes that rows `[rowBegin, rowEnd)` of a column take, validity left out. */
export function columnBytes(column: Column, rowBegin: number, rowEnd: number): number {
  switch (column.shape) {
    case 'fixed':
      return (rowEnd - rowBegin) * column.width * column.values.BYTES_PER_ELEMENT
    case 'bytes':
      return column.offsets[rowEnd] - column.offsets[rowBegin] + (rowEnd - rowBegin) * 4
    case 'list':
      return (
        columnBytes(column.child, column.offsets[rowBegin], column.offsets[rowEnd]) +
        (rowEnd - rowBegin) * 4
      )
  }
}
