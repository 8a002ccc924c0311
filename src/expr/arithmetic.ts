import { bitmapWithLength, bothValid, clearBit } from '../column/bitmap.js'
import type { FixedColumn } from '../column/column.js'
import type { ColumnOperator } from './ast.js'
import { int64Max, int64Min } from './column-test.js'

/**
 * Arithmetic on columns of numbers, row by row, into `results`, which round to their own precision; a side
 * with a single value gives it to every row.
 */
export function floatingArithmetic(
  op: ColumnOperator,
  left: FixedColumn,
  right: FixedColumn,
  results: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>,
): FixedColumn {
  const leftStep = left.values.length === 1 ? 0 : 1
  const rightStep = right.values.length === 1 ? 0 : 1
  for (let row = 0; row < results.length; row++) {
    results[row] = doubleResult(
      op,
      Number(left.values[row * leftStep]),
      Number(right.values[row * rightStep]),
    )
  }
  const validity = bothValid(left.validity, right.validity, results.length)
  return { shape: 'fixed', values: results, width: 1, validity }
}

/**
 * The same for integers. Division cuts towards zero and the remainder has the dividend's sign, as in C; a row
 * whose result int64 cannot hold, or that divides by zero, is null.
 */
export function int64Arithmetic(
  op: ColumnOperator,
  left: FixedColumn,
  right: FixedColumn,
  rowCount: number,
): FixedColumn {
  const leftStep = left.values.length === 1 ? 0 : 1
  const rightStep = right.values.length === 1 ? 0 : 1
  const values = new BigInt64Array(rowCount)
  const valid = bothValid(left.validity, right.validity, rowCount)
  const validity = valid === null ? bitmapWithLength(rowCount, true) : valid.slice()
  for (let row = 0; row < rowCount; row++) {
    const leftValue = BigInt(left.values[row * leftStep])
    const result = int64Result(op, leftValue, BigInt(right.values[row * rightStep]))
    if (result === null) clearBit(validity, row)
    else values[row] = result
  }
  return { shape: 'fixed', values, width: 1, validity }
}

export function doubleResult(op: ColumnOperator, left: number, right: number): number {
  switch (op) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return left / right
    case '%':
      return left % right
  }
}

/** Null where there is no result that int64 can hold. */
export function int64Result(op: ColumnOperator, left: bigint, right: bigint): bigint | null {
  const result = exactResult(op, left, right)
  return result === null || result < int64Min || result > int64Max ? null : result
}

function exactResult(op: ColumnOperator, left: bigint, right: bigint): bigint | null {
  switch (op) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return right === 0n ? null : left / right
    case '%':
      return right === 0n ? null : left % right
  }
}
