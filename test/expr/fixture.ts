import { bitmapWithLength, setBit } from '../../dist/column/bitmap.js'
import { type Column, layoutOf } from '../../dist/column/column.js'
import type { CollectionSchema } from '../../dist/schema/collection-schema.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'
import { field } from '../support/fields.js'

export type Value = bigint | number | string | boolean | null | readonly Value[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Value
}
export type Row = Readonly<Record<string, Value>>

export function schemaOf(fields: readonly Field[]): CollectionSchema {
  const enableDynamicField = fields.some(({ isDynamic }) => isDynamic)
  return { name: 'things', description: '', fields, enableDynamicField, version: 1 }
}

export const everyType = schemaOf([
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'flag', DataType.Bool, { nullable: true }),
  field(102, 'tiny', DataType.Int8, { nullable: true }),
  field(103, 'short', DataType.Int16, { nullable: true }),
  field(104, 'int', DataType.Int32, { nullable: true }),
  field(105, 'long', DataType.Int64, { nullable: true }),
  field(106, 'float', DataType.Float, { nullable: true }),
  field(107, 'double', DataType.Double, { nullable: true }),
  field(108, 'name', DataType.VarChar, { nullable: true, maxLength: 100 }),
  field(109, 'numbers', DataType.Array, { elementType: DataType.Int64, nullable: true }),
  field(110, 'words', DataType.Array, { elementType: DataType.VarChar, nullable: true }),
  field(111, 'doc', DataType.JSON, { nullable: true }),
  field(112, 'vector', DataType.FloatVector, { dim: 2 }),
  field(113, '$meta', DataType.JSON, { isDynamic: true }),
])

export function columnsOf(schema: CollectionSchema, rows: readonly Row[]): Map<number, Column> {
  return new Map(schema.fields.map((item) => [item.fieldId, columnOf(item, rows)]))
}

export function columnOf(item: Field, rows: readonly Row[]): Column {
  const values = rows.map((row) => row[item.name] ?? null)
  const column = plainColumn(item, values)
  if (!values.includes(null)) return column
  const validity = bitmapWithLength(rows.length)
  values.forEach((value, row) => {
    if (value !== null) setBit(validity, row)
  })
  return { ...column, validity }
}

function plainColumn(item: Field, values: readonly Value[]): Column {
  const layout = layoutOf(item)
  if (layout.shape === 'list')
    return listColumn(item, values as readonly (readonly Value[] | null)[])
  if (layout.shape === 'bytes') return textColumn(values.map((value) => bytesFrom(item, value)))
  const column = new layout.valuesType(values.length * layout.width)
  const zero = column instanceof BigInt64Array ? 0n : 0
  values.forEach((value, row) => {
    if (layout.width === 1) column[row] = (value ?? zero) as never
    else if (value !== null) column.set(value as never, row * layout.width)
  })
  return { shape: 'fixed', values: column, width: layout.width, validity: null }
}

function listColumn(item: Field, values: readonly (readonly Value[] | null)[]): Column {
  const offsets = Int32Array.of(0, ...values.map((value) => value?.length ?? 0))
  for (let row = 1; row < offsets.length; row++) offsets[row] += offsets[row - 1]
  const element = field(0, 'element', item.elementType)
  const child = plainColumn(
    element,
    values.flatMap((value) => value ?? []),
  )
  return { shape: 'list', offsets, child: child as never, validity: null }
}

function textColumn(texts: readonly Buffer[]): Column {
  const offsets = Int32Array.of(0, ...texts.map((text) => text.length))
  for (let row = 1; row < offsets.length; row++) offsets[row] += offsets[row - 1]
  return { shape: 'bytes', offsets, bytes: Buffer.concat(texts), validity: null }
}

function bytesFrom(item: Field, value: Value): Buffer {
  if (value === null) return Buffer.alloc(0)
  return Buffer.from(item.dataType === DataType.JSON ? jsonFrom(value) : String(value))
}

/** JSON with exact integers, spaced so that readers meet white space. */
export function jsonFrom(value: Value): string {
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return `[ ${value.map(jsonFrom).join(' ,')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const members = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)} :${jsonFrom(item)}`,
  )
  return `{${members.join(', ')} }`
}
