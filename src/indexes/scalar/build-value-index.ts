import { Buffer } from 'node:buffer'
import { hasBit, setBit } from '../../column/bitmap.js'
import type { BytesColumn, Column, FixedColumn } from '../../column/column.js'
import { sortPlaces } from './sort-values.js'
import { bitmapBytes, emptyValueIndex, type ValueIndex, valueKinds } from './value-index.js'

type Values = FixedColumn | BytesColumn

/**
 * Builds the index over a column of single values, or over the elements of a column of lists: there a row
 * has every value that is an element of it.
 * @returns the bytes of its file, in shared memory
 */
export function buildValueIndex(column: Column, rowCount: number): Uint8Array {
  const values = column.shape === 'list' ? column.child : column
  const groups = groupsOf(values, sortPlaces(values, placesOf(column, rowCount)), rowsOf(column))
  const dense = denseGroups(groups, rowCount)
  const { bytes, index } = emptyValueIndex({
    rowCount,
    kind: kindOf(values),
    valueCount: groups.firsts.length,
    textBytes: values.shape === 'bytes' ? textBytesOf(values, groups.firsts) : 0,
    sparseRowCount: groups.rows.length - rowCountOf(groups, dense),
    denseCount: dense.length,
    hasValidity: column.validity !== null,
    isExact: isExact(values, groups.firsts),
  })
  writeValues(values, groups.firsts, index)
  index.dense.set(dense)
  writeRows(groups, index)
  index.validity?.set(column.validity!.subarray(0, index.validity.length))
  return bytes
}

/** The rows of each value, values ascending, rows ascending within one. */
interface Groups {
  readonly rows: Uint32Array
  /** Where each value's rows begin in `rows`, and where the last ones end. */
  readonly begins: Uint32Array
  /** A place where each value lies. */
  readonly firsts: Uint32Array
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

/** The groups of so many rows that a bitmap takes less room. */
function denseGroups({ begins, firsts }: Groups, rowCount: number): Uint32Array {
  const dense: number[] = []
  for (let group = 0; group < firsts.length; group++) {
    if ((begins[group + 1] - begins[group]) * 32 > rowCount) dense.push(group)
  }
  return Uint32Array.from(dense)
}

function rowCountOf({ begins }: Groups, some: Uint32Array): number {
  return some.reduce((sum, group) => sum + begins[group + 1] - begins[group], 0)
}

function kindOf(values: Values): number {
  if (values.shape === 'bytes') return valueKinds.text
  return values.values instanceof BigInt64Array ? valueKinds.int64 : valueKinds.double
}

function textBytesOf({ offsets }: BytesColumn, firsts: Uint32Array): number {
  return firsts.reduce((sum, place) => sum + offsets[place + 1] - offsets[place], 0)
}

/** From 2^53 on two integers may be one double. */
function isExact(values: Values, firsts: Uint32Array): boolean {
  if (values.shape === 'bytes' || values.values instanceof BigInt64Array) return true
  const numbers = values.values
  return firsts.every((place) => Math.abs(numbers[place]) < 2 ** 53)
}

function writeValues(values: Values, firsts: Uint32Array, index: ValueIndex): void {
  if (values.shape === 'bytes') {
    writeTexts(values, firsts, index.values as BytesColumn)
    return
  }
  const source = values.values
  const target = (index.values as FixedColumn).values
  for (let group = 0; group < firsts.length; group++) target[group] = source[firsts[group]] as never
}

function writeTexts(source: BytesColumn, firsts: Uint32Array, target: BytesColumn): void {
  let end = 0
  for (let group = 0; group < firsts.length; group++) {
    const place = firsts[group]
    target.bytes.set(source.bytes.subarray(source.offsets[place], source.offsets[place + 1]), end)
    end += source.offsets[place + 1] - source.offsets[place]
    target.offsets[group + 1] = end
  }
}

function writeRows({ rows, begins, firsts }: Groups, index: ValueIndex): void {
  const { starts, dense, bitmaps } = index
  const size = bitmapBytes(index.rowCount)
  let written = 0
  let denseAt = 0
  for (let group = 0; group < firsts.length; group++) {
    const ofGroup = rows.subarray(begins[group], begins[group + 1])
    if (dense[denseAt] === group) {
      const bitmap = bitmaps.subarray(denseAt * size, ++denseAt * size)
      for (let at = 0; at < ofGroup.length; at++) setBit(bitmap, ofGroup[at])
    } else {
      index.rows.set(ofGroup, written)
      written += ofGroup.length
    }
    starts[group + 1] = written
  }
}

function bufferOf({ bytes }: BytesColumn): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
