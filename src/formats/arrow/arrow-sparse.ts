import { bitmapWithLength, clearBit } from '../../column/bitmap.js'
import type { BytesColumn, Column, FixedColumn, ListColumn } from '../../column/column.js'
import { BytesBuilder } from '../../column/column-builder.js'
import { DataType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { ByteCursor, SyntaxFault } from '../text/byte-cursor.js'
import { skipSpace } from '../text/json-scan.js'
import { sparseVectorReader } from '../text/json-sparse.js'
import { SparseRow } from '../text/sparse-row.js'
import { ValueFault } from '../text/value-fault.js'
import type { ArrowConversion, PlainConversion, ReportFault } from './arrow-conversion.js'
import { isNullAt } from './arrow-lists.js'
import { floatConversion } from './arrow-numbers.js'
import { type ArrowMember, type ArrowType, columnCountOf } from './arrow-type.js'

/** To rows of (u32 index, f32 value) pairs: from JSON texts, from structs of two lists, or from the pairs. */
export function sparseConversion(field: Field, type: ArrowType): ArrowConversion | null {
  if (type.kind === 'text') return fromTexts(field)
  if (type.kind === 'struct') return fromStruct(field, type.members)
  return type.kind === 'binary' && type.width === null ? fromPairs(field) : null
}

/** Appends rows one by one; a bad one is reported and becomes an empty one. */
function sparseColumn(
  builder: BytesBuilder,
  rowCount: number,
  validity: Uint8Array | null,
  appendRow: (row: number) => void,
  report: ReportFault,
): Column {
  for (let row = 0; row < rowCount; row++) {
    try {
      if (isNullAt(validity, row)) builder.closeRow()
      else appendRow(row)
    } catch (error) {
      if (!(error instanceof ValueFault)) throw error
      report(row, error.message)
      builder.truncate(row)
      builder.closeRow()
    }
  }
  return { ...builder.finish(), validity }
}

function fromTexts(field: Field): ArrowConversion {
  return ([column], rowCount, report) => {
    const texts = column as BytesColumn
    const { bytes, offsets } = texts
    const validity = field.nullable ? withoutNullTexts(texts, rowCount) : texts.validity
    const builder = new BytesBuilder()
    const read = sparseVectorReader(field, builder)
    const cursor = new ByteCursor(new Uint8Array(256), 0)
    const appendRow = (row: number) => {
      load(cursor, bytes.subarray(offsets[row], offsets[row + 1]))
      readWhole(field, cursor, read)
    }
    return sparseColumn(builder, rowCount, validity, appendRow, report)
  }
}

/** Writers of JSON have a null as the text `null`. */
function withoutNullTexts({ bytes, offsets, validity }: BytesColumn, rowCount: number) {
  let settled = validity
  for (let row = 0; row < rowCount; row++) {
    if (offsets[row + 1] - offsets[row] !== 4) continue
    if (Buffer.from(bytes.subarray(offsets[row], offsets[row + 1])).toString() !== 'null') continue
    if (settled === validity) settled = validity?.slice() ?? bitmapWithLength(rowCount, true)
    clearBit(settled!, row)
  }
  return settled
}

/** A text of its own: scanners want a 0 behind it. */
function load(cursor: ByteCursor, text: Uint8Array): void {
  if (text.length >= cursor.bytes.length) cursor.bytes = new Uint8Array(text.length * 2)
  cursor.bytes.set(text)
  cursor.bytes[text.length] = 0
  cursor.end = text.length
  cursor.position = 0
}

function readWhole(field: Field, cursor: ByteCursor, read: (cursor: ByteCursor) => void): void {
  try {
    skipSpace(cursor)
    read(cursor)
    skipSpace(cursor)
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error
    throw new ValueFault(field.name, `expected ${error.expected}: invalid JSON input`)
  }
  if (cursor.position === cursor.end) return
  throw new ValueFault(field.name, 'expected one JSON object, got more: invalid JSON input')
}

function fromPairs(field: Field): ArrowConversion {
  return ([column], rowCount, report) => {
    const { bytes, offsets, validity } = column as BytesColumn
    const builder = new BytesBuilder()
    const sparse = new SparseRow(field, builder)
    const appendRow = (row: number) => {
      const pairs = bytes.subarray(offsets[row], offsets[row + 1])
      if (pairs.length % 8 !== 0) {
        throw new ValueFault(
          field.name,
          `expected pairs of 8 bytes, got ${pairs.length} bytes: invalid data length in sparse float vector`,
        )
      }
      const view = new DataView(pairs.buffer, pairs.byteOffset, pairs.length)
      sparse.clear()
      for (let at = 0; at < pairs.length; at += 8) {
        addPair(field, sparse, view.getUint32(at, true), view.getFloat32(at + 4, true))
      }
      sparse.appendTo()
    }
    return sparseColumn(builder, rowCount, validity, appendRow, report)
  }
}

function fromStruct(field: Field, members: readonly ArrowMember[]): ArrowConversion | null {
  const convertIndices = numbersConversion(members.find(({ name }) => name === 'indices'))
  const convertValues = numbersConversion(members.find(({ name }) => name === 'values'))
  const indicesAt = columnIndexOf(members, 'indices')
  const valuesAt = columnIndexOf(members, 'values')
  if (convertIndices === null || convertValues === null) return null
  return (columns, rowCount, report) => {
    const indices = numbersOf(columns[indicesAt] as ListColumn, rowCount, convertIndices)
    const values = numbersOf(columns[valuesAt] as ListColumn, rowCount, convertValues)
    const builder = new BytesBuilder()
    const sparse = new SparseRow(field, builder)
    const appendRow = (row: number) => {
      const rowIndices = indices(row)
      const rowValues = values(row)
      sparse.clear()
      for (const index of rowIndices) sparse.addIndex(index, () => String(index))
      for (const value of rowValues) addValue(field, sparse, value)
      sparse.appendTo()
    }
    return sparseColumn(builder, rowCount, columns[indicesAt].validity, appendRow, report)
  }
}

/** Where the column of a member is: others may have more than one. */
function columnIndexOf(members: readonly ArrowMember[], name: string): number {
  const before = members.slice(
    0,
    members.findIndex((member) => member.name === name),
  )
  return before.reduce((sum, { type }) => sum + columnCountOf(type), 0)
}

function numbersConversion(member: ArrowMember | undefined): PlainConversion | null {
  return member?.type.kind === 'list' ? floatConversion(DataType.Double, member.type.item) : null
}

/** The numbers of a row; a null among them is NaN, which is none of either. */
function numbersOf(
  { offsets, child, validity }: ListColumn,
  rowCount: number,
  convert: PlainConversion,
): (row: number) => Float64Array {
  const converted = convert(child, offsets[rowCount], () => {}) as FixedColumn
  const numbers = (converted.values as Float64Array).slice()
  for (let at = 0; at < numbers.length; at++) {
    if (isNullAt(child.validity, at)) numbers[at] = Number.NaN
  }
  return (row) =>
    numbers.subarray(offsets[row], isNullAt(validity, row) ? offsets[row] : offsets[row + 1])
}

function addPair(field: Field, sparse: SparseRow, index: number, value: number): void {
  sparse.addIndex(index, () => String(index))
  addValue(field, sparse, value)
}

function addValue({ name }: Field, sparse: SparseRow, value: number): void {
  if (!Number.isFinite(Math.fround(value))) {
    throw new ValueFault(
      name,
      `expected finite float32 values, got ${value}: value '${value}' is not a number or infinity`,
    )
  }
  sparse.addValue(value)
}
