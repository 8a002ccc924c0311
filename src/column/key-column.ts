import { DataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import type { Column } from './column.js'

/** A column of these primary keys: bigints for an Int64 field, strings for a VarChar. */
export function keyColumn(
  field: Field,
  keys: readonly (bigint | string)[] | BigInt64Array,
): Column {
  if (field.dataType !== DataType.Int64) return bytesColumnFromTexts(Array.from(keys, String))
  return { shape: 'fixed', values: int64sFrom(keys), width: 1, validity: null }
}

function int64sFrom(keys: readonly (bigint | string)[] | BigInt64Array): BigInt64Array {
  return keys instanceof BigInt64Array ? keys : BigInt64Array.from(keys, BigInt)
}

/** UTF-8. */
export function bytesColumnFromTexts(texts: readonly string[]): Column {
  const encoded = texts.map((text) => Buffer.from(text))
  const offsets = new Int32Array(texts.length + 1)
  encoded.forEach((bytes, row) => {
    offsets[row + 1] = offsets[row] + bytes.byteLength
  })
  return { shape: 'bytes', offsets, bytes: Buffer.concat(encoded), validity: null }
}
