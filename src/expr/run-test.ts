import { bitmapWithLength } from '../column/bitmap.js'
import type { BytesColumn, Column, FixedColumn } from '../column/column.js'
import { writeRangeMask } from '../kernels/range-masks.js'
import { writeSetMask } from '../kernels/set-masks.js'
import type { ColumnTest, OrderOperator } from './column-test.js'
import { writePatternMask } from './pattern-mask.js'
import { writeTextSetMask } from './text-set.js'

/** A bit for each of the first `rowCount` values that passes. What null rows hold is tested too. */
export function runTest(test: ColumnTest, column: Column, rowCount: number): Uint8Array {
  const passed = bitmapWithLength(rowCount)
  const texts = column as BytesColumn
  switch (test.kind) {
    case 'range':
    case 'int64Range':
      writeRangeMask(numbersOf(column as FixedColumn), rowCount, test.low, test.high, passed)
      break
    case 'set':
    case 'int64Set':
      writeSetMask(numbersOf(column as FixedColumn), rowCount, test.values, passed)
      break
    case 'text':
      if (test.op === '==') testTextEqual(texts, rowCount, test.bytes, passed)
      else testTextOrder(texts, rowCount, test.op, test.bytes, passed)
      break
    case 'textSet':
      writeTextSetMask(texts, rowCount, test.values, passed)
      break
    case 'like':
    case 'regex':
      writePatternMask(texts, rowCount, test, passed)
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
function numbersOf({ values }: FixedColumn) {
  return values as Exclude<FixedColumn['values'], Uint16Array>
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

function compareBytes(bytes: Uint8Array, begin: number, end: number, wanted: Uint8Array): number {
  const shared = Math.min(end - begin, wanted.length)
  for (let at = 0; at < shared; at++) {
    if (bytes[begin + at] !== wanted[at]) return bytes[begin + at] - wanted[at]
  }
  return end - begin - wanted.length
}
