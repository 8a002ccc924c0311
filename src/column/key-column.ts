import { DataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import type { Column } from './column.js'

/** A column of these primary keys: bigints for an Int64 field, strings for a VarChar. */
export function keyColumn(field: Field, keys: readonly (bigint | string)[]): Column {
  if (field.dataType !== DataType.Int64) return bytesColumnFromTexts(keys.map(String))
  return { shape: 'fixed', values: BigInt64Array.from(keys, BigInt), width: 1, validity: null }
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
