import type { BytesColumn, Column, FixedColumn, ListColumn } from '../column/column.js'
import { DataType } from '../schema/data-type.js'
import type { ArrowConversion, ReportFault } from './arrow-conversion.js'
import { isNullAt } from './arrow-lists.js'
import { floatConversion } from './arrow-numbers.js'
import { sparseFromText, sparseRow } from './arrow-sparse-row.js'
import type { ArrowMember, ArrowType } from './arrow-type.js'

/** To rows of (u32 index, f32 value) pairs: from JSON texts, from structs of two lists, or from the pairs. */
export function sparseConversion(type: ArrowType): ArrowConversion | null {
  if (type.kind === 'text')
    return ([column], rowCount, report) => fromTexts(column, rowCount, report)
  if (type.kind === 'binary' && type.width === null) {
    return ([column], rowCount, report) => checkedPairs(column as BytesColumn, rowCount, report)
  }
  return type.kind === 'struct' ? fromStruct(type.members) : null
}

type RowOf = (row: number) => Uint8Array | string

/** Rows that `rowOf` makes; a string is the reason why there is none. */
function sparseColumn(
  rowCount: number,
  validity: Uint8Array | null,
  rowOf: RowOf,
  report: ReportFault,
): BytesColumn {
  const rows: Uint8Array[] = []
  const offsets = new Int32Array(rowCount + 1)
  for (let row = 0; row < rowCount; row++) {
    const made = isNullAt(validity, row) ? empty : rowOf(row)
    if (typeof made === 'string') report(row, made)
    const pairs = typeof made === 'string' ? empty : made
    rows.push(pairs)
    offsets[row + 1] = offsets[row] + pairs.byteLength
  }
  const bytes = new Uint8Array(offsets[rowCount])
  rows.forEach((made, row) => {
    bytes.set(made, offsets[row])
  })
  return { shape: 'bytes', offsets, bytes, validity }
}

const empty = new Uint8Array(0)

function fromTexts(column: Column, rowCount: number, report: ReportFault): BytesColumn {
  const { bytes, offsets, validity } = column as BytesColumn
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const rowOf: RowOf = (row) =>
    sparseFromText(text.toString('utf8', offsets[row], offsets[row + 1]))
  return sparseColumn(rowCount, validity, rowOf, report)
}

function checkedPairs(column: BytesColumn, rowCount: number, report: ReportFault): BytesColumn {
  const { bytes, offsets, validity } = column
  const rowOf: RowOf = (row) => {
    const pairs = bytes.subarray(offsets[row], offsets[row + 1])
    if (pairs.byteLength % 8 !== 0) {
      return `expected pairs of 8 bytes, got ${pairs.byteLength} bytes: invalid data length in sparse float vector`
    }
    const count = pairs.byteLength / 8
    const view = new DataView(pairs.buffer, pairs.byteOffset, pairs.byteLength)
    const indices = Float64Array.from({ length: count }, (_, at) => view.getUint32(at * 8, true))
    const values = Float64Array.from({ length: count }, (_, at) =>
      view.getFloat32(at * 8 + 4, true),
    )
    return sparseRow(indices, values)
  }
  return sparseColumn(rowCount, validity, rowOf, report)
}

function fromStruct(members: readonly ArrowMember[]): ArrowConversion | null {
  const indicesAt = members.findIndex(({ name }) => name === 'indices')
  const valuesAt = members.findIndex(({ name }) => name === 'values')
  const toNumbers = (member: ArrowMember | undefined) =>
    member?.type.kind === 'list' ? floatConversion(DataType.Double, member.type.item) : null
  const convertIndices = toNumbers(members[indicesAt])
  const convertValues = toNumbers(members[valuesAt])
  if (convertIndices === null || convertValues === null) return null
  return (columns, rowCount, report) => {
    const indices = numbersOf(columns[indicesAt] as ListColumn, rowCount, convertIndices)
    const values = numbersOf(columns[valuesAt] as ListColumn, rowCount, convertValues)
    const rowOf: RowOf = (row) => sparseRow(indices(row), values(row))
    return sparseColumn(rowCount, columns[indicesAt].validity, rowOf, report)
  }
}

/** The numbers of a row; a null among them is NaN, which is none of either. */
function numbersOf(
  { offsets, child, validity }: ListColumn,
  rowCount: number,
  convert: NonNullable<ReturnType<typeof floatConversion>>,
): (row: number) => Float64Array {
  const converted = convert(child, offsets[rowCount], () => {}) as FixedColumn
  const numbers = converted.values.slice() as Float64Array
  for (let at = 0; at < numbers.length; at++) {
    if (isNullAt(child.validity, at)) numbers[at] = Number.NaN
  }
  return (row) =>
    isNullAt(validity, row)
      ? numbers.subarray(0, 0)
      : numbers.subarray(offsets[row], offsets[row + 1])
}
