import { uniteInto } from '../../column/bitmap.js'
import type { BytesColumn, FixedColumn } from '../../column/column.js'
import { bitmapBytes, type ValueIndex } from './value-index.js'

/** Values `[begin, end)` of an index. */
export interface ValueSpan {
  readonly begin: number
  readonly end: number
}

/** The values between two numbers, both included. */
export function numbersBetween(
  index: ValueIndex,
  low: number | bigint,
  high: number | bigint,
): ValueSpan {
  const { values } = index.values as FixedColumn
  const begin = firstPlace(values.length, (at) => values[at] >= low)
  const end = firstPlace(values.length, (at) => values[at] > high)
  return { begin, end: Math.max(begin, end) }
}

/** The first text that is not before `wanted`, or the number of texts. */
export function textFrom(index: ValueIndex, wanted: Uint8Array): number {
  const texts = index.values as BytesColumn
  return firstPlace(index.valueCount, (at) => compareText(texts, at, wanted) >= 0)
}

/** The first text that is after `wanted`. */
export function textAfter(index: ValueIndex, wanted: Uint8Array): number {
  const texts = index.values as BytesColumn
  return firstPlace(index.valueCount, (at) => compareText(texts, at, wanted) > 0)
}

/** The texts that begin with a prefix: they lie together. */
export function textsWithPrefix(index: ValueIndex, prefix: Uint8Array): ValueSpan {
  const { offsets, bytes } = index.values as BytesColumn
  const begin = textFrom(index, prefix)
  const end = firstPlace(index.valueCount, (at) => {
    if (at < begin) return false
    for (let place = 0; place < prefix.length; place++) {
      if (offsets[at] + place >= offsets[at + 1]) return true
      if (bytes[offsets[at] + place] !== prefix[place]) return true
    }
    return false
  })
  return { begin, end }
}

/** Sets the bits of the rows that have one of the values. */
export function markRows(index: ValueIndex, { begin, end }: ValueSpan, mask: Uint8Array): void {
  const { starts, rows, dense, bitmaps } = index
  for (let at = starts[begin]; at < starts[end]; at++) mask[rows[at] >> 3] |= 1 << (rows[at] & 7)
  const size = bitmapBytes(index.rowCount)
  for (let at = firstDense(dense, begin); at < dense.length && dense[at] < end; at++) {
    uniteInto(mask, bitmaps.subarray(at * size, at * size + mask.length))
  }
}

/** About how many nanoseconds `markRows` takes. */
export function markCost(index: ValueIndex, { begin, end }: ValueSpan): number {
  const { starts, dense, rowCount } = index
  const bitmapCount = firstDense(dense, end) - firstDense(dense, begin)
  return (starts[end] - starts[begin]) * rowCost + bitmapCount * rowCount * bitmapRowCost
}

/** Of a row that lies anywhere, and of one of a bitmap. */
const rowCost = 5
const bitmapRowCost = 1 / 32

function firstDense(dense: Uint32Array, value: number): number {
  return firstPlace(dense.length, (at) => dense[at] >= value)
}

/** The first of `count` places at which something holds that holds at all later ones; `count`: at none. */
function firstPlace(count: number, holds: (at: number) => boolean): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}

function compareText({ offsets, bytes }: BytesColumn, at: number, wanted: Uint8Array): number {
  const begin = offsets[at]
  const length = offsets[at + 1] - begin
  const shared = Math.min(length, wanted.length)
  for (let place = 0; place < shared; place++) {
    if (bytes[begin + place] !== wanted[place]) return bytes[begin + place] - wanted[place]
  }
  return length - wanted.length
}
