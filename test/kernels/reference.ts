import { hasBit } from '../../dist/column/bitmap.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Metric } from '../../dist/schema/metric.js'

/** A row and how far it is; smaller is nearer. */
interface ReferenceNeighbor {
  readonly row: number
  readonly distance: number
}

/**
 * The plain twin of the scan kernels: what they must find, written to be read.
 * @param width floats of a row, or bytes of a row of bits
 */
export function nearestRows(
  metric: Metric,
  width: number,
  rows: Float32Array | Uint8Array,
  rowCount: number,
  mask: Uint8Array | null,
  query: Float32Array | Uint8Array,
  k: number,
): ReferenceNeighbor[] {
  const found: ReferenceNeighbor[] = []
  for (let row = 0; row < rowCount; row++) {
    if (mask && !hasBit(mask, row)) continue
    const values = rows.subarray(row * width, (row + 1) * width)
    const distance = Math.fround(distanceBetween(metric, query, values))
    if (isPart(metric) && distance !== 0) continue
    found.push({ row, distance: Number.isNaN(distance) ? Infinity : distance })
  }
  found.sort((a, b) => a.distance - b.distance || a.row - b.row)
  return found.slice(0, k)
}

/** What is no part of the other is not found. */
function isPart(metric: Metric): boolean {
  return metric === 'SUBSTRUCTURE' || metric === 'SUPERSTRUCTURE'
}

/** Float16 and BFloat16 as their patterns, or bytes. */
export type StoredValues = Uint16Array | Int8Array

/** The plain twin of the widening: what each stored value is worth. */
export function widened(dataType: DataType, values: StoredValues): Float32Array {
  return Float32Array.from(values, (value) => {
    if (dataType === DataType.Int8Vector) return value
    return dataType === DataType.Float16Vector ? halfValue(value) : bfloatValue(value)
  })
}

function halfValue(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1
  const exponent = (pattern >> 10) & 31
  const fraction = (pattern & 0x3ff) / 1024
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15)
}

function bfloatValue(pattern: number): number {
  return new Float32Array(Uint32Array.of(pattern << 16).buffer)[0]
}

export function firstNonFinite(values: Float32Array | Float64Array): number {
  return values.findIndex((value) => !Number.isFinite(value))
}

type Values = Float32Array | Uint8Array

function distanceBetween(metric: Metric, query: Values, row: Values): number {
  switch (metric) {
    case 'L2':
      return sumOver(query, row, (a, b) => (a - b) ** 2)
    case 'IP':
      return 0 - dot(query, row)
    case 'COSINE':
      return cosineDistance(query, row)
    case 'HAMMING':
      return sumOver(query, row, (a, b) => bitCount(a ^ b))
    case 'JACCARD':
      return jaccardDistance(query, row)
    case 'SUBSTRUCTURE':
      return sumOver(query, row, (a, b) => bitCount(a & ~b))
    case 'SUPERSTRUCTURE':
      return sumOver(query, row, (a, b) => bitCount(b & ~a))
    default:
      throw new Error(`no kernel for ${metric}`)
  }
}

function dot(query: Values, row: Values): number {
  return sumOver(query, row, (a, b) => a * b)
}

function cosineDistance(query: Values, row: Values): number {
  const lengths = Math.sqrt(dot(query, query) * dot(row, row))
  return lengths === 0 ? 0 : 0 - dot(query, row) / lengths
}

function jaccardDistance(query: Values, row: Values): number {
  const both = sumOver(query, row, (a, b) => bitCount(a & b))
  const either = sumOver(query, row, (a, b) => bitCount(a | b))
  return either === 0 ? 1 : (either - both) / either
}

function sumOver(query: Values, row: Values, term: (a: number, b: number) => number): number {
  let sum = 0
  for (let index = 0; index < row.length; index++) sum += term(query[index], row[index])
  return sum
}

function bitCount(byte: number): number {
  let count = 0
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1
  return count
}

/** A bit for each value between two bounds. */
export function rangeMask(
  values: ArrayLike<number | bigint>,
  low: number | bigint,
  high: number | bigint,
): Uint8Array {
  const mask = new Uint8Array((values.length + 7) >> 3)
  for (let row = 0; row < values.length; row++) {
    if (values[row] >= low && values[row] <= high) mask[row >> 3] |= 1 << (row & 7)
  }
  return mask
}
