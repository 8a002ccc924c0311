import { hasBit } from '../../column/bitmap.js'
import type { BytesColumn, Column, FixedColumn, ListColumn } from '../../column/column.js'
import { decodeFloat16 } from '../../formats/float16.js'
import { memberTexts } from '../../formats/text/json-body.js'
import { DataType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { elementFieldOf, shortNameOf, userFieldsOf } from '../../schema/struct-array.js'
import { formatTimestamptz } from '../../schema/timestamptz.js'
import type { OutputField } from '../../search/search-request.js'
import { type JsonValue, RawJson } from './json-text.js'

/** A row of an answer. Dynamic keys stand among the fields. */
type RowObject = Record<string, JsonValue>

/** @param allowsInt64 whether int64 are numbers, with all their digits; else they are strings */
export function rowObjects(
  fields: readonly OutputField[],
  rowCount: number,
  allowsInt64: boolean,
): RowObject[] {
  const rows: RowObject[] = Array.from({ length: rowCount }, () => ({}))
  const userFields = userFieldsOf(fields.map(({ field }) => field))
  for (const { name, struct, fields: own, fieldIndex } of userFields) {
    const values = fields.slice(fieldIndex, fieldIndex + own.length)
    for (let row = 0; row < rowCount; row++) {
      if (struct) rows[row][name] = structsOf(values, row, allowsInt64)
      else setValue(rows[row], own[0], values[0].column, row, allowsInt64)
    }
  }
  return rows
}

/** The objects of a struct array, of its sub-fields that are there. */
function structsOf(
  subFields: readonly OutputField[],
  row: number,
  allowsInt64: boolean,
): JsonValue {
  const [{ column: first }] = subFields
  if (first.validity !== null && !hasBit(first.validity, row)) return null
  const { offsets } = first as ListColumn
  const objects: RowObject[] = Array.from({ length: offsets[row + 1] - offsets[row] }, () => ({}))
  for (const { field, column } of subFields) {
    const element = elementFieldOf(field)
    const { offsets, child } = column as ListColumn
    const name = shortNameOf(field)
    for (const [index, object] of objects.entries()) {
      object[name] = jsonOf(element, child, offsets[row] + index, allowsInt64)
    }
  }
  return objects
}

function int64Json(value: bigint, allowsInt64: boolean): JsonValue {
  return allowsInt64 ? value : value.toString()
}

/** The keys of a mutation, or of a search's hits. */
export function keyValues(keys: Column, rowCount: number, allowsInt64: boolean): JsonValue[] {
  return Array.from({ length: rowCount }, (_, row) =>
    keys.shape === 'bytes'
      ? textAt(keys, row)
      : int64Json((keys as FixedColumn).values[row] as bigint, allowsInt64),
  )
}

/** As short as a float32 can be told, as Go writes it. */
export function float32Json(value: number): JsonValue {
  if (!Number.isFinite(value)) return null
  for (const digits of [7, 8]) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return Number(value.toPrecision(9))
}

function setValue(
  target: RowObject,
  field: Field,
  column: Column,
  row: number,
  allowsInt64: boolean,
): void {
  if (column.validity !== null && !hasBit(column.validity, row)) target[field.name] = null
  else if (field.isDynamic && column.shape === 'bytes') {
    for (const [key, text] of memberTexts(bytesAt(column, row))) target[key] = new RawJson(text)
  } else target[field.name] = jsonOf(field, column, row, allowsInt64)
}

function jsonOf(field: Field, column: Column, row: number, allowsInt64: boolean): JsonValue {
  const { dataType, elementType } = field
  if (column.shape === 'list') {
    const [begin, end] = [column.offsets[row], column.offsets[row + 1]]
    return Array.from({ length: end - begin }, (_, index) =>
      scalarOf(elementType, column.child, begin + index, allowsInt64),
    )
  }
  if (dataType === DataType.SparseFloatVector) return sparseOf(bytesAt(column as BytesColumn, row))
  if (column.shape === 'fixed' && isVectorWide(dataType)) return vectorOf(dataType, column, row)
  if (dataType === DataType.Timestamptz) return timeText(field, column as FixedColumn, row)
  return scalarOf(dataType, column, row, allowsInt64)
}

function timeText({ timeZone }: Field, { values }: FixedColumn, row: number): string {
  return formatTimestamptz(values[row] as bigint, timeZone)
}

function isVectorWide(dataType: DataType): boolean {
  return dataType >= DataType.BinaryVector && dataType <= DataType.Int8Vector
}

function scalarOf(
  dataType: DataType,
  column: FixedColumn | BytesColumn,
  row: number,
  allowsInt64: boolean,
): JsonValue {
  // Milvus: a JSON value is a string of its text.
  if (column.shape === 'bytes') return textAt(column, row)
  const value = column.values[row]
  switch (dataType) {
    case DataType.Bool:
      return value !== 0
    case DataType.Int64:
      return int64Json(value as bigint, allowsInt64)
    case DataType.Float:
      return float32Json(value as number)
    default:
      return value
  }
}

function vectorOf(dataType: DataType, { values, width }: FixedColumn, row: number): JsonValue {
  const vector = values.subarray(row * width, (row + 1) * width)
  switch (dataType) {
    case DataType.BinaryVector:
      // Milvus: bytes are base64, as Go writes them.
      return Buffer.from(vector as Uint8Array).toString('base64')
    case DataType.Float16Vector:
      return floatsOf(vector as Uint16Array, decodeFloat16)
    case DataType.BFloat16Vector:
      return floatsOf(vector as Uint16Array, decodeBFloat16)
    case DataType.Int8Vector:
      return Array.from(vector as Int8Array)
    default:
      return Array.from(vector as Float32Array, float32Json)
  }
}

function floatsOf(
  halves: Uint16Array,
  decode: (from: Uint16Array, to: Float32Array) => void,
): JsonValue {
  const floats = new Float32Array(halves.length)
  decode(halves, floats)
  return Array.from(floats, float32Json)
}

/** A bfloat16 is the upper half of a float32. */
function decodeBFloat16(from: Uint16Array, to: Float32Array): void {
  const bits = new Uint32Array(to.buffer)
  for (let index = 0; index < from.length; index++) bits[index] = from[index] << 16
}

function sparseOf(bytes: Uint8Array): JsonValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const members: RowObject = {}
  for (let offset = 0; offset < bytes.byteLength; offset += 8) {
    members[view.getUint32(offset, true)] = float32Json(view.getFloat32(offset + 4, true))
  }
  return members
}

function textAt(column: BytesColumn, row: number): string {
  return Buffer.from(bytesAt(column, row)).toString()
}

function bytesAt({ bytes, offsets }: BytesColumn, row: number): Uint8Array {
  return bytes.subarray(offsets[row], offsets[row + 1])
}
