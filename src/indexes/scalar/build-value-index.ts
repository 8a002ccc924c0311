import { Buffer } from 'node:buffer'
import { hasBit } from '../../column/bitmap.js'
import type { BytesColumn, Column, FixedColumn } from '../../column/column.js'
import { sortPlaces } from './sort-values.js'
import { type Groups, type Values, writeValueIndex } from './write-value-index.js'

/**
 * Builds the index over a column of single values, or over the elements of a column of lists: there a row
 * has every value that is an element of it.
 * @returns the bytes of its file, in shared memory
 */
export function buildValueIndex(column: Column, rowCount: number): Uint8Array {
  const values = column.shape === 'list' ? column.child : column
  const groups = groupsOf(values, sortPlaces(values, placesOf(column, rowCount)), rowsOf(column))
  return writeValueIndex(values, groups, { rowCount, validity: column.validity, grams: null })
}

/** The places of the values that count: those of valid rows, but for NaN. */
function placesOf(column: Column, rowCount: number): Uint32Array {
  const values = column.shape === 'list' ? column.child : column
  const floats = values.shape === 'fixed' && isFloats(values.values) ? values.values : null
  const { validity } = column
  const last = column.shape === 'list' ? column.offsets[rowCount] : rowCount
  const places = new Uint32Array(last)
  let count = 0
  for (let row = 0; row < rowCount; row++) {
    if (validity !== null && !hasBit(validity, row)) continue
    const begin = column.shape === 'list' ? column.offsets[row] : row
    const end = column.shape === 'list' ? column.offsets[row + 1] : row + 1
    for (let place = begin; place < end; place++) {
      if (floats === null || !Number.isNaN(floats[place])) places[count++] = place
    }
  }
  return places.subarray(0, count)
}

function isFloats(values: FixedColumn['values']): values is Float32Array | Float64Array {
  return values instanceof Float32Array || values instanceof Float64Array
}

/** The row of every element of a column of lists; null: places are rows. */
function rowsOf(column: Column): Uint32Array | null {
  if (column.shape !== 'list') return null
  const { offsets } = column
  const rows = new Uint32Array(offsets[offsets.length - 1])
  for (let row = 0; row + 1 < offsets.length; row++) rows.fill(row, offsets[row], offsets[row + 1])
  return rows
}

/** A row that has a value twice counts once. */
function groupsOf(values: Values, sorted: Uint32Array, rowsOfPlaces: Uint32Array | null): Groups {
  const rows = new Uint32Array(sorted.length)
  const begins = new Uint32Array(sorted.length + 1)
  const firsts = new Uint32Array(sorted.length)
  const isSame = sameness(values)
  let rowCount = 0
  let groupCount = 0
  for (let at = 0; at < sorted.length; at++) {
    const row = rowsOfPlaces === null ? sorted[at] : rowsOfPlaces[sorted[at]]
    if (at === 0 || !isSame(sorted[at - 1], sorted[at])) {
      firsts[groupCount] = sorted[at]
      begins[groupCount++] = rowCount
    } else if (rows[rowCount - 1] === row) continue
    rows[rowCount++] = row
  }
  begins[groupCount] = rowCount
  return {
    rows: rows.subarray(0, rowCount),
    begins: begins.subarray(0, groupCount + 1),
    firsts: firsts.subarray(0, groupCount),
  }
}

function sameness(values: Values): (left: number, right: number) => boolean {
  if (values.shape === 'fixed') {
    const numbers = values.values
    return (left, right) => numbers[left] === numbers[right]
  }
  const { offsets } = values
  const bytes = bufferOf(values)
  return (left, right) =>
    bytes.compare(bytes, offsets[right], offsets[right + 1], offsets[left], offsets[left + 1]) === 0
}

function bufferOf({ bytes }: BytesColumn): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
