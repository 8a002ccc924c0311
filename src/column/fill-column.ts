import type { Field } from '../schema/field.js'
import { type Column, type FixedValues, layoutOf } from './column.js'
import { growableColumn } from './growable-column.js'

/** `rowCount` rows of a field nobody gave: its default, `{}` for `$meta`, else null; undefined: neither may be. */
export function filledColumn(field: Field, rowCount: number): Column | undefined {
  if (field.isDynamic) return repeatedText('{}', rowCount)
  const { defaultValue } = field
  if (defaultValue === null) return field.nullable ? nullColumn(field, rowCount) : undefined
  if (typeof defaultValue === 'string') return repeatedText(defaultValue, rowCount)
  const layout = layoutOf(field)
  if (layout.shape !== 'fixed') return undefined
  const values: FixedValues = new layout.valuesType(rowCount * layout.width)
  values.fill((typeof defaultValue === 'boolean' ? Number(defaultValue) : defaultValue) as never)
  return { shape: 'fixed', values, width: layout.width, validity: null }
}

export function nullColumn(field: Field, rowCount: number): Column {
  const rows = growableColumn(layoutOf(field))
  rows.appendNulls(rowCount)
  return rows.snapshot()
}

/** A column of decimal texts or of numbers, `rowCount` from `first` on. */
export function countingColumn(field: Field, first: bigint, rowCount: number): Column {
  const values = new BigInt64Array(rowCount)
  for (let row = 0; row < rowCount; row++) values[row] = first + BigInt(row)
  if (layoutOf(field).shape === 'fixed') return { shape: 'fixed', values, width: 1, validity: null }
  return textColumn(Array.from(values, String))
}

/** A column of these keys: of bigints for an Int64 field, of strings for a VarChar. */
export function keysColumn(field: Field, keys: readonly (bigint | string)[]): Column {
  if (layoutOf(field).shape === 'bytes') return textColumn(keys.map(String))
  const values = BigInt64Array.from(keys, BigInt)
  return { shape: 'fixed', values, width: 1, validity: null }
}

function repeatedText(text: string, rowCount: number): Column {
  const encoded = Buffer.from(text)
  const bytes = new Uint8Array(encoded.length * rowCount)
  for (let row = 0; row < rowCount; row++) bytes.set(encoded, row * encoded.length)
  const offsets = Int32Array.from({ length: rowCount + 1 }, (_, row) => row * encoded.length)
  return { shape: 'bytes', offsets, bytes, validity: null }
}

function textColumn(texts: readonly string[]): Column {
  const encoded = texts.map((text) => Buffer.from(text))
  const offsets = new Int32Array(texts.length + 1)
  for (let row = 0; row < texts.length; row++) offsets[row + 1] = offsets[row] + encoded[row].length
  return { shape: 'bytes', offsets, bytes: Buffer.concat(encoded), validity: null }
}
