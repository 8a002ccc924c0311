// Rows look for the nearest among many centroids, of which any that is about as near would do. All of them are whole
// numbers here, of 16 bits and as many digits as keep the sums below 32, times a scale of each row's own: so a
// multiplication is of eight components. What is compared is
//
//   squared length of the centroid − 2 × both scales × Σ products
//
// which with the row's own squared length would be the squared distance of what was rounded.
import { offer, thresholdOf } from './heap'
import { loadTail, wholeLaneSums } from './lanes'

/** Of so many bytes, and no more centroids, each stays in the nearest cache while all rows pass. */
const blockBytes: usize = 16384
const blockCentroids: usize = 64

/** Bytes of a row of whole numbers: zeros up to a multiple of 8. */
@inline
function wholeBytes(width: u32): usize {
  return <usize>((width + 7) & ~7) << 1
}

/**
 * Rows of float32 as whole numbers.
 * @param mean what all of them have in common, which would take the best of the digits
 * @param terms filled for each row: its squared length and its scale, f32
 */
export function fillWholeRows(
  width: u32, rows: usize, rowCount: u32, mean: usize, target: usize, terms: usize,
): void {
  const largest = <f32>min<f64>(i16.MAX_VALUE, floor(sqrt(<f64>i32.MAX_VALUE / <f64>width)))
  const stride = wholeBytes(width)
  for (let index: u32 = 0; index < rowCount; index++) {
    const most = largestOf(width, rows, mean)
    // What is infinite, or next to nothing, is as good as in the middle.
    const isOrdinary = most > 1e-30 && most < 1e30
    fillWhole(width, rows, mean, isOrdinary ? largest / most : 0, target)
    const scale = isOrdinary ? most / largest : 0
    store<f32>(terms, scale * scale * <f32>squareOf(target, stride))
    store<f32>(terms, scale, 4)
    rows += <usize>width << 2, target += stride, terms += 8
  }
}

function largestOf(width: u32, row: usize, mean: usize): f32 {
  let most = f32x4.splat(0)
  for (const end = row + (<usize>(width & ~3) << 2); row < end; row += 16, mean += 16) {
    most = f32x4.max(most, f32x4.abs(f32x4.sub(v128.load(row), v128.load(mean))))
  }
  const tail = width & 3
  if (tail) most = f32x4.max(most, f32x4.abs(f32x4.sub(loadTail(row, tail), loadTail(mean, tail))))
  return max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  )
}

function fillWhole(width: u32, row: usize, mean: usize, factor: f32, target: usize): void {
  const factors = f32x4.splat(factor)
  const end = target + wholeBytes(width)
  for (const last = row + (<usize>(width & ~3) << 2); row < last; row += 16, mean += 16, target += 8) {
    v128.store64_lane(target, wholeOf(v128.load(row), v128.load(mean), factors), 0)
  }
  const tail = width & 3
  if (tail) {
    v128.store64_lane(target, wholeOf(loadTail(row, tail), loadTail(mean, tail), factors), 0)
    target += 8
  }
  if (target < end) store<u64>(target, 0)
}

@inline
function wholeOf(values: v128, mean: v128, factors: v128): v128 {
  const scaled = f32x4.nearest(f32x4.mul(f32x4.sub(values, mean), factors))
  const whole = i32x4.trunc_sat_f32x4_s(scaled)
  return i16x8.narrow_i32x4_s(whole, whole)
}

function squareOf(row: usize, byteLength: usize): i32 {
  let sum = i32x4.splat(0)
  for (const end = row + byteLength; row < end; row += 16) {
    const values = v128.load(row)
    sum = i32x4.add(sum, i32x4.dot_i16x8_s(values, values))
  }
  return (
    i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) +
    i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3)
  )
}

/**
 * Offers all centroids to the heaps of rows.
 * @param rows as `fillWholeRows` leaves them, and the centroids too
 * @param scratch 1,024 bytes
 */
export function findNear(
  width: u32, rows: usize, rowTerms: usize, rowCount: u32,
  centroids: usize, centroidTerms: usize, listCount: u32, heaps: usize, k: u32, scratch: usize,
): void {
  const stride = wholeBytes(width)
  const together = <u32>max<usize>(8, min<usize>(blockCentroids, blockBytes / stride)) & ~1
  for (let first: u32 = 0; first < listCount; first += together) {
    const count = min(together, listCount - first)
    const block = centroids + <usize>first * stride
    const terms = centroidTerms + (<usize>first << 3)
    for (let row: u32 = 0; row < rowCount; row += 4) {
      fillScores(stride, rows, rowTerms, row, rowCount, block, terms, count, scratch)
      const left = min<u32>(rowCount - row, 4)
      const own = heaps + ((<usize>row * k) << 3)
      if (k == 1) offerLeast(scratch, count, first, left, own)
      else offerNear(scratch, count, first, left, own, k)
    }
  }
}

/** Fills, for each centroid, what it gives with four rows; past the last row of all it is computed once more. */
function fillScores(
  stride: usize, rows: usize, rowTerms: usize, row: u32, rowCount: u32,
  centroids: usize, terms: usize, count: u32, scores: usize,
): void {
  const last = rowCount - 1
  const second = min(row + 1, last), third = min(row + 2, last), fourth = min(row + 3, last)
  const a = rows + <usize>row * stride
  const b = rows + <usize>second * stride
  const c = rows + <usize>third * stride
  const d = rows + <usize>fourth * stride
  let scales = v128.load32_splat(rowTerms + (<usize>row << 3), 4)
  scales = v128.load32_lane(rowTerms + (<usize>second << 3), scales, 1, 4)
  scales = v128.load32_lane(rowTerms + (<usize>third << 3), scales, 2, 4)
  scales = f32x4.mul(v128.load32_lane(rowTerms + (<usize>fourth << 3), scales, 3, 4), f32x4.splat(-2))
  for (let index: u32 = 0; index < count; index += 2, scores += 32) {
    const x = centroids + <usize>index * stride
    const isLast = index + 1 == count
    const y = isLast ? x : x + stride
    let xa = i32x4.splat(0), xb = xa, xc = xa, xd = xa, ya = xa, yb = xa, yc = xa, yd = xa
    for (let at: usize = 0; at < stride; at += 16) {
      const xv = v128.load(x + at)
      const yv = v128.load(y + at)
      let q = v128.load(a + at)
      xa = i32x4.add(xa, i32x4.dot_i16x8_s(xv, q))
      ya = i32x4.add(ya, i32x4.dot_i16x8_s(yv, q))
      q = v128.load(b + at)
      xb = i32x4.add(xb, i32x4.dot_i16x8_s(xv, q))
      yb = i32x4.add(yb, i32x4.dot_i16x8_s(yv, q))
      q = v128.load(c + at)
      xc = i32x4.add(xc, i32x4.dot_i16x8_s(xv, q))
      yc = i32x4.add(yc, i32x4.dot_i16x8_s(yv, q))
      q = v128.load(d + at)
      xd = i32x4.add(xd, i32x4.dot_i16x8_s(xv, q))
      yd = i32x4.add(yd, i32x4.dot_i16x8_s(yv, q))
    }
    const term = terms + (<usize>index << 3)
    v128.store(scores, scoresOf(term, scales, wholeLaneSums(xa, xb, xc, xd)))
    v128.store(scores, scoresOf(isLast ? term : term + 8, scales, wholeLaneSums(ya, yb, yc, yd)), 16)
  }
}

@inline
function scoresOf(term: usize, scales: v128, products: v128): v128 {
  const both = f32x4.mul(scales, v128.load32_splat(term, 4))
  return f32x4.add(v128.load32_splat(term), f32x4.mul(both, f32x4.convert_i32x4_s(products)))
}

/** Of heaps of one place: without a branch for each. */
function offerLeast(scores: usize, count: u32, firstId: u32, left: u32, heaps: usize): void {
  let least = v128.load(scores)
  let places = i32x4.splat(0)
  for (let index: u32 = 1; index < count; index++) {
    const score = v128.load(scores + (<usize>index << 4))
    places = v128.bitselect(i32x4.splat(index), places, f32x4.lt(score, least))
    least = f32x4.pmin(least, score)
  }
  offer(heaps, 1, f32x4.extract_lane(least, 0), firstId + i32x4.extract_lane(places, 0))
  if (left > 1) offer(heaps + 8, 1, f32x4.extract_lane(least, 1), firstId + i32x4.extract_lane(places, 1))
  if (left > 2) offer(heaps + 16, 1, f32x4.extract_lane(least, 2), firstId + i32x4.extract_lane(places, 2))
  if (left > 3) offer(heaps + 24, 1, f32x4.extract_lane(least, 3), firstId + i32x4.extract_lane(places, 3))
}

/** @param scores for each id four, of which the first `left` count: a heap for each */
export function offerNear(
  scores: usize, count: u32, firstId: u32, left: u32, heaps: usize, k: u32,
): void {
  const heapBytes = <usize>k << 3
  const all = (1 << left) - 1
  let thresholds = thresholdsOf(heaps, heapBytes, left)
  for (let id = firstId; id < firstId + count; id++, scores += 16) {
    const four = v128.load(scores)
    const bits = ~i32x4.bitmask(f32x4.ge(four, thresholds)) & all
    if (bits == 0) continue
    if (bits & 1) offer(heaps, k, f32x4.extract_lane(four, 0), id)
    if (bits & 2) offer(heaps + heapBytes, k, f32x4.extract_lane(four, 1), id)
    if (bits & 4) offer(heaps + 2 * heapBytes, k, f32x4.extract_lane(four, 2), id)
    if (bits & 8) offer(heaps + 3 * heapBytes, k, f32x4.extract_lane(four, 3), id)
    thresholds = thresholdsOf(heaps, heapBytes, left)
  }
}

@inline
function thresholdsOf(heaps: usize, heapBytes: usize, left: u32): v128 {
  let v = f32x4.splat(thresholdOf(heaps))
  if (left > 1) v = f32x4.replace_lane(v, 1, thresholdOf(heaps + heapBytes))
  if (left > 2) v = f32x4.replace_lane(v, 2, thresholdOf(heaps + 2 * heapBytes))
  if (left > 3) v = f32x4.replace_lane(v, 3, thresholdOf(heaps + 3 * heapBytes))
  return v
}
