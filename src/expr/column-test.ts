import { Buffer } from 'node:buffer'
import { DataType } from '../schema/data-type.js'
import type { ComparisonOperator } from './ast.js'
import type { LikePattern } from './like-pattern.js'

/**
 * A test of single values of a column. Bounds are inclusive, lists are sorted; a test that names int64
 * is for BigInt64Array columns, the other number tests are for the rest.
 */
export type ColumnTest =
  | { readonly kind: 'range'; readonly low: number; readonly high: number }
  | { readonly kind: 'int64Range'; readonly low: bigint; readonly high: bigint }
  | { readonly kind: 'set'; readonly values: Float64Array }
  | { readonly kind: 'int64Set'; readonly values: BigInt64Array }
  | { readonly kind: 'text'; readonly op: OrderOperator; readonly bytes: Uint8Array }
  | { readonly kind: 'textSet'; readonly values: readonly Uint8Array[] }
  | { readonly kind: 'like'; readonly pattern: LikePattern }
  | RegexTest

/** A part of the text matches. */
export interface RegexTest {
  readonly kind: 'regex'
  readonly pattern: string
  /** What every text that passes has somewhere. */
  readonly literals: readonly Uint8Array[]
  /** The same as a pattern of `like`; null: there is none. */
  readonly like: LikePattern | null
}

/** `!=` is the negation of `==`, so that no test needs to know it. */
export type OrderOperator = Exclude<ComparisonOperator, '!='>

export const flagTest: ColumnTest = { kind: 'range', low: 1, high: 1 }

/** The test of an integer or floating column. A constant out of the column's range never wraps. */
export function numberComparisonTest(
  dataType: DataType,
  op: OrderOperator,
  constant: number | bigint,
): ColumnTest {
  if (dataType === DataType.Double || dataType === DataType.Float) {
    return floatingRange(dataType, op, floatingConstant(dataType, constant))
  }
  const { low, high } = integerBounds(op, constant)
  if (low > int64Max || high < int64Min || low > high) return emptyRange(dataType)
  const range = { low: low < int64Min ? int64Min : low, high: high > int64Max ? int64Max : high }
  if (dataType === DataType.Int64) return { kind: 'int64Range', ...range }
  return { kind: 'range', low: Number(range.low), high: Number(range.high) }
}

export function numberSetTest(
  dataType: DataType,
  constants: readonly (number | bigint)[],
): ColumnTest {
  if (dataType === DataType.Double || dataType === DataType.Float) {
    const values = constants.map((constant) => floatingConstant(dataType, constant))
    return { kind: 'set', values: Float64Array.from(values).sort() }
  }
  const integers = int64sFrom(constants)
  if (dataType === DataType.Int64) return { kind: 'int64Set', values: integers }
  return { kind: 'set', values: Float64Array.from(integers, Number) }
}

/** Ascending, each once. There may be a hundred thousand: they are handled by their halves, not as bigints. */
function int64sFrom(constants: readonly (number | bigint)[]): BigInt64Array {
  const values = new BigInt64Array(constants.length)
  const words = new Int32Array(values.buffer)
  let count = 0
  for (const constant of constants) {
    if (typeof constant === 'number' && Number.isSafeInteger(constant)) {
      words[count * 2] = constant
      words[count * 2 + 1] = Math.floor(constant / 2 ** 32)
      count++
      continue
    }
    if (typeof constant === 'number' && !Number.isInteger(constant)) continue
    const integer = BigInt(constant)
    if (integer >= int64Min && integer <= int64Max) values[count++] = integer
  }
  if (!isAscending(words, count)) {
    values.subarray(0, count).sort()
    count = distinctOf(words, count)
  }
  return values.slice(0, count)
}

/** Whether each value is greater than the one before. */
function isAscending(words: Int32Array, count: number): boolean {
  for (let at = 2; at < count * 2; at += 2) {
    const high = words[at + 1]
    const highBefore = words[at - 1]
    if (high < highBefore) return false
    if (high === highBefore && words[at] >>> 0 <= words[at - 2] >>> 0) return false
  }
  return true
}

/** Moves the first of equal values, which stand together, to the begin. @returns how many there are */
function distinctOf(words: Int32Array, count: number): number {
  let end = 0
  for (let at = 0; at < count * 2; at += 2) {
    if (end > 0 && words[at] === words[end - 2] && words[at + 1] === words[end - 1]) continue
    words[end++] = words[at]
    words[end++] = words[at + 1]
  }
  return end / 2
}

export function textComparisonTest(op: OrderOperator, constant: string): ColumnTest {
  return { kind: 'text', op, bytes: Buffer.from(constant, 'utf8') }
}

export function textSetTest(constants: readonly string[]): ColumnTest {
  const values = [...new Set(constants)].map((constant) => Buffer.from(constant, 'utf8'))
  return { kind: 'textSet', values: values.sort(Buffer.compare) }
}

/** What both `range` tests of one column accept, or null where they are not two ranges. */
export function rangeIntersection(left: ColumnTest, right: ColumnTest): ColumnTest | null {
  if (left.kind === 'range' && right.kind === 'range') {
    const low = Math.max(left.low, right.low)
    return { kind: 'range', low, high: Math.min(left.high, right.high) }
  }
  if (left.kind === 'int64Range' && right.kind === 'int64Range') {
    const low = left.low > right.low ? left.low : right.low
    return { kind: 'int64Range', low, high: left.high < right.high ? left.high : right.high }
  }
  return null
}

export const int64Min = -(2n ** 63n)
export const int64Max = 2n ** 63n - 1n

function emptyRange(dataType: DataType): ColumnTest {
  return dataType === DataType.Int64
    ? { kind: 'int64Range', low: 1n, high: 0n }
    : { kind: 'range', low: 1, high: 0 }
}

function integerBounds(op: OrderOperator, constant: number | bigint) {
  const floor = typeof constant === 'bigint' ? constant : bigintFrom(Math.floor(constant))
  const ceiling = typeof constant === 'bigint' ? constant : bigintFrom(Math.ceil(constant))
  switch (op) {
    case '==':
      return { low: ceiling, high: floor }
    case '<':
      return { low: int64Min, high: ceiling - 1n }
    case '<=':
      return { low: int64Min, high: floor }
    case '>':
      return { low: floor + 1n, high: int64Max }
    case '>=':
      return { low: ceiling, high: int64Max }
  }
}

/** Infinity, which a literal like 1e999 is, becomes something past the range of int64. */
function bigintFrom(integer: number): bigint {
  return BigInt(Math.max(-1e30, Math.min(1e30, integer)))
}

/** Milvus: a literal takes the column's own precision, so that `f == 0.1` finds the float 0.1. */
function floatingConstant(dataType: DataType, constant: number | bigint): number {
  const double = Number(constant)
  return dataType === DataType.Float ? Math.fround(double) : double
}

function floatingRange(dataType: DataType, op: OrderOperator, constant: number): ColumnTest {
  const above = dataType === DataType.Float ? floatAbove : doubleAbove
  switch (op) {
    case '==':
      return { kind: 'range', low: constant, high: constant }
    case '<':
      return { kind: 'range', low: -Infinity, high: -above(-constant) }
    case '<=':
      return { kind: 'range', low: -Infinity, high: constant }
    case '>':
      return { kind: 'range', low: above(constant), high: Infinity }
    case '>=':
      return { kind: 'range', low: constant, high: Infinity }
  }
}

/** The next larger double; NaN, which no value reaches, after Infinity. */
function doubleAbove(value: number): number {
  if (value === 0) return Number.MIN_VALUE
  if (value === -Infinity) return -Number.MAX_VALUE
  const bits = new BigInt64Array(new Float64Array([value]).buffer)
  bits[0] += value > 0 ? 1n : -1n
  return new Float64Array(bits.buffer)[0]
}

function floatAbove(value: number): number {
  if (value === 0) return 2 ** -149
  const bits = new Int32Array(new Float32Array([value]).buffer)
  bits[0] += value > 0 ? 1 : -1
  return new Float32Array(bits.buffer)[0]
}
