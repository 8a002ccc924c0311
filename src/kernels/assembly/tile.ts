// Many queries at once. A tile of 2 rows × 4 queries reads each float once for several products and gives
// only dot products, from which follows a bound that no exact distance of the pair falls below:
//
//   bound = rowTerm + queryTerm − rowScale × queryScale × dot
//
//              terms                    scales
//   L2         squared × (1 − slack)    row 2, query 1
//   IP         −squared × slack         1
//   COSINE     −slack                   1 / length
//
// The slack covers the rounding of both ways to compute. A pair whose bound beats the query's threshold,
// one among very many, is computed exactly, so an answer does not depend on how many queries were asked
// together. Where the bound is NaN (an overflow, a length of zero) the exact way decides as well.
//
// scratch: 64 × { address, place in block, rowTerm, rowScale }, queryTerm[], queryScale[], squared[], and
// the block itself where rows are widened
import { distance } from './distance'
import { dotProduct, isOrdinary } from './float-distances'
import { offer, thresholdOf } from './heap'
import { laneSums, loadTail, madd } from './lanes'
import { blockRows, COSINE, L2 } from './shape'

const rowBytes: usize = 16
const queryTable: usize = <usize>blockRows * rowBytes

export function fillQueryTerms(
  metric: u32, dim: u32, queries: usize, nq: u32, scratch: usize,
): void {
  const column = columnBytes(nq)
  let terms = scratch + queryTable
  for (let index: u32 = 0; index < nq; index++, terms += 4) {
    const query = queries + ((<usize>index * dim) << 2)
    const squared = dotProduct(query, query, dim)
    store<f32>(terms, termOf(metric, dim, squared) - 1e-36)
    store<f32>(terms + column, scaleOf(metric, squared, 1))
    store<f32>(terms + 2 * column, squared)
  }
}

/** The product of a query with itself. */
@inline
export function squaredOf(scratch: usize, nq: u32, index: u32): f32 {
  return load<f32>(scratch + queryTable + 2 * columnBytes(nq) + (<usize>index << 2))
}

/** Where rows of float32 are made of rows that are stored as something else. */
@inline
export function wideBlockOf(scratch: usize, nq: u32): usize {
  return scratch + queryTable + 3 * columnBytes(nq)
}

export function scanTiles(
  metric: u32, dim: u32, block: usize, bits: u64, firstId: u32,
  queries: usize, nq: u32, near: f32, heaps: usize, k: u32, scratch: usize,
): void {
  const rowCount = fillRowTerms(metric, dim, block, bits, scratch)
  for (let first: u32 = 0; first < nq; first += 4) {
    scanFour(metric, dim, rowCount, firstId, queries, first, nq, near, heaps, k, scratch)
  }
}

function fillRowTerms(metric: u32, dim: u32, block: usize, bits: u64, scratch: usize): u32 {
  let entry = scratch
  for (; bits != 0; bits &= bits - 1, entry += rowBytes) {
    const place = <u32>ctz(bits)
    const row = block + ((<usize>place * dim) << 2)
    const squared = dotProduct(row, row, dim)
    store<u32>(entry, row)
    store<u32>(entry, place, 4)
    store<f32>(entry, termOf(metric, dim, squared), 8)
    store<f32>(entry, scaleOf(metric, squared, 2), 12)
  }
  return <u32>((entry - scratch) / rowBytes)
}

function termOf(metric: u32, dim: u32, squared: f32): f32 {
  const slack = <f32>(dim + 64) * 5.9604645e-8
  if (metric == L2) return squared * (1 - slack)
  return metric == COSINE ? -slack : -squared * slack
}

function scaleOf(metric: u32, squared: f32, l2Scale: f32): f32 {
  if (metric == L2) return l2Scale
  if (metric != COSINE) return 1
  return isOrdinary(squared) ? 1 / sqrt(squared) : NaN
}

function scanFour(
  metric: u32, dim: u32, rowCount: u32, firstId: u32,
  queries: usize, first: u32, nq: u32, near: f32, heaps: usize, k: u32, scratch: usize,
): void {
  // Past the last query the tile computes it once more, for nobody.
  const last = nq - 1
  const stride = <usize>dim << 2
  const qa = queries + <usize>first * stride
  const qb = queries + <usize>min(first + 1, last) * stride
  const qc = queries + <usize>min(first + 2, last) * stride
  const qd = queries + <usize>min(first + 3, last) * stride
  const terms = scratch + queryTable + (<usize>first << 2)
  const queryTerms = v128.load(terms)
  const queryScales = v128.load(terms + columnBytes(nq))
  const wholeBytes = <usize>(dim & ~3) << 2
  let thresholds = thresholdsOf(heaps, k, first, nq)
  for (let index: u32 = 0; index < rowCount; index += 2) {
    const entryA = scratch + <usize>index * rowBytes
    const entryB = index + 1 < rowCount ? entryA + rowBytes : entryA
    const x: usize = load<u32>(entryA)
    const y: usize = load<u32>(entryB)
    let xa = f32x4.splat(0), xb = xa, xc = xa, xd = xa, ya = xa, yb = xa, yc = xa, yd = xa
    for (let at: usize = 0; at < wholeBytes; at += 16) {
      const xv = v128.load(x + at)
      const yv = v128.load(y + at)
      let q = v128.load(qa + at)
      xa = madd(xv, q, xa)
      ya = madd(yv, q, ya)
      q = v128.load(qb + at)
      xb = madd(xv, q, xb)
      yb = madd(yv, q, yb)
      q = v128.load(qc + at)
      xc = madd(xv, q, xc)
      yc = madd(yv, q, yc)
      q = v128.load(qd + at)
      xd = madd(xv, q, xd)
      yd = madd(yv, q, yd)
    }
    if (dim & 3) {
      const xv = loadTail(x + wholeBytes, dim & 3)
      const yv = loadTail(y + wholeBytes, dim & 3)
      let q = loadTail(qa + wholeBytes, dim & 3)
      xa = madd(xv, q, xa)
      ya = madd(yv, q, ya)
      q = loadTail(qb + wholeBytes, dim & 3)
      xb = madd(xv, q, xb)
      yb = madd(yv, q, yb)
      q = loadTail(qc + wholeBytes, dim & 3)
      xc = madd(xv, q, xc)
      yc = madd(yv, q, yc)
      q = loadTail(qd + wholeBytes, dim & 3)
      xd = madd(xv, q, xd)
      yd = madd(yv, q, yd)
    }
    const boundsX = bounds(entryA, queryTerms, queryScales, laneSums(xa, xb, xc, xd))
    const boundsY = bounds(entryB, queryTerms, queryScales, laneSums(ya, yb, yc, yd))
    const farX = f32x4.ge(boundsX, thresholds)
    const farY = f32x4.ge(boundsY, thresholds)
    if (i32x4.all_true(v128.and(farX, farY))) continue
    offerNear(metric, dim, i32x4.bitmask(farX), entryA, firstId, queries, first, nq, near, heaps, k, scratch)
    if (entryB != entryA) {
      offerNear(metric, dim, i32x4.bitmask(farY), entryB, firstId, queries, first, nq, near, heaps, k, scratch)
    }
    thresholds = thresholdsOf(heaps, k, first, nq)
  }
}

@inline
function bounds(entry: usize, queryTerms: v128, queryScales: v128, dots: v128): v128 {
  const scales = f32x4.mul(v128.load32_splat(entry, 12), queryScales)
  return f32x4.sub(f32x4.add(v128.load32_splat(entry, 8), queryTerms), f32x4.mul(scales, dots))
}

/** Lanes past the last query have a threshold that nothing beats. */
function thresholdsOf(heaps: usize, k: u32, first: u32, nq: u32): v128 {
  const heapBytes = <usize>k << 3
  const heap = heaps + <usize>first * heapBytes
  let v = f32x4.splat(-Infinity)
  v = f32x4.replace_lane(v, 0, thresholdOf(heap))
  if (first + 1 < nq) v = f32x4.replace_lane(v, 1, thresholdOf(heap + heapBytes))
  if (first + 2 < nq) v = f32x4.replace_lane(v, 2, thresholdOf(heap + 2 * heapBytes))
  if (first + 3 < nq) v = f32x4.replace_lane(v, 3, thresholdOf(heap + 3 * heapBytes))
  return v
}

/** Offers a row to those of four queries whose bit in `far` is not set. */
function offerNear(
  metric: u32, dim: u32, far: i32, entry: usize, firstId: u32,
  queries: usize, first: u32, nq: u32, near: f32, heaps: usize, k: u32, scratch: usize,
): void {
  const id = firstId + load<u32>(entry, 4)
  for (let index = first; index < min(first + 4, nq); index++, far >>= 1) {
    if (far & 1) continue
    const query = queries + ((<usize>index * dim) << 2)
    const squared = squaredOf(scratch, nq, index)
    const d = distance(metric, dim, query, squared, load<u32>(entry))
    if (d < near) continue
    offer(heaps + ((<usize>index * k) << 3), k, d, id)
  }
}

/** Bytes of a table column with a float for each query, in whole tiles. */
@inline
function columnBytes(nq: u32): usize {
  return <usize>((nq + 3) & ~3) << 2
}
