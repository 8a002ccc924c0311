import { setBit } from '../../column/bitmap.js'
import type { BytesColumn, FixedColumn } from '../../column/column.js'
import {
  bitmapBytes,
  emptyValueIndex,
  type GramSizes,
  type ValueIndex,
  valueKinds,
} from './value-index.js'

export type Values = FixedColumn | BytesColumn

/** The rows of each value, values ascending, rows ascending within one. */
export interface Groups {
  readonly rows: Uint32Array
  /** Where each value's rows begin in `rows`, and where the last ones end. */
  readonly begins: Uint32Array
  /** A place where each value lies. */
  readonly firsts: Uint32Array
}

/** What an index tells beside its values. */
interface Rows {
  readonly rowCount: number
  readonly validity: Uint8Array | null
  readonly grams: GramSizes | null
}

/** @returns the bytes of the file of an index, in shared memory */
export function writeValueIndex(
  values: Values,
  groups: Groups,
  { rowCount, validity, grams }: Rows,
): Uint8Array {
  const dense = denseGroups(groups, rowCount)
  const { bytes, index } = emptyValueIndex({
    rowCount,
    kind: kindOf(values),
    valueCount: groups.firsts.length,
    textBytes: values.shape === 'bytes' ? textBytesOf(values, groups.firsts) : 0,
    sparseRowCount: groups.rows.length - rowCountOf(groups, dense),
    denseCount: dense.length,
    hasValidity: validity !== null,
    isExact: isExact(values, groups.firsts),
    gramMin: grams?.min ?? 0,
    gramMax: grams?.max ?? 0,
  })
  writeValues(values, groups.firsts, index)
  index.dense.set(dense)
  writeRows(groups, index)
  index.validity?.set(validity!.subarray(0, index.validity.length))
  return bytes
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
