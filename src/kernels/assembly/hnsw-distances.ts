// Distances of codes, the only ones that building and walking need. They are unsigned integers that
// order as the distances do: squared L2 as it is, products turned around. One side is a query: its
// components as i16, so that a product of eight pairs is one instruction; of bits the row itself.
import { hammingDistance, jaccardDistance } from './binary-distances'
import { dotHalves, squaredHalves } from './hnsw-halves'
import {
  DOT_16, DOT_4, DOT_6, DOT_8, DOT_BFLOAT_16, DOT_FLOAT_16, HAMMING_BITS, isBits, isFloats, kind,
  SQUARED_16, SQUARED_4, SQUARED_6, SQUARED_8, SQUARED_BFLOAT_16, SQUARED_FLOAT_16, stride, strideOf,
} from './hnsw-layout'
import { unpackHigh4, unpackHigh6, unpackLow4, unpackLow6 } from './hnsw-packed'
import { BFLOAT16, FLOAT16 } from './shape'
import { wide } from './widen'

/** What a product of 0 becomes. */
export const dotZero: u32 = 0x80000000

/** Bytes of a query. */
@inline
export function queryBytes(): usize {
  return queryBytesFor(kind, stride)
}

export function queryBytesOf(codeKind: u32, codeWidth: u32): usize {
  return queryBytesFor(codeKind, strideOf(codeKind, codeWidth))
}

function queryBytesFor(codeKind: u32, codeBytes: usize): usize {
  if (codeKind == SQUARED_4 || codeKind == DOT_4) return codeBytes << 2
  if (codeKind == SQUARED_6 || codeKind == DOT_6) return codeBytes / 48 * 128
  const isTwice = codeKind == SQUARED_8 || codeKind == DOT_8 || codeKind >= SQUARED_FLOAT_16
  return codeBytes << <usize>isTwice
}

/** Makes a query of a code. */
export function queryFromCode(code: usize, query: usize): void {
  const end = query + queryBytes()
  if (kind == SQUARED_8 || kind == DOT_8) {
    for (; query < end; query += 16, code += 8) v128.store(query, v128.load_ext<i8>(code))
  } else if (kind == SQUARED_4 || kind == DOT_4) {
    for (; query < end; query += 64, code += 16) {
      const packed = v128.load(code)
      storeWide(query, unpackLow4(packed))
      storeWide(query + 32, unpackHigh4(packed))
    }
  } else if (kind == SQUARED_6 || kind == DOT_6) {
    for (; query < end; query += 128, code += 48) {
      const tops = v128.load(code, 32)
      storeWide(query, unpackLow6(v128.load(code), tops, 6))
      storeWide(query + 32, unpackHigh6(v128.load(code), tops, 4))
      storeWide(query + 64, unpackLow6(v128.load(code, 16), tops, 2))
      storeWide(query + 96, unpackHigh6(v128.load(code, 16), tops, 0))
    }
  } else if (isFloats()) {
    const element = floatElement()
    for (; query < end; query += 16, code += 8) {
      v128.store(query, wide(element, v128.load16x4_u(code)))
    }
  } else {
    for (; query < end; query += 16, code += 16) v128.store(query, v128.load(code))
  }
}

@inline
function storeWide(at: usize, bytes: v128): void {
  v128.store(at, i16x8.extend_low_i8x16_s(bytes))
  v128.store(at, i16x8.extend_high_i8x16_s(bytes), 16)
}

/** Of a code of floats, as rows of such floats are named. */
@inline
export function floatElement(): u32 {
  return kind == SQUARED_FLOAT_16 || kind == DOT_FLOAT_16 ? FLOAT16 : BFLOAT16
}

/** The distances of a query and four codes, as lanes of u32. */
export function codeDistances(query: usize, a: usize, b: usize, c: usize, d: usize): v128 {
  if (kind == SQUARED_8) return squared8(query, a, b, c, d)
  if (kind == DOT_8) return turned(dots8(query, a, b, c, d))
  if (kind == SQUARED_16) return squared16(query, a, b, c, d)
  if (kind == DOT_16) return turned(dots16(query, a, b, c, d))
  if (kind == SQUARED_4) return packed4(false, query, a, b, c, d)
  if (kind == DOT_4) return turned(packed4(true, query, a, b, c, d))
  if (kind == SQUARED_6) return packed6(false, query, a, b, c, d)
  if (kind == DOT_6) return turned(packed6(true, query, a, b, c, d))
  const end = query + queryBytes()
  if (kind == SQUARED_FLOAT_16) return squaredHalves(FLOAT16, query, end, a, b, c, d)
  if (kind == DOT_FLOAT_16) return dotHalves(FLOAT16, query, end, a, b, c, d)
  if (kind == SQUARED_BFLOAT_16) return squaredHalves(BFLOAT16, query, end, a, b, c, d)
  if (kind == DOT_BFLOAT_16) return dotHalves(BFLOAT16, query, end, a, b, c, d)
  return i32x4(
    bitDistance(query, a), bitDistance(query, b), bitDistance(query, c), bitDistance(query, d),
  )
}

export function codeDistance(query: usize, code: usize): u32 {
  if (isBits()) return bitDistance(query, code)
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
function packed4(isDot: bool, query: usize, a: usize, b: usize, c: usize, d: usize): v128 {
  let sa = i32x4.splat(0), sb = sa, sc = sa, sd = sa
  for (const end = query + (stride << 2); query < end; query += 64) {
    let q = v128.load(query), r = v128.load(query, 16)
    const pa = v128.load(a), pb = v128.load(b), pc = v128.load(c), pd = v128.load(d)
    sa = addSixteen(isDot, sa, q, r, unpackLow4(pa))
    sb = addSixteen(isDot, sb, q, r, unpackLow4(pb))
    sc = addSixteen(isDot, sc, q, r, unpackLow4(pc))
    sd = addSixteen(isDot, sd, q, r, unpackLow4(pd))
    q = v128.load(query, 32)
    r = v128.load(query, 48)
    sa = addSixteen(isDot, sa, q, r, unpackHigh4(pa))
    sb = addSixteen(isDot, sb, q, r, unpackHigh4(pb))
    sc = addSixteen(isDot, sc, q, r, unpackHigh4(pc))
    sd = addSixteen(isDot, sd, q, r, unpackHigh4(pd))
    a += 16
    b += 16
    c += 16
    d += 16
  }
  return laneTotals(sa, sb, sc, sd)
}

@inline
function packed6(isDot: bool, query: usize, a: usize, b: usize, c: usize, d: usize): v128 {
  let sa = i32x4.splat(0), sb = sa, sc = sa, sd = sa
  for (const end = query + queryBytes(); query < end; query += 128) {
    sa = addPacked6(isDot, sa, query, a)
    sb = addPacked6(isDot, sb, query, b)
    sc = addPacked6(isDot, sc, query, c)
    sd = addPacked6(isDot, sd, query, d)
    a += 48
    b += 48
    c += 48
    d += 48
  }
  return laneTotals(sa, sb, sc, sd)
}

@inline
function addPacked6(isDot: bool, sums: v128, query: usize, code: usize): v128 {
  const first = v128.load(code), second = v128.load(code, 16), tops = v128.load(code, 32)
  sums = addSixteen(isDot, sums, v128.load(query), v128.load(query, 16), unpackLow6(first, tops, 6))
  sums = addSixteen(
    isDot, sums, v128.load(query, 32), v128.load(query, 48), unpackHigh6(first, tops, 4),
  )
  sums = addSixteen(
    isDot, sums, v128.load(query, 64), v128.load(query, 80), unpackLow6(second, tops, 2),
  )
  return addSixteen(
    isDot, sums, v128.load(query, 96), v128.load(query, 112), unpackHigh6(second, tops, 0),
  )
}

@inline
function addSixteen(isDot: bool, sums: v128, q: v128, r: v128, bytes: v128): v128 {
  const low = i16x8.extend_low_i8x16_s(bytes), high = i16x8.extend_high_i8x16_s(bytes)
  if (isDot) {
    return i32x4.add(sums, i32x4.add(i32x4.dot_i16x8_s(q, low), i32x4.dot_i16x8_s(r, high)))
  }
  return addSquares(addSquares(sums, i16x8.sub(q, low)), i16x8.sub(r, high))
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
