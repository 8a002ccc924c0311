// Rows of 16-bit floats and of bytes become rows of float32, exactly: every such value is a float32.
import { BFLOAT16, FLOAT16, FLOAT32, INT8 } from './shape'

/** Bytes of a row as it is stored. */
export function storedBytes(element: u32, width: u32): usize {
  if (element == FLOAT32) return <usize>width << 2
  if (element == INT8) return width
  return <usize>width << 1
}

/** Widens the rows whose bit is set, each to its own place of a block of float32 rows. */
export function widenBlock(element: u32, width: u32, rows: usize, bits: u64, block: usize): void {
  const stride = storedBytes(element, width)
  for (; bits != 0; bits &= bits - 1) {
    const place = <usize>ctz(bits)
    widenRow(element, width, rows + place * stride, block + ((place * width) << 2))
  }
}

export function widenRow(element: u32, width: u32, from: usize, to: usize): void {
  const end = to + (<usize>(width & ~7) << 2)
  if (element == INT8) {
    for (; to < end; from += 8, to += 32) {
      const halves = i16x8.extend_low_i8x16_s(v128.load64_zero(from))
      v128.store(to, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(halves)))
      v128.store(to, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(halves)), 16)
    }
    for (const last = to + (<usize>(width & 7) << 2); to < last; from++, to += 4) {
      store<f32>(to, <f32>load<i8>(from))
    }
    return
  }
  for (; to < end; from += 16, to += 32) {
    const halves = v128.load(from)
    v128.store(to, wide(element, i32x4.extend_low_i16x8_u(halves)))
    v128.store(to, wide(element, i32x4.extend_high_i16x8_u(halves)), 16)
  }
  for (const last = to + (<usize>(width & 7) << 2); to < last; from += 2, to += 4) {
    const lane = wide(element, i32x4.splat(<i32>load<u16>(from)))
    store<f32>(to, f32x4.extract_lane(lane, 0))
  }
}

/** Four patterns of 16 bits, each in a lane of its own, as floats. */
@inline
export function wide(element: u32, patterns: v128): v128 {
  return element == BFLOAT16 ? i32x4.shl(patterns, 16) : wideFloat16(patterns)
}

/**
 * Exponent and mantissa moved into place make a float that is 2^112 too small, of subnormals too. What was
 * infinite or NaN has the largest exponent, and gets float32's.
 */
@inline
function wideFloat16(patterns: v128): v128 {
  const magnitude = v128.and(patterns, i32x4.splat(0x7fff))
  const scaled = f32x4.mul(i32x4.shl(magnitude, 13), f32x4.splat(<f32>5.192296858534828e33))
  const special = v128.and(i32x4.gt_s(magnitude, i32x4.splat(0x7bff)), i32x4.splat(0x7f800000))
  const sign = i32x4.shl(v128.and(patterns, i32x4.splat(0x8000)), 16)
  return v128.or(v128.or(scaled, special), sign)
}
