import { bitmapWithLength, hasBit, setBit } from '../column/bitmap.js'
import {
  type BytesColumn,
  type Column,
  type FixedColumn,
  type ListColumn,
  layoutOf,
} from '../column/column.js'
import { growableColumn } from '../column/growable-column.js'
import { gatherColumn } from '../column/slice.js'
import { DataType } from '../schema/data-type.js'
import { floatingArithmetic, int64Arithmetic } from './arithmetic.js'
import type {
  ArithmeticValue,
  ColumnValue,
  ConstantValue,
  ElementValue,
  LengthValue,
} from './bound-expr.js'
import { jsonLengthColumn, jsonValueColumn } from './json-columns.js'
import { shiftTimes } from './time-interval.js'

/** The columns of the rows that are looked at, by field id. */
export type Columns = ReadonlyMap<number, Column>

/** A value of every row, as a column in the layout of its data type. */
export function evaluateValue(value: ColumnValue, columns: Columns, rowCount: number): Column {
  switch (value.kind) {
    case 'field':
      return columns.get(value.field.fieldId)!
    case 'element':
      return elementColumn(value, columns.get(value.field.fieldId) as ListColumn, rowCount)
    case 'length':
      return lengthColumn(value, columns, rowCount)
    case 'arithmetic':
      return arithmeticColumn(value, columns, rowCount, true)
    case 'shifted': {
      const { values, validity } = columns.get(value.time.field.fieldId) as FixedColumn
      const times = values.subarray(0, rowCount) as BigInt64Array
      const moved = shiftTimes(times, value.interval, value.sign)
      return { shape: 'fixed', values: moved, width: 1, validity }
    }
    case 'json':
      return jsonValueColumn(value, columns.get(value.field.fieldId) as BytesColumn, rowCount)
  }
}

function elementColumn(
  { field, index }: ElementValue,
  { offsets, child, validity }: ListColumn,
  rowCount: number,
): Column {
  const elements = new Int32Array(rowCount)
  const present = bitmapWithLength(rowCount)
  let someElement = -1
  for (let row = 0; row < rowCount; row++) {
    if (validity !== null && !hasBit(validity, row)) continue
    if (index >= offsets[row + 1] - offsets[row]) continue
    elements[row] = someElement = offsets[row] + index
    setBit(present, row)
  }
  if (someElement < 0) return nullColumn(field.elementType, rowCount)
  return { ...gatherColumn(child, elements), validity: present }
}

function nullColumn(dataType: DataType, rowCount: number): Column {
  const column = growableColumn(layoutOf({ dataType, elementType: DataType.None, dim: 0 }))
  column.appendNulls(rowCount)
  return column.snapshot()
}

function lengthColumn({ list }: LengthValue, columns: Columns, rowCount: number): FixedColumn {
  const column = columns.get(list.field.fieldId)!
  if (list.kind === 'json') return jsonLengthColumn(list, column as BytesColumn, rowCount)
  const { offsets, validity } = column as ListColumn
  const values = new Int32Array(rowCount)
  for (let row = 0; row < rowCount; row++) values[row] = offsets[row + 1] - offsets[row]
  return { shape: 'fixed', values, width: 1, validity }
}

function arithmeticColumn(
  { op, left, right, dataType }: ArithmeticValue,
  columns: Columns,
  rowCount: number,
  isClamped: boolean,
): FixedColumn {
  const leftColumn = operandColumn(left, dataType, columns, rowCount)
  const rightColumn = operandColumn(right, dataType, columns, rowCount)
  if (dataType === DataType.Int64) {
    return int64Arithmetic(op, leftColumn, rightColumn, rowCount, isClamped)
  }
  const results = new (dataType === DataType.Float ? Float32Array : Float64Array)(rowCount)
  return floatingArithmetic(op, leftColumn, rightColumn, results)
}

/** A constant becomes a column of one value, which stands for every row. */
function operandColumn(
  operand: ColumnValue | ConstantValue,
  dataType: DataType,
  columns: Columns,
  rowCount: number,
): FixedColumn {
  if (operand.kind === 'arithmetic') return arithmeticColumn(operand, columns, rowCount, false)
  if (operand.kind !== 'number') return evaluateValue(operand, columns, rowCount) as FixedColumn
  return { shape: 'fixed', values: constantValues(operand, dataType), width: 1, validity: null }
}

function constantValues({ value }: ConstantValue, dataType: DataType) {
  if (dataType === DataType.Int64) return BigInt64Array.of(BigInt(value))
  const values = dataType === DataType.Float ? Float32Array : Float64Array
  return values.of(Number(value))
}
