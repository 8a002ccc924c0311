// Codes of floats of 16 bits, with 5 or 8 of them for the exponent. Their distances are floats, whose bits
// are turned so that they order as unsigned integers do.
import { laneSums, madd } from './lanes'
import { BFLOAT16 } from './shape'

/** The distances of a query of float32 and four codes; `end` is the query's. */
export function squaredHalves(
  element: u32, query: usize, end: usize, a: usize, b: usize, c: usize, d: usize,
): v128 {
  let sa = f32x4.splat(0), sb = sa, sc = sa, sd = sa
  for (; query < end; query += 16) {
    const q = v128.load(query)
    sa = addSquare(sa, f32x4.sub(q, fourAt(element, a)))
    sb = addSquare(sb, f32x4.sub(q, fourAt(element, b)))
    sc = addSquare(sc, f32x4.sub(q, fourAt(element, c)))
    sd = addSquare(sd, f32x4.sub(q, fourAt(element, d)))
    a += 8
    b += 8
    c += 8
    d += 8
  }
  return laneSums(sa, sb, sc, sd)
}

export function dotHalves(
  element: u32, query: usize, end: usize, a: usize, b: usize, c: usize, d: usize,
): v128 {
  let sa = f32x4.splat(0), sb = sa, sc = sa, sd = sa
  for (; query < end; query += 16) {
    const q = v128.load(query)
    sa = madd(q, fourAt(element, a), sa)
    sb = madd(q, fourAt(element, b), sb)
    sc = madd(q, fourAt(element, c), sc)
    sd = madd(q, fourAt(element, d), sd)
    a += 8
    b += 8
    c += 8
    d += 8
  }
  const turned = f32x4.neg(laneSums(sa, sb, sc, sd))
  const signs = i32x4.shr_s(turned, 31)
  return v128.xor(turned, v128.or(signs, i32x4.splat(0x80000000)))
}

@inline
function addSquare(sums: v128, differences: v128): v128 {
  return madd(differences, differences, sums)
}

/**
 * Codes are finite, so that a shift moves exponent, mantissa and sign into place at once: the copies of the sign in
 * between are cleared, and the float is 2^112 too small.
 */
@inline
function fourAt(element: u32, at: usize): v128 {
  if (element == BFLOAT16) return i32x4.shl(v128.load16x4_u(at), 16)
  const moved = i32x4.shl(v128.load16x4_s(at), 13)
  const scaled = v128.and(moved, i32x4.splat(<i32>0x8fffe000))
  return f32x4.mul(scaled, f32x4.splat(<f32>5.192296858534828e33))
}

/** Rounded to the nearest, what is too large to the largest. */
export function float16From(value: f32): u16 {
  const bits = reinterpret<u32>(value)
  const sign = bits >> 16 & 0x8000
  const size = min<u32>(bits & 0x7fffffff, 0x477fe000)
  if (size >= 0x38800000) {
    return <u16>(sign | (size - 0x38000000 + 0xfff + (size >> 13 & 1)) >> 13)
  }
  return <u16>(sign | <u32>nearest(reinterpret<f32>(size) * 16777216))
}

export function bfloat16From(value: f32): u16 {
  const bits = reinterpret<u32>(value)
  const sign = bits >> 16 & 0x8000
  const size = min<u32>(bits & 0x7fffffff, 0x7f7f0000)
  return <u16>(sign | (size + 0x7fff + (size >> 16 & 1)) >> 16)
}
