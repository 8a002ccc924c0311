// The scan of int8 codes, for a query that is rounded to the codes' steps: whole numbers, eight at a time. It only
// chooses candidates, whose true distances decide.
import { offer, thresholdOf } from './heap'

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
  for (let index: u32 = 0; index < rowCount; index++, rows += width) {
    if (mask != 0 && !((load<u8>(mask + (index >> 3)) >> <u8>(index & 7)) & 1)) continue
    const d = isProduct ? -byteProduct(query, rows, width) : byteSquares(query, rows, width)
    if (d >= threshold) continue
    offer(heap, k, d, firstId + index)
    threshold = thresholdOf(heap)
  }
}

/** Up to seven bytes behind the row are read, and do not count. */
function byteSquares(query: usize, row: usize, width: u32): f32 {
  let a = i32x4.splat(0), b = a
  const end = row + ((width - 1) & ~7)
  for (; row + 8 < end; row += 16, query += 32) {
    const one = i16x8.sub(v128.load(query), v128.load_ext<i8>(row))
    const other = i16x8.sub(v128.load(query, 16), v128.load_ext<i8>(row, 8))
    a = i32x4.add(a, i32x4.dot_i16x8_s(one, one))
    b = i32x4.add(b, i32x4.dot_i16x8_s(other, other))
  }
  for (; row < end; row += 8, query += 16) {
    const one = i16x8.sub(v128.load(query), v128.load_ext<i8>(row))
    a = i32x4.add(a, i32x4.dot_i16x8_s(one, one))
  }
  const last = v128.and(v128.load_ext<i8>(row), v128.load(query, 16))
  const one = i16x8.sub(v128.load(query), last)
  b = i32x4.add(b, i32x4.dot_i16x8_s(one, one))
  return total(f32x4.convert_i32x4_u(i32x4.add(a, b)))
}

function byteProduct(query: usize, row: usize, width: u32): f32 {
  let a = i32x4.splat(0), b = a
  const end = row + ((width - 1) & ~7)
  for (; row + 8 < end; row += 16, query += 32) {
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load(query), v128.load_ext<i8>(row)))
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load(query, 16), v128.load_ext<i8>(row, 8)))
  }
  for (; row < end; row += 8, query += 16) {
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load(query), v128.load_ext<i8>(row)))
  }
  // Where the row ends the query is zero.
  b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load(query), v128.load_ext<i8>(row)))
  return total(f32x4.convert_i32x4_s(i32x4.add(a, b)))
}

@inline
function total(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) +
    (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  )
}
