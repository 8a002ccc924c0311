import type { BytesColumn, Column, FixedColumn } from '../column/column.js'
import { giveWay } from '../workers/give-way.js'
import type { PrimaryKey } from './segment-file.js'

/**
 * The row offsets of a key column in ascending order of key, equal keys in row order; null when the rows
 * already lie so. Strings are in the order of their UTF-8 bytes.
 */
export function pkOrderOf(column: Column, rowCount: number): Uint32Array | null {
  if (column.shape === 'fixed') return int64Order(column.values as BigInt64Array, rowCount)
  return bytesOrder(column as BytesColumn, rowCount)
}

/** The key of one row. */
export function pkAt(column: Column, row: number): PrimaryKey {
  if (column.shape === 'fixed') return (column.values as BigInt64Array)[row]
  const { bytes, offsets } = column as BytesColumn
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
    'utf8',
    offsets[row],
    offsets[row + 1],
  )
}

/** Of two keys of one field: negative, zero or positive. Strings are in the order of their UTF-8 bytes. */
export function comparePks(left: PrimaryKey, right: PrimaryKey): number {
  if (typeof left === 'string') return Buffer.compare(Buffer.from(left), Buffer.from(String(right)))
  return left < (right as bigint) ? -1 : left > (right as bigint) ? 1 : 0
}

/** The rows that hold `key`, found by binary search; `order` is what `pkOrderOf` gave. */
export function rowsOfPk(
  column: Column,
  rowCount: number,
  order: Uint32Array | null,
  key: PrimaryKey,
): number[] {
  const compare = keyComparison(column, key)
  const rowAt = (position: number) => (order === null ? position : order[position])
  let low = 0
  let high = rowCount
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare(rowAt(middle)) < 0) low = middle + 1
    else high = middle
  }
  const rows: number[] = []
  for (; low < rowCount && compare(rowAt(low)) === 0; low++) rows.push(rowAt(low))
  return rows
}

function keyComparison(column: Column, key: PrimaryKey): (row: number) => number {
  if (column.shape === 'fixed') {
    const values = (column as FixedColumn).values as BigInt64Array
    const wanted = key as bigint
    return (row) => (values[row] < wanted ? -1 : values[row] > wanted ? 1 : 0)
  }
  const { bytes, offsets } = column as BytesColumn
  const wanted = Buffer.from(key as string, 'utf8')
  const stored = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return (row) => stored.compare(wanted, 0, wanted.length, offsets[row], offsets[row + 1])
}

/**
 * A radix sort by 16 bits at a time, least significant first. Passes in which all keys agree are skipped,
 * so that small keys cost one or two passes. The sign bit is flipped so that unsigned order is signed order.
 */
function int64Order(values: BigInt64Array, rowCount: number): Uint32Array | null {
  const digits = new Uint16Array(values.buffer, values.byteOffset, rowCount * 4)
  if (isInt64Sorted(values, rowCount)) return null
  let order = Uint32Array.from({ length: rowCount }, (_, row) => row)
  let next = new Uint32Array(rowCount)
  for (let digit = 0; digit < 4; digit++) {
    const flip = digit === 3 ? 0x8000 : 0
    const starts = digitStarts(digits, digit, flip, rowCount)
    if (starts === null) continue
    for (let begin = 0; begin < rowCount; begin += rowsAtOnce) {
      placeRows(order.subarray(begin, begin + rowsAtOnce), next, starts, digits, digit, flip)
      giveWay()
    }
    ;[order, next] = [next, order]
  }
  return order
}

/** Puts rows, which are in the order of the digits before, where their digit has its place. */
function placeRows(
  rows: Uint32Array,
  placed: Uint32Array,
  starts: Uint32Array,
  digits: Uint16Array,
  digit: number,
  flip: number,
): void {
  for (let position = 0; position < rows.length; position++) {
    const row = rows[position]
    placed[starts[digits[row * 4 + digit] ^ flip]++] = row
  }
}

/** A fraction of a millisecond. */
const rowsAtOnce = 65_536

/** Where each digit value's rows begin; null when all rows have the same. */
function digitStarts(
  digits: Uint16Array,
  digit: number,
  flip: number,
  rowCount: number,
): Uint32Array | null {
  const starts = new Uint32Array(65536)
  for (let row = 0; row < rowCount; row++) starts[digits[row * 4 + digit] ^ flip]++
  if (starts[digits[digit] ^ flip] === rowCount) return null
  let sum = 0
  for (let value = 0; value < 65536; value++) {
    const count = starts[value]
    starts[value] = sum
    sum += count
  }
  return starts
}

function isInt64Sorted(values: BigInt64Array, rowCount: number): boolean {
  const low = new Uint32Array(values.buffer, values.byteOffset, rowCount * 2)
  const high = new Int32Array(values.buffer, values.byteOffset, rowCount * 2)
  for (let at = 2; at < rowCount * 2; at += 2) {
    if (high[at + 1] < high[at - 1]) return false
    if (high[at + 1] === high[at - 1] && low[at] < low[at - 2]) return false
  }
  return true
}

function bytesOrder({ bytes, offsets }: BytesColumn, rowCount: number): Uint32Array | null {
  const stored = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let compared = 0
  const compare = (left: number, right: number) => {
    if ((++compared & 1023) === 0) giveWay()
    const [begin, end] = [offsets[left], offsets[left + 1]]
    return stored.compare(stored, offsets[right], offsets[right + 1], begin, end)
  }
  let isSorted = true
  for (let row = 1; row < rowCount && isSorted; row++) isSorted = compare(row - 1, row) <= 0
  if (isSorted) return null
  return Uint32Array.from({ length: rowCount }, (_, row) => row).sort(compare)
}
