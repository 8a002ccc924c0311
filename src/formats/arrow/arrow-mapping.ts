import { hasBit } from '../../column/bitmap.js'
import type { BytesColumn, Column, FixedColumn } from '../../column/column.js'
import { filledColumn } from '../../column/filled-column.js'
import { DataType, isIntegerType, isStringType, isVectorType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { elementFieldOf } from '../../schema/struct-array.js'
import type { ArrowConversion, PlainColumn, PlainConversion } from './arrow-conversion.js'
import { jsonConversion } from './arrow-json.js'
import { arrayConversion, isNullAt, vectorListConversion } from './arrow-lists.js'
import { floatConversion, integerConversion } from './arrow-numbers.js'
import { sparseConversion } from './arrow-sparse.js'
import { textConversion } from './arrow-text.js'
import { timeConversion } from './arrow-times.js'
import type { ArrowType } from './arrow-type.js'
import { vectorConversion } from './arrow-vectors.js'

/**
 * How columns of a type become the column of a field; null where they cannot without losing something.
 * Nulls take the field's default, where it has one.
 */
export function arrowConversionOf(field: Field, type: ArrowType): ArrowConversion | null {
  if (type.kind === 'null') return (_, rowCount) => filledColumn(field, rowCount)
  if (isNestedJson(field, type)) {
    const convertNested = jsonConversion(field, type)
    return (
      convertNested &&
      ((columns, rowCount, report) =>
        withSettledNulls(field, convertNested(columns, rowCount, report), rowCount))
    )
  }
  const convert = presentConversionOf(field, type)
  if (convert === null) return null
  return (columns, rowCount, report) => {
    const { validity } = columns[0]
    const converted = convert(columns, rowCount, (row, message) => {
      if (!isNullAt(validity, row)) report(row, message)
    })
    return withSettledNulls(field, converted, rowCount)
  }
}

function isNestedJson(
  { dataType }: Field,
  type: ArrowType,
): type is Parameters<typeof jsonConversion>[1] {
  return dataType === DataType.JSON && ['struct', 'map', 'list'].includes(type.kind)
}

function presentConversionOf(field: Field, type: ArrowType): ArrowConversion | null {
  const { dataType } = field
  if (dataType === DataType.SparseFloatVector) return sparseConversion(field, type)
  if (dataType === DataType.ArrayOfVector) {
    const convert = type.kind === 'list' ? vectorConversion(elementFieldOf(field), type.item) : null
    return convert && vectorListConversion(field, convert)
  }
  if (isVectorType(dataType)) return vectorConversion(field, type)
  if (dataType === DataType.Array) {
    return type.kind === 'list' ? listConversion(field, type.item) : null
  }
  const convert = plainConversionOf(field, dataType, type)
  return (
    convert && (([column], rowCount, report) => convert(column as PlainColumn, rowCount, report))
  )
}

function listConversion(field: Field, item: ArrowType): ArrowConversion | null {
  const { elementType } = field
  const convert = isIntegerType(elementType)
    ? integerConversion(elementType, item, true)
    : plainConversionOf(field, elementType, item)
  return convert && arrayConversion(field, convert)
}

function plainConversionOf(
  field: Field,
  dataType: DataType,
  type: ArrowType,
): PlainConversion | null {
  switch (dataType) {
    case DataType.Bool:
      return type.kind === 'bool' ? (column) => column : null
    case DataType.Float:
    case DataType.Double:
      return floatConversion(dataType, type)
    case DataType.Timestamptz:
      return timeConversion(type, field.timeZone)
    case DataType.JSON:
    case DataType.Geometry:
      return textConversion(field.name, type)
    default:
      return isStringType(dataType)
        ? textConversion(field.name, type)
        : integerConversion(dataType, type)
  }
}

/** Null rows take the default; without one they are zeros or empty, whatever the file has there. */
function withSettledNulls(field: Field, column: Column, rowCount: number): Column {
  const { validity } = column
  if (validity === null || column.shape === 'list') return column
  const hasDefault = field.defaultValue !== null || field.isDynamic
  const filler = filledColumn(field, 1) as PlainColumn
  const settled = hasDefault ? null : validity
  if (column.shape === 'fixed') {
    return { ...filledFixed(column, filler as FixedColumn, validity, rowCount), validity: settled }
  }
  if (!hasDefault) return column
  return { ...filledBytes(column, filler as BytesColumn, validity, rowCount), validity: null }
}

function filledFixed(
  column: FixedColumn,
  filler: FixedColumn,
  validity: Uint8Array,
  rowCount: number,
): FixedColumn {
  const { width } = column
  const values = column.values.slice()
  for (let row = 0; row < rowCount; row++) {
    if (!hasBit(validity, row)) values.set(filler.values as never, row * width)
  }
  return { ...column, values }
}

function filledBytes(
  { offsets, bytes }: BytesColumn,
  filler: BytesColumn,
  validity: Uint8Array,
  rowCount: number,
): BytesColumn {
  const filled = new Int32Array(rowCount + 1)
  for (let row = 0; row < rowCount; row++) {
    const length = hasBit(validity, row) ? offsets[row + 1] - offsets[row] : filler.offsets[1]
    filled[row + 1] = filled[row] + length
  }
  const texts = new Uint8Array(filled[rowCount])
  for (let row = 0; row < rowCount; row++) {
    const isPresent = hasBit(validity, row)
    const text = isPresent ? bytes.subarray(offsets[row], offsets[row + 1]) : filler.bytes
    texts.set(text, filled[row])
  }
  return { shape: 'bytes', offsets: filled, bytes: texts, validity: null }
}
