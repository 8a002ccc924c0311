import { bitmapWithLength } from '../column/bitmap.js'
import type { BytesColumn, Column, FixedColumn } from '../column/column.js'
import { writeRangeMask } from '../kernels/range-masks.js'
import type { ColumnTest, OrderOperator } from './column-test.js'
import { isLike, type LikePattern } from './like-pattern.js'

type NumberValues = Exclude<FixedColumn['values'], BigInt64Array>

/** A bit for each of the first `rowCount` values that passes. What null rows hold is tested too. */
export function runTest(test: ColumnTest, column: Column, rowCount: number): Uint8Array {
  const passed = bitmapWithLength(rowCount)
  const numbers = () => (column as FixedColumn).values as NumberValues
  const int64s = () => (column as FixedColumn).values as BigInt64Array
  const texts = column as BytesColumn
  switch (test.kind) {
    case 'range':
    case 'int64Range':
      writeRangeMask(rangedValues(column as FixedColumn), rowCount, test.low, test.high, passed)
      break
    case 'set':
      testSet(numbers(), rowCount, test.values, passed)
      break
    case 'int64Set':
      testInt64Set(int64s(), rowCount, test.values, passed)
      break
    case 'text':
      if (test.op === '==') testTextEqual(texts, rowCount, test.bytes, passed)
      else testTextOrder(texts, rowCount, test.op, test.bytes, passed)
      break
    case 'textSet':
      testTextSet(texts, rowCount, test.values, passed)
      break
    case 'like':
      testLike(texts, rowCount, test.pattern, passed)
      break
  }
  return passed
}

/** Whether a comparison whose sides compare as `sign` (negative: left is less) holds. */
export function orderHolds(op: OrderOperator, sign: number): boolean {
  switch (op) {
    case '==':
      return sign === 0
    case '<':
      return sign < 0
    case '<=':
      return sign <= 0
    case '>':
      return sign > 0
    case '>=':
      return sign >= 0
  }
}

/** No field that a filter can name has values of 16 bits without a sign. */
function rangedValues({ values }: FixedColumn) {
  return values as Exclude<FixedColumn['values'], Uint16Array>
}

function testSet(
  values: NumberValues,
  rowCount: number,
  wanted: Float64Array,
  passed: Uint8Array,
): void {
  for (let row = 0; row < rowCount; row++) {
    const value = values[row]
    let low = 0
    let high = wanted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (wanted[middle] < value) low = middle + 1
      else high = middle
    }
    if (low < wanted.length && wanted[low] === value) passed[row >> 3] |= 1 << (row & 7)
  }
}

function testInt64Set(
  values: BigInt64Array,
  rowCount: number,
  wanted: BigInt64Array,
  passed: Uint8Array,
): void {
  const highs = new Int32Array(values.buffer, values.byteOffset, rowCount * 2)
  const lows = new Uint32Array(values.buffer, values.byteOffset, rowCount * 2)
  const wantedHighs = new Int32Array(wanted.buffer, wanted.byteOffset, wanted.length * 2)
  const wantedLows = new Uint32Array(wanted.buffer, wanted.byteOffset, wanted.length * 2)
  for (let row = 0; row < rowCount; row++) {
    const rowHigh = highs[row * 2 + 1]
    const rowLow = lows[row * 2]
    let low = 0
    let high = wanted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const middleHigh = wantedHighs[middle * 2 + 1]
      if (middleHigh < rowHigh || (middleHigh === rowHigh && wantedLows[middle * 2] < rowLow)) {
        low = middle + 1
      } else high = middle
    }
    if (low === wanted.length) continue
    if (wantedHighs[low * 2 + 1] === rowHigh && wantedLows[low * 2] === rowLow) {
      passed[row >> 3] |= 1 << (row & 7)
    }
  }
}

function testTextEqual(
  { bytes, offsets }: BytesColumn,
  rowCount: number,
  wanted: Uint8Array,
  passed: Uint8Array,
): void {
  for (let row = 0; row < rowCount; row++) {
    const begin = offsets[row]
    if (offsets[row + 1] - begin !== wanted.length) continue
    let at = 0
    while (at < wanted.length && bytes[begin + at] === wanted[at]) at++
    if (at === wanted.length) passed[row >> 3] |= 1 << (row & 7)
  }
}

function testTextOrder(
  { bytes, offsets }: BytesColumn,
  rowCount: number,
  op: OrderOperator,
  wanted: Uint8Array,
  passed: Uint8Array,
): void {
  for (let row = 0; row < rowCount; row++) {
    const sign = compareBytes(bytes, offsets[row], offsets[row + 1], wanted)
    if (orderHolds(op, sign)) passed[row >> 3] |= 1 << (row & 7)
  }
}

function testTextSet(
  { bytes, offsets }: BytesColumn,
  rowCount: number,
  wanted: readonly Uint8Array[],
  passed: Uint8Array,
): void {
  for (let row = 0; row < rowCount; row++) {
    let low = 0
    let high = wanted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const sign = compareBytes(bytes, offsets[row], offsets[row + 1], wanted[middle])
      if (sign > 0) low = middle + 1
      else high = middle
      if (sign === 0) {
        passed[row >> 3] |= 1 << (row & 7)
        break
      }
    }
  }
}

function testLike(
  { bytes, offsets }: BytesColumn,
  rowCount: number,
  pattern: LikePattern,
  passed: Uint8Array,
): void {
  for (let row = 0; row < rowCount; row++) {
    if (isLike(bytes, offsets[row], offsets[row + 1], pattern)) passed[row >> 3] |= 1 << (row & 7)
  }
}

function compareBytes(bytes: Uint8Array, begin: number, end: number, wanted: Uint8Array): number {
  const shared = Math.min(end - begin, wanted.length)
  for (let at = 0; at < shared; at++) {
    if (bytes[begin + at] !== wanted[at]) return bytes[begin + at] - wanted[at]
  }
  return end - begin - wanted.length
}
