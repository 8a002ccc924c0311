// NaN and infinities are the values whose exponent is all ones.

/** The index of the first value that is not finite, or −1. */
export function firstNonFinite32(values: usize, count: u32): i32 {
  const exponent = i32x4.splat(0x7f800000)
  let index: u32 = 0
  for (; index + 16 <= count; index += 16) {
    const at = values + (<usize>index << 2)
    const a = i32x4.eq(v128.and(v128.load(at), exponent), exponent)
    const b = i32x4.eq(v128.and(v128.load(at, 16), exponent), exponent)
    const c = i32x4.eq(v128.and(v128.load(at, 32), exponent), exponent)
    const d = i32x4.eq(v128.and(v128.load(at, 48), exponent), exponent)
    if (v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) break
  }
  for (; index < count; index++) {
    if ((load<u32>(values + (<usize>index << 2)) & 0x7f800000) == 0x7f800000) return index
  }
  return -1
}

/** The index of the first value that is not finite, or −1. */
export function firstNonFinite64(values: usize, count: u32): i32 {
  const exponent = i64x2.splat(0x7ff0000000000000)
  let index: u32 = 0
  for (; index + 4 <= count; index += 4) {
    const at = values + (<usize>index << 3)
    const a = i64x2.eq(v128.and(v128.load(at), exponent), exponent)
    const b = i64x2.eq(v128.and(v128.load(at, 16), exponent), exponent)
    if (v128.any_true(v128.or(a, b))) break
  }
  for (; index < count; index++) {
    const bits = load<u64>(values + (<usize>index << 3))
    if ((bits & 0x7ff0000000000000) == 0x7ff0000000000000) return index
  }
  return -1
}
