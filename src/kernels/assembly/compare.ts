// Which values lie between two bounds, both included, as a bit for each. A mask ends with a whole byte,
// whose last bits are clear. Integers are moved so that one comparison tells both bounds.

/** @param high not less than `low` */
export function rangeMaskInt64(values: usize, count: u32, low: i64, high: i64, mask: usize): void {
  const shift = i64x2.splat(low ^ i64.MIN_VALUE)
  const limit = i64x2.splat((high - low) ^ i64.MIN_VALUE)
  let row: u32 = 0
  for (; row + 8 <= count; row += 8) {
    const at = values + (<usize>row << 3)
    const a = i64x2.bitmask(i64x2.le_s(i64x2.sub(v128.load(at), shift), limit))
    const b = i64x2.bitmask(i64x2.le_s(i64x2.sub(v128.load(at, 16), shift), limit))
    const c = i64x2.bitmask(i64x2.le_s(i64x2.sub(v128.load(at, 32), shift), limit))
    const d = i64x2.bitmask(i64x2.le_s(i64x2.sub(v128.load(at, 48), shift), limit))
    store<u8>(mask + (row >> 3), a | (b << 2) | (c << 4) | (d << 6))
  }
  if (row == count) return
  let bits = 0
  for (let rest = row; rest < count; rest++) {
    const value = load<i64>(values + (<usize>rest << 3))
    if (value >= low && value <= high) bits |= 1 << (rest - row)
  }
  store<u8>(mask + (row >> 3), bits)
}

/** @param high not less than `low` */
export function rangeMaskInt32(values: usize, count: u32, low: i32, high: i32, mask: usize): void {
  const shift = i32x4.splat(low ^ i32.MIN_VALUE)
  const limit = i32x4.splat((high - low) ^ i32.MIN_VALUE)
  let row: u32 = 0
  for (; row + 8 <= count; row += 8) {
    const at = values + (<usize>row << 2)
    const a = i32x4.bitmask(i32x4.le_s(i32x4.sub(v128.load(at), shift), limit))
    const b = i32x4.bitmask(i32x4.le_s(i32x4.sub(v128.load(at, 16), shift), limit))
    store<u8>(mask + (row >> 3), a | (b << 4))
  }
  if (row == count) return
  let bits = 0
  for (let rest = row; rest < count; rest++) {
    const value = load<i32>(values + (<usize>rest << 2))
    if (value >= low && value <= high) bits |= 1 << (rest - row)
  }
  store<u8>(mask + (row >> 3), bits)
}

export function rangeMaskInt16(values: usize, count: u32, low: i32, high: i32, mask: usize): void {
  const least = i16x8.splat(<i16>low)
  const most = i16x8.splat(<i16>high)
  let row: u32 = 0
  for (; row + 8 <= count; row += 8) {
    const eight = v128.load(values + (<usize>row << 1))
    const passed = v128.and(i16x8.ge_s(eight, least), i16x8.le_s(eight, most))
    store<u8>(mask + (row >> 3), i16x8.bitmask(passed))
  }
  if (row == count) return
  let bits = 0
  for (let rest = row; rest < count; rest++) {
    const value = <i32>load<i16>(values + (<usize>rest << 1))
    if (value >= low && value <= high) bits |= 1 << (rest - row)
  }
  store<u8>(mask + (row >> 3), bits)
}

export function rangeMaskInt8(values: usize, count: u32, low: i32, high: i32, mask: usize): void {
  const least = i8x16.splat(<i8>low)
  const most = i8x16.splat(<i8>high)
  let row: u32 = 0
  for (; row + 16 <= count; row += 16) {
    const sixteen = v128.load(values + row)
    const passed = v128.and(i8x16.ge_s(sixteen, least), i8x16.le_s(sixteen, most))
    store<u16>(mask + (row >> 3), i8x16.bitmask(passed))
  }
  for (; row < count; row += 8) {
    let bits = 0
    for (let rest = row; rest < min(count, row + 8); rest++) {
      const value = <i32>load<i8>(values + rest)
      if (value >= low && value <= high) bits |= 1 << (rest - row)
    }
    store<u8>(mask + (row >> 3), bits)
  }
}

/** NaN is in no range. */
export function rangeMaskFloat32(values: usize, count: u32, low: f64, high: f64, mask: usize): void {
  const least = f32x4.splat(<f32>low)
  const most = f32x4.splat(<f32>high)
  let row: u32 = 0
  for (; row + 8 <= count; row += 8) {
    const at = values + (<usize>row << 2)
    const a = v128.load(at)
    const b = v128.load(at, 16)
    const first = i32x4.bitmask(v128.and(f32x4.ge(a, least), f32x4.le(a, most)))
    const second = i32x4.bitmask(v128.and(f32x4.ge(b, least), f32x4.le(b, most)))
    store<u8>(mask + (row >> 3), first | (second << 4))
  }
  if (row == count) return
  let bits = 0
  for (let rest = row; rest < count; rest++) {
    const value = load<f32>(values + (<usize>rest << 2))
    if (value >= <f32>low && value <= <f32>high) bits |= 1 << (rest - row)
  }
  store<u8>(mask + (row >> 3), bits)
}

/** NaN is in no range. */
export function rangeMaskFloat64(values: usize, count: u32, low: f64, high: f64, mask: usize): void {
  const least = f64x2.splat(low)
  const most = f64x2.splat(high)
  let row: u32 = 0
  for (; row + 8 <= count; row += 8) {
    const at = values + (<usize>row << 3)
    const a = pairBits(v128.load(at), least, most)
    const b = pairBits(v128.load(at, 16), least, most)
    const c = pairBits(v128.load(at, 32), least, most)
    const d = pairBits(v128.load(at, 48), least, most)
    store<u8>(mask + (row >> 3), a | (b << 2) | (c << 4) | (d << 6))
  }
  if (row == count) return
  let bits = 0
  for (let rest = row; rest < count; rest++) {
    const value = load<f64>(values + (<usize>rest << 3))
    if (value >= low && value <= high) bits |= 1 << (rest - row)
  }
  store<u8>(mask + (row >> 3), bits)
}

@inline
function pairBits(pair: v128, least: v128, most: v128): i32 {
  return i64x2.bitmask(v128.and(f64x2.ge(pair, least), f64x2.le(pair, most)))
}
