import { Buffer } from 'node:buffer'
import { bitmapWithLength, bothValid, setBit } from '../column/bitmap.js'
import type { BytesColumn, Column, FixedColumn } from '../column/column.js'
import type { ComparisonOperator } from './ast.js'
import { orderHolds } from './run-test.js'
import { type Truth, truthNot, truthOf } from './truth.js'

/** Two columns of numbers, or two of strings, row by row. */
export function compareColumns(
  op: ComparisonOperator,
  left: Column,
  right: Column,
  rowCount: number,
): Truth {
  if (op === '!=') return truthNot(compareColumns('==', left, right, rowCount), rowCount)
  const passed = bitmapWithLength(rowCount)
  for (let row = 0; row < rowCount; row++) {
    const sign =
      left.shape === 'fixed'
        ? numberSign(left, right as FixedColumn, row)
        : textSign(left as BytesColumn, right as BytesColumn, row)
    if (orderHolds(op, sign)) setBit(passed, row)
  }
  return truthOf(passed, bothValid(left.validity, right.validity, rowCount))
}

/** A bigint and a number compare exactly; NaN, which is neither, compares as nothing does. */
function numberSign(left: FixedColumn, right: FixedColumn, row: number): number {
  const leftValue = left.values[row]
  const rightValue = right.values[row]
  if (leftValue < rightValue) return -1
  if (leftValue > rightValue) return 1
  return leftValue <= rightValue ? 0 : Number.NaN
}

function textSign(left: BytesColumn, right: BytesColumn, row: number): number {
  return Buffer.compare(
    left.bytes.subarray(left.offsets[row], left.offsets[row + 1]),
    right.bytes.subarray(right.offsets[row], right.offsets[row + 1]),
  )
}
