import { hasBit } from '../column/bitmap.js'
import type { BytesColumn, Column, ColumnBatch, FixedColumn, ListColumn } from '../column/column.js'
import { sliceColumn } from '../column/slice.js'
import { MillraceError } from '../errors.js'
import { canonicalWkt } from '../geometry/canonical-wkt.js'
import { WktFault } from '../geometry/wkt-cursor.js'
import { DataType, dataTypeName } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { giveWay } from '../workers/give-way.js'

/** Finds the first value that is not finite: its index, or -1. */
export interface FiniteChecks {
  firstNonFinite32(values: Float32Array): number
  firstNonFinite64(values: Float64Array): number
}

/**
 * Checks what the readers cannot know or do not look at: nulls, NaN and Inf, lengths in bytes, capacities,
 * JSON texts, geometries. Throws at the first row that breaks a rule.
 * @param fileOf the file that a field's values come from, for the error
 * @param rowOf the input's row that a row of the batch is, 0-based
 * @throws importFailed naming file, row, field, what was expected and what was found
 */
export function validateBatch(
  fields: readonly Field[],
  batch: ColumnBatch,
  checks: FiniteChecks,
  fileOf: (fieldId: number) => string,
  rowOf: (batchRow: number) => number,
): void {
  for (const field of fields) {
    const column = batch.columns.get(field.fieldId)
    if (!column) continue
    const fault = firstFault(field, column, batch.rowCount, checks)
    if (fault) {
      const place = { file: fileOf(field.fieldId), row: rowOf(fault.row), field: field.name }
      throw new MillraceError(
        'importFailed',
        `${place.file}: row ${place.row}, field '${field.name}': ${fault.message}`,
        place,
      )
    }
  }
}

/** All rows of a batch that break a rule, each with the first field in which it does. */
export function badRowsOf(
  fields: readonly Field[],
  batch: ColumnBatch,
  checks: FiniteChecks,
): Map<number, { readonly field: Field; readonly message: string }> {
  const bad = new Map<number, { readonly field: Field; readonly message: string }>()
  for (const field of fields) {
    const column = batch.columns.get(field.fieldId)
    if (!column) continue
    for (const { row, message } of faultsIn(field, column, batch.rowCount, checks)) {
      if (!bad.has(row)) bad.set(row, { field, message })
    }
  }
  return bad
}

function* faultsIn(
  field: Field,
  column: Column,
  rowCount: number,
  checks: FiniteChecks,
): IterableIterator<Fault> {
  for (let begin = 0; begin < rowCount; ) {
    const rest = begin === 0 ? column : sliceColumn(column, begin, rowCount)
    const fault = firstFault(field, rest, rowCount - begin, checks)
    if (!fault) return
    yield { ...fault, row: begin + fault.row }
    begin += fault.row + 1
  }
}

/** What is wrong with a row, and what was expected. */
interface Fault {
  readonly row: number
  readonly message: string
}

/** The first row of a column that breaks a rule of its field. */
export function firstFault(
  field: Field,
  column: Column,
  rowCount: number,
  checks: FiniteChecks,
): Fault | null {
  giveWay()
  if (!field.nullable && column.validity) {
    const row = firstNull(column.validity, rowCount)
    if (row >= 0) return { row, message: nullMessage(field) }
  }
  switch (column.shape) {
    case 'fixed':
      return fixedFault(field.dataType, column, rowCount, checks)
    case 'bytes':
      return bytesFault(field, field.dataType, column, rowCount)
    case 'list':
      return listFault(field, column, rowCount, checks)
  }
}

function nullMessage({ name }: Field): string {
  return `expected a value, got null: the field '${name}' is not nullable but the file contains null value`
}

function firstNull(validity: Uint8Array, rowCount: number): number {
  for (let row = 0; row < rowCount; row++) if (!hasBit(validity, row)) return row
  return -1
}

function fixedFault(
  dataType: DataType,
  column: FixedColumn,
  rowCount: number,
  checks: FiniteChecks,
): Fault | null {
  const index = firstNonFinite(dataType, column, rowCount, checks)
  if (index < 0) return null
  const value = valueText(dataType, column, index)
  const where = column.width > 1 ? `, component ${index % column.width}` : ''
  return {
    row: Math.floor(index / column.width),
    message: `expected finite numbers, got ${value}${where}: ${wordsOfNonFinite(dataType, value)}`,
  }
}

/** Milvus's words. */
function wordsOfNonFinite(dataType: DataType, value: string): string {
  if (dataType === DataType.Float16Vector) return 'float16 vector contain nan or infinity value.'
  if (dataType === DataType.BFloat16Vector) return 'bfloat16 vector contain nan or infinity value.'
  return `value '${value}' is not a number or infinity`
}

function firstNonFinite(
  dataType: DataType,
  { values, width }: FixedColumn,
  rowCount: number,
  checks: FiniteChecks,
): number {
  const used = values.subarray(0, rowCount * width)
  if (used instanceof Float32Array) return checks.firstNonFinite32(used)
  if (used instanceof Float64Array) return checks.firstNonFinite64(used)
  if (dataType === DataType.Float16Vector) return firstWithExponent(used as Uint16Array, 0x7c00)
  if (dataType === DataType.BFloat16Vector) return firstWithExponent(used as Uint16Array, 0x7f80)
  return -1
}

function firstWithExponent(values: Uint16Array, exponent: number): number {
  for (let index = 0; index < values.length; index++) {
    if ((values[index] & exponent) === exponent) return index
  }
  return -1
}

function valueText(dataType: DataType, { values }: FixedColumn, index: number): string {
  if (values instanceof Float32Array || values instanceof Float64Array) return String(values[index])
  const mantissa = dataType === DataType.Float16Vector ? 0x3ff : 0x7f
  const bits = Number(values[index])
  if ((bits & mantissa) !== 0) return 'NaN'
  return bits & 0x8000 ? '-Infinity' : 'Infinity'
}

function bytesFault(
  field: Field,
  valueType: DataType,
  column: BytesColumn,
  rowCount: number,
): Fault | null {
  if (valueType === DataType.VarChar) return lengthFault(field, column, rowCount)
  if (valueType === DataType.JSON) return jsonFault(field, column, rowCount)
  if (valueType === DataType.Geometry) return geometryFault(column, rowCount)
  return null
}

function lengthFault(field: Field, { offsets }: BytesColumn, rowCount: number): Fault | null {
  for (let row = 0; row < rowCount; row++) {
    const length = offsets[row + 1] - offsets[row]
    if (length <= field.maxLength) continue
    return {
      row,
      message: `expected at most ${field.maxLength} bytes, got ${length}: value length(${length}) for field ${field.name} exceeds max_length(${field.maxLength})`,
    }
  }
  return null
}

function jsonFault(field: Field, column: BytesColumn, rowCount: number): Fault | null {
  const text = Buffer.from(column.bytes.buffer, column.bytes.byteOffset, column.bytes.byteLength)
  for (let row = 0; row < rowCount; row++) {
    if (column.validity && !hasBit(column.validity, row)) continue
    giveWay()
    const fault = jsonTextFault(
      text.toString('utf8', column.offsets[row], column.offsets[row + 1]),
      field.isDynamic,
    )
    if (fault) return { row, message: fault }
  }
  return null
}

function jsonTextFault(text: string, mustBeObject: boolean): string | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    const words = ': illegal value for dynamic field, not a JSON format string'
    return `expected a JSON text, got ${quoted(text)}${mustBeObject ? words : ''}`
  }
  const isObject = value !== null && typeof value === 'object' && !Array.isArray(value)
  if (!mustBeObject || isObject) return null
  return `expected a JSON object, got ${quoted(text)}: illegal value for dynamic field, not a JSON object`
}

function geometryFault({ bytes, offsets, validity }: BytesColumn, rowCount: number): Fault | null {
  for (let row = 0; row < rowCount; row++) {
    if (validity && !hasBit(validity, row)) continue
    giveWay()
    try {
      canonicalWkt(bytes, offsets[row], offsets[row + 1])
    } catch (thrown) {
      if (!(thrown instanceof WktFault)) throw thrown
      const text = Buffer.from(bytes.subarray(offsets[row], offsets[row + 1])).toString()
      return {
        row,
        message: `expected well-known text like 'POINT (1 2)', got ${quoted(text)}: invalid Geometry data, transform to wkb failed: ${thrown.message}`,
      }
    }
  }
  return null
}

function listFault(
  field: Field,
  column: ListColumn,
  rowCount: number,
  checks: FiniteChecks,
): Fault | null {
  for (let row = 0; row < rowCount; row++) {
    const length = column.offsets[row + 1] - column.offsets[row]
    if (length <= field.maxCapacity) continue
    return {
      row,
      message: `expected at most ${field.maxCapacity} elements, got ${length}: array capacity(${length}) for field ${field.name} exceeds max_capacity(${field.maxCapacity})`,
    }
  }
  return elementFault(field, column, rowCount, checks)
}

function elementFault(
  field: Field,
  column: ListColumn,
  rowCount: number,
  checks: FiniteChecks,
): Fault | null {
  const [first, end] = [column.offsets[0], column.offsets[rowCount]]
  const elements = sliceColumn(column.child, first, end)
  const fault =
    elements.shape === 'fixed'
      ? fixedFault(field.elementType, elements, end - first, checks)
      : bytesFault(field, field.elementType, elements as BytesColumn, end - first)
  if (!fault) return null
  const at = first + fault.row
  const row = column.offsets.findIndex((_, index) => column.offsets[index + 1] > at)
  const element = at - column.offsets[row]
  return {
    row,
    message: `element ${element} of a ${dataTypeName(field.elementType)} array: ${fault.message}`,
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
