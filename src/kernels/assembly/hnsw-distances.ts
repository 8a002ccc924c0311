// Distances of codes, the only ones that building and walking need. They are unsigned integers that
// order as the distances do: squared L2 as it is, products turned around. One side is a query: its
// components as i16, so that a product of eight pairs is one instruction; of bits the row itself.
import { hammingDistance, jaccardDistance } from './binary-distances'
import { DOT_16, DOT_8, HAMMING_BITS, kind, SQUARED_16, SQUARED_8, stride, strideOf } from './hnsw-layout'

/** What a product of 0 becomes. */
export const dotZero: u32 = 0x80000000

/** Bytes of a query. */
@inline
export function queryBytes(): usize {
  return kind == SQUARED_8 || kind == DOT_8 ? stride << 1 : stride
}

export function queryBytesOf(codeKind: u32, codeWidth: u32): usize {
  const bytes = strideOf(codeKind, codeWidth)
  return codeKind == SQUARED_8 || codeKind == DOT_8 ? bytes << 1 : bytes
}

/** Makes a query of a code. */
export function queryFromCode(code: usize, query: usize): void {
  if (kind != SQUARED_8 && kind != DOT_8) {
    for (const end = query + stride; query < end; query += 16, code += 16) {
      v128.store(query, v128.load(code))
    }
    return
  }
  for (const end = query + (stride << 1); query < end; query += 16, code += 8) {
    v128.store(query, v128.load_ext<i8>(code))
  }
}

/** The distances of a query and four codes, as lanes of u32. */
export function codeDistances(query: usize, a: usize, b: usize, c: usize, d: usize): v128 {
  if (kind == SQUARED_8) return squared8(query, a, b, c, d)
  if (kind == DOT_8) return turned(dots8(query, a, b, c, d))
  if (kind == SQUARED_16) return squared16(query, a, b, c, d)
  if (kind == DOT_16) return turned(dots16(query, a, b, c, d))
  return i32x4(
    bitDistance(query, a), bitDistance(query, b), bitDistance(query, c), bitDistance(query, d),
  )
}

export function codeDistance(query: usize, code: usize): u32 {
  if (kind >= HAMMING_BITS) return bitDistance(query, code)
  return i32x4.extract_lane(codeDistances(query, code, code, code, code), 0)
}

function squared8(query: usize, a: usize, b: usize, c: usize, d: usize): v128 {
  let sa = i32x4.splat(0), sb = sa, sc = sa, sd = sa
  for (const end = query + (stride << 1); query < end; query += 32) {
    let q = v128.load(query)
    sa = addSquares(sa, i16x8.sub(q, v128.load_ext<i8>(a)))
    sb = addSquares(sb, i16x8.sub(q, v128.load_ext<i8>(b)))
    sc = addSquares(sc, i16x8.sub(q, v128.load_ext<i8>(c)))
    sd = addSquares(sd, i16x8.sub(q, v128.load_ext<i8>(d)))
    q = v128.load(query, 16)
    sa = addSquares(sa, i16x8.sub(q, v128.load_ext<i8>(a, 8)))
    sb = addSquares(sb, i16x8.sub(q, v128.load_ext<i8>(b, 8)))
    sc = addSquares(sc, i16x8.sub(q, v128.load_ext<i8>(c, 8)))
    sd = addSquares(sd, i16x8.sub(q, v128.load_ext<i8>(d, 8)))
    a += 16
    b += 16
    c += 16
    d += 16
  }
  return laneTotals(sa, sb, sc, sd)
}

function dots8(query: usize, a: usize, b: usize, c: usize, d: usize): v128 {
  let sa = i32x4.splat(0), sb = sa, sc = sa, sd = sa
  for (const end = query + (stride << 1); query < end; query += 16) {
    const q = v128.load(query)
    sa = i32x4.add(sa, i32x4.dot_i16x8_s(q, v128.load_ext<i8>(a)))
    sb = i32x4.add(sb, i32x4.dot_i16x8_s(q, v128.load_ext<i8>(b)))
    sc = i32x4.add(sc, i32x4.dot_i16x8_s(q, v128.load_ext<i8>(c)))
    sd = i32x4.add(sd, i32x4.dot_i16x8_s(q, v128.load_ext<i8>(d)))
    a += 8
    b += 8
    c += 8
    d += 8
  }
  return laneTotals(sa, sb, sc, sd)
}

function squared16(query: usize, a: usize, b: usize, c: usize, d: usize): v128 {
  let sa = i32x4.splat(0), sb = sa, sc = sa, sd = sa
  for (const end = query + stride; query < end; query += 16) {
    const q = v128.load(query)
    sa = addSquares(sa, i16x8.sub(q, v128.load(a)))
    sb = addSquares(sb, i16x8.sub(q, v128.load(b)))
    sc = addSquares(sc, i16x8.sub(q, v128.load(c)))
    sd = addSquares(sd, i16x8.sub(q, v128.load(d)))
    a += 16
    b += 16
    c += 16
    d += 16
  }
  return laneTotals(sa, sb, sc, sd)
}

function dots16(query: usize, a: usize, b: usize, c: usize, d: usize): v128 {
  let sa = i32x4.splat(0), sb = sa, sc = sa, sd = sa
  for (const end = query + stride; query < end; query += 16) {
    const q = v128.load(query)
    sa = i32x4.add(sa, i32x4.dot_i16x8_s(q, v128.load(a)))
    sb = i32x4.add(sb, i32x4.dot_i16x8_s(q, v128.load(b)))
    sc = i32x4.add(sc, i32x4.dot_i16x8_s(q, v128.load(c)))
    sd = i32x4.add(sd, i32x4.dot_i16x8_s(q, v128.load(d)))
    a += 16
    b += 16
    c += 16
    d += 16
  }
  return laneTotals(sa, sb, sc, sd)
}

@inline
function addSquares(sums: v128, differences: v128): v128 {
  return i32x4.add(sums, i32x4.dot_i16x8_s(differences, differences))
}

/** The larger a product, the nearer. */
@inline
function turned(dots: v128): v128 {
  return i32x4.sub(i32x4.splat(dotZero), dots)
}

@inline
function laneTotals(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7))
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7))
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7))
}

/** The bits of a positive float order as the float does. */
function bitDistance(query: usize, code: usize): u32 {
  if (kind == HAMMING_BITS) return <u32>hammingDistance(query, code, <u32>stride)
  return reinterpret<u32>(jaccardDistance(query, code, <u32>stride))
}
