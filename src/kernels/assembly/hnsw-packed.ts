// Codes of 4 and 6 bits as they lie packed: they unpack to the range of a byte, so that all else is as it
// is with bytes. A code of 4 bits is one of 16 steps of 16, from −120 on; one of 6 bits one of 64 steps of
// 4, from −126 on.
//
//   4 bits   16 bytes for 32 components: the first 16 in the low halves, the others in the high ones
//   6 bits   48 bytes for 64 components: 32 bytes as above of what is below 16, then 16 bytes with two
//            bits of one component of each 16

/** The first 16 of 32 codes of 4 bits. */
@inline
export function unpackLow4(packed: v128): v128 {
  return i8x16.sub(i8x16.shl(packed, 4), i8x16.splat(120))
}

@inline
export function unpackHigh4(packed: v128): v128 {
  return i8x16.sub(v128.and(packed, i8x16.splat(-16)), i8x16.splat(120))
}

/** 16 of 64 codes of 6 bits, by the half of a byte and by the place of the two bits above it. */
@inline
export function unpackLow6(halves: v128, tops: v128, shift: i32): v128 {
  const low = v128.and(i8x16.shl(halves, 2), i8x16.splat(0x3c))
  const high = v128.and(i8x16.shl(tops, shift), i8x16.splat(-64))
  return i8x16.sub(v128.or(low, high), i8x16.splat(126))
}

@inline
export function unpackHigh6(halves: v128, tops: v128, shift: i32): v128 {
  return unpackLow6(i8x16.shr_u(halves, 4), tops, shift)
}

/** @param value −120 to 120 */
export function pack4(code: usize, component: usize, value: f32): void {
  const step = <u32>nearest(max<f32>(0, min<f32>(15, (value + 120) / 16)))
  packHalf(code + (component >> 5 << 4), component & 31, step)
}

/** @param value −126 to 126 */
export function pack6(code: usize, component: usize, value: f32): void {
  const step = <u32>nearest(max<f32>(0, min<f32>(63, (value + 126) / 4)))
  const block = code + (component >> 6) * 48
  const place = component & 63
  packHalf(block + (place >> 5 << 4), place & 31, step & 15)
  const top = block + 32 + (place & 15)
  store<u8>(top, load<u8>(top) | <u8>(step >> 4 << <u32>(place >> 4 << 1)))
}

function packHalf(block: usize, place: usize, step: u32): void {
  const at = block + (place & 15)
  store<u8>(at, load<u8>(at) | <u8>(step << <u32>(place >> 4 << 2)))
}
