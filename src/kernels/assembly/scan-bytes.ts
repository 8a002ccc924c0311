// The scan of int8 codes, for a query that is rounded to the codes' steps: whole numbers, of four rows at a time. It
// only chooses candidates, whose true distances decide.
import { offer, thresholdOf } from './heap'
import { laneSums, wholeLaneSums } from './lanes'

/** A query's components stay below it: no sum of squares or products leaves 32 bits at any width. */
const largest: f32 = 511

/**
 * Makes the query of a scan of bytes: i16 for each component, zeros up to a multiple of 8, then the 16 bytes
 * that keep the last components of a row.
 * @param scale what the query is multiplied by
 */
export function fillByteQuery(width: u32, query: usize, scale: f32, target: usize): void {
  const whole = (width + 7) & ~7
  memory.fill(target, 0, (<usize>whole << 1) + 16)
  for (let at: usize = 0; at < width; at++) {
    const value = nearest(load<f32>(query + (at << 2)) * scale)
    store<i16>(target + (at << 1), <i16>max<f32>(-largest, min<f32>(largest, value)))
  }
  const last = width & 7 || 8
  memory.fill(target + (<usize>whole << 1), 0xff, last << 1)
}

/**
 * Offers rows to a heap; their ids ascend from `firstId`, and from call to call.
 * @param isProduct products turned around, else squared distances
 * @param mask a bit for each row, in whole words of 64; 0: all
 */
export function scanBytes(
  isProduct: u32, width: u32, rows: usize, rowCount: u32, firstId: u32, mask: usize,
  query: usize, heap: usize, k: u32,
): void {
  let threshold = thresholdOf(heap)
  for (let index: u32 = 0; index < rowCount; index += 4, rows += <usize>width << 2) {
    let bits: u32 = mask == 0 ? 15 : (load<u8>(mask + (index >> 3)) >> <u8>(index & 4)) & 15
    const left = rowCount - index
    if (left < 4) bits &= (1 << left) - 1
    if (bits == 0) continue
    // Past the last row it is computed once more, for nobody.
    const last = rows + <usize>(min<u32>(left, 4) - 1) * width
    const second = min(rows + width, last)
    const third = min(second + width, last)
    const four = isProduct
      ? fourProducts(query, rows, second, third, last, width)
      : fourSquares(query, rows, second, third, last, width)
    bits &= ~i32x4.bitmask(f32x4.ge(four, f32x4.splat(threshold)))
    if (bits == 0) continue
    if (bits & 1) offer(heap, k, f32x4.extract_lane(four, 0), firstId + index)
    if (bits & 2) offer(heap, k, f32x4.extract_lane(four, 1), firstId + index + 1)
    if (bits & 4) offer(heap, k, f32x4.extract_lane(four, 2), firstId + index + 2)
    if (bits & 8) offer(heap, k, f32x4.extract_lane(four, 3), firstId + index + 3)
    threshold = thresholdOf(heap)
  }
}

/** Up to seven bytes behind the rows are read, and do not count. */
function fourSquares(
  query: usize, row: usize, second: usize, third: usize, fourth: usize, width: u32,
): v128 {
  let a = i32x4.splat(0), b = a, c = a, d = a
  const end = row + ((width - 1) & ~7)
  for (; row + 8 < end; row += 16, second += 16, third += 16, fourth += 16, query += 32) {
    let q = v128.load(query)
    a = addSquares(a, q, v128.load_ext<i8>(row))
    b = addSquares(b, q, v128.load_ext<i8>(second))
    c = addSquares(c, q, v128.load_ext<i8>(third))
    d = addSquares(d, q, v128.load_ext<i8>(fourth))
    q = v128.load(query, 16)
    a = addSquares(a, q, v128.load_ext<i8>(row, 8))
    b = addSquares(b, q, v128.load_ext<i8>(second, 8))
    c = addSquares(c, q, v128.load_ext<i8>(third, 8))
    d = addSquares(d, q, v128.load_ext<i8>(fourth, 8))
  }
  if (row < end) {
    const q = v128.load(query)
    a = addSquares(a, q, v128.load_ext<i8>(row))
    b = addSquares(b, q, v128.load_ext<i8>(second))
    c = addSquares(c, q, v128.load_ext<i8>(third))
    d = addSquares(d, q, v128.load_ext<i8>(fourth))
    row += 8, second += 8, third += 8, fourth += 8, query += 16
  }
  const q = v128.load(query)
  const kept = v128.load(query, 16)
  a = addSquares(a, q, v128.and(v128.load_ext<i8>(row), kept))
  b = addSquares(b, q, v128.and(v128.load_ext<i8>(second), kept))
  c = addSquares(c, q, v128.and(v128.load_ext<i8>(third), kept))
  d = addSquares(d, q, v128.and(v128.load_ext<i8>(fourth), kept))
  return wholeSums(a, b, c, d, width)
}

@inline
function addSquares(sum: v128, query: v128, row: v128): v128 {
  const difference = i16x8.sub(query, row)
  return i32x4.add(sum, i32x4.dot_i16x8_s(difference, difference))
}

/** Turned around. */
function fourProducts(
  query: usize, row: usize, second: usize, third: usize, fourth: usize, width: u32,
): v128 {
  let a = i32x4.splat(0), b = a, c = a, d = a
  // Where a row ends the query is zero.
  for (const end = row + width; row < end; row += 8, second += 8, third += 8, fourth += 8, query += 16) {
    const q = v128.load(query)
    a = i32x4.add(a, i32x4.dot_i16x8_s(q, v128.load_ext<i8>(row)))
    b = i32x4.add(b, i32x4.dot_i16x8_s(q, v128.load_ext<i8>(second)))
    c = i32x4.add(c, i32x4.dot_i16x8_s(q, v128.load_ext<i8>(third)))
    d = i32x4.add(d, i32x4.dot_i16x8_s(q, v128.load_ext<i8>(fourth)))
  }
  return f32x4.neg(f32x4.convert_i32x4_s(wholeLaneSums(a, b, c, d)))
}

/** Rows of so many components have sums of squares below 2^32. */
const wholeWidthMax: u32 = 8192

/** The four lane sums of four vectors of u32, as floats. */
@inline
function wholeSums(a: v128, b: v128, c: v128, d: v128, width: u32): v128 {
  if (width <= wholeWidthMax) return f32x4.convert_i32x4_u(wholeLaneSums(a, b, c, d))
  return laneSums(
    f32x4.convert_i32x4_u(a), f32x4.convert_i32x4_u(b), f32x4.convert_i32x4_u(c), f32x4.convert_i32x4_u(d),
  )
}
