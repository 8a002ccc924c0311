import { hasBit } from '../../dist/column/bitmap.js'
import type { Column } from '../../dist/column/column.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'

/** A row's value as JSON: int64 as text, bytes of a BinaryVector as they are, 16-bit floats as numbers. */
export function valueAt(field: Field, column: Column, row: number): unknown {
  if (column.validity && !hasBit(column.validity, row)) return null
  if (column.shape === 'list') {
    const element = { ...field, dataType: field.elementType }
    const [begin, end] = column.offsets.subarray(row, row + 2)
    return Array.from({ length: end - begin }, (_, at) =>
      valueAt(element, column.child, begin + at),
    )
  }
  if (column.shape === 'bytes') {
    return bytesValue(field, column.bytes.slice(column.offsets[row], column.offsets[row + 1]))
  }
  const items = column.values.slice(row * column.width, (row + 1) * column.width)
  const values = Array.from(items as Iterable<number | bigint>, (item) => numberOf(field, item))
  return field.dataType >= DataType.BinaryVector ? values : values[0]
}

function numberOf({ dataType }: Field, value: number | bigint): unknown {
  if (typeof value === 'bigint') return String(value)
  if (dataType === DataType.Bool) return value === 1
  if (dataType === DataType.BFloat16Vector) return bfloat16Value(value)
  return dataType === DataType.Float16Vector ? float16Value(value) : value
}

export function bfloat16Value(bits: number): number {
  return new Float32Array(Uint32Array.of(bits * 65536).buffer)[0]
}

export function float16Value(bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  const sign = bits & 0x8000 ? -1 : 1
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

function bytesValue({ dataType }: Field, bytes: Uint8Array): unknown {
  if (dataType !== DataType.SparseFloatVector) return Buffer.from(bytes).toString('utf8')
  const view = new DataView(bytes.buffer)
  const pairs = Array.from({ length: bytes.length / 8 }, (_, at) => [
    String(view.getUint32(at * 8, true)),
    view.getFloat32(at * 8 + 4, true),
  ])
  return Object.fromEntries(pairs)
}
