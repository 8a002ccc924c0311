import { bitmapWithLength, bothValid, clearBit } from '../column/bitmap.js'
import type { FixedColumn } from '../column/column.js'
import type { BitOperator, ColumnOperator } from './ast.js'
import { int64Max, int64Min } from './column-test.js'

export function isBitOperator(op: string): op is BitOperator {
  return ['&', '|', '^', '<<', '>>'].includes(op)
}

/**
 * Arithmetic on columns of numbers, row by row, into `results`, which round to their own precision; a side
 * with a single value gives it to every row. Bits of what is no integer are null.
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
  const known = isBitOperator(op) ? numbersIn(results, validity) : validity
  return { shape: 'fixed', values: results, width: 1, validity: known }
}

function numbersIn(results: Float32Array | Float64Array, validity: Uint8Array | null): Uint8Array {
  const numbers = validity?.slice() ?? bitmapWithLength(results.length, true)
  for (let row = 0; row < results.length; row++) {
    if (Number.isNaN(results[row])) clearBit(numbers, row)
  }
  return numbers
}

/**
 * The same for integers. Division cuts towards zero and the remainder has the dividend's sign, as in C; a row
 * that divides by zero is null. A result that int64 cannot hold is null, or the nearest that it can hold: then
 * comparisons say of it what is true of the exact one.
 */
export function int64Arithmetic(
  op: ColumnOperator,
  left: FixedColumn,
  right: FixedColumn,
  rowCount: number,
  isClamped: boolean,
): FixedColumn {
  const leftStep = left.values.length === 1 ? 0 : 1
  const rightStep = right.values.length === 1 ? 0 : 1
  const values = new BigInt64Array(rowCount)
  const valid = bothValid(left.validity, right.validity, rowCount)
  const validity = valid === null ? bitmapWithLength(rowCount, true) : valid.slice()
  for (let row = 0; row < rowCount; row++) {
    const leftValue = BigInt(left.values[row * leftStep])
    const result = exactResult(op, leftValue, BigInt(right.values[row * rightStep]))
    if (result === null || (!isClamped && !isInt64(result))) clearBit(validity, row)
    else values[row] = result < int64Min ? int64Min : result > int64Max ? int64Max : result
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
    default:
      return bitResult(op, left, right)
  }
}

/** NaN where a side is no integer. */
function bitResult(op: BitOperator, left: number, right: number): number {
  if (!Number.isInteger(left) || !Number.isInteger(right)) return Number.NaN
  const result = int64Result(op, BigInt(left), BigInt(right))
  return result === null ? Number.NaN : Number(result)
}

/** Null where there is no result that int64 can hold. */
export function int64Result(op: ColumnOperator, left: bigint, right: bigint): bigint | null {
  const result = exactResult(op, left, right)
  return result !== null && isInt64(result) ? result : null
}

function isInt64(value: bigint): boolean {
  return value >= int64Min && value <= int64Max
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
    case '&':
      return left & right
    case '|':
      return left | right
    case '^':
      return left ^ right
    default:
      return shifted(op, left, right)
  }
}

/** As in C++, bits that leave int64 are lost; by fewer than none or more than 63 it does not shift. */
function shifted(op: '<<' | '>>', value: bigint, bits: bigint): bigint | null {
  if (bits < 0n || bits > 63n) return null
  return op === '<<' ? BigInt.asIntN(64, value << bits) : value >> bits
}
