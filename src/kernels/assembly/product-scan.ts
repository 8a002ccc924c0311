// The scan of product codes (product-layout.ts): the products of a query and all codewords are looked up, 16 rows
// at a time, in tables of 16 bytes.
import { offer, thresholdOf } from './heap'
import { madd } from './lanes'
import { blockBytes, blockPlaces, bookBytes, pairsOf } from './product-layout'

/** Of a table: four of them are added up in a byte. */
const largest: f32 = 63

/**
 * Makes the tables of a query: 16 bytes, at most 63, for each code, in pairs, then f32 base and f32 step. A product is its
 * share of the base + step × byte.
 * @param query float32, less the mean
 * @param scratch 64 bytes for each code
 */
export function fillTables(
  codes: u32, subWidth: u32, stages: u32, query: usize, codebooks: usize, tables: usize, scratch: usize,
): void {
  let base: f32 = 0, widest: f32 = 0
  for (let code: u32 = 0; code < codes; code++) {
    const products = scratch + (<usize>code << 6)
    const part = query + ((<usize>(code / stages) * subWidth) << 2)
    fillProducts(part, codebooks + <usize>code * bookBytes(subWidth), subWidth, products)
    const least = leastOf(products)
    widest = max(widest, takeFrom(products, least))
    base += least
  }
  // Nothing may be infinite here, nor is it but where a distance overflows: any order is as good then.
  const step: f32 = widest > 0 ? widest / largest : 1
  const bytes = pairsOf(codes) << 5
  memory.fill(tables, 0, bytes)
  const scale = f32x4.splat(1 / step)
  for (let at: usize = 0; at < <usize>codes << 4; at += 16) {
    v128.store(tables + at, bytesOf(scratch + (at << 2), scale))
  }
  store<f32>(tables + bytes, base)
  store<f32>(tables + bytes, step, 4)
}

function leastOf(products: usize): f32 {
  const one = f32x4.pmin(v128.load(products), v128.load(products, 16))
  const v = f32x4.pmin(one, f32x4.pmin(v128.load(products, 32), v128.load(products, 48)))
  return min(
    min(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    min(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  )
}

/** @returns the largest that is left */
function takeFrom(products: usize, least: f32): f32 {
  const leasts = f32x4.splat(least)
  let most = f32x4.splat(0)
  for (let at = products; at < products + 64; at += 16) {
    const left = f32x4.sub(v128.load(at), leasts)
    v128.store(at, left)
    most = f32x4.pmax(most, left)
  }
  return max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  )
}

/** 16 floats as bytes, rounded. */
@inline
function bytesOf(floats: usize, scale: v128): v128 {
  const a = wholeOf(v128.load(floats), scale)
  const b = wholeOf(v128.load(floats, 16), scale)
  const c = wholeOf(v128.load(floats, 32), scale)
  const d = wholeOf(v128.load(floats, 48), scale)
  return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d))
}

@inline
function wholeOf(floats: v128, scale: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(floats, scale)))
}

function fillProducts(part: usize, book: usize, subWidth: u32, products: usize): void {
  let a = f32x4.splat(0), b = a, c = a, d = a
  for (let at: u32 = 0; at < subWidth; at++, part += 4, book += 64) {
    const value = v128.load32_splat(part)
    a = madd(value, v128.load(book), a)
    b = madd(value, v128.load(book, 16), b)
    c = madd(value, v128.load(book, 32), c)
    d = madd(value, v128.load(book, 48), d)
  }
  v128.store(products, a)
  v128.store(products, b, 16)
  v128.store(products, c, 32)
  v128.store(products, d, 48)
}

/**
 * Offers the places of a list to a heap; they ascend from call to call.
 * @param mask a bit for each place from the begin of the first block on, in whole words of 64; 0: all
 * @param distance of the query to the list's centroid
 * @param scratch 256 bytes
 */
export function scanCodes(
  codes: u32, blocks: usize, begin: u32, end: u32, mask: usize, tables: usize, distance: f32,
  heap: usize, k: u32, scratch: usize,
): void {
  const pairs = pairsOf(codes)
  const base = load<f32>(tables + (pairs << 5))
  const step = load<f32>(tables + (pairs << 5), 4)
  const estimates = scratch + 128
  const first = begin & ~(blockPlaces - 1)
  let threshold = thresholdOf(heap)
  for (let place = first; place < end; place += blockPlaces) {
    let bits = mask == 0 ? u32.MAX_VALUE : load<u32>(mask + ((place - first) >> 3))
    if (place < begin) bits &= u32.MAX_VALUE << (begin - place)
    if (end - place < blockPlaces) bits &= (<u32>1 << (end - place)) - 1
    if (bits == 0) continue
    const block = blocks + <usize>(place / blockPlaces) * blockBytes(codes)
    sumCodes(pairs, block, tables, scratch)
    bits &= nearPlaces(block + (pairs << 5), base, step, distance, threshold, scratch, estimates)
    if (bits == 0) continue
    for (; bits != 0; bits &= bits - 1) {
      const at = <u32>ctz(bits)
      offer(heap, k, load<f32>(estimates + (<usize>at << 2)), place + at)
    }
    threshold = thresholdOf(heap)
  }
}

/**
 * Offers the places of all lists of a query, of which each is a place of a heap, { list, distance }: in that order.
 * @param begins where each list begins, u32, and behind them the end of the last
 */
export function scanCodesOfLists(
  codes: u32, blocks: usize, begins: usize, probes: usize, probeCount: u32, tables: usize,
  heap: usize, k: u32, scratch: usize,
): void {
  for (const end = probes + (<usize>probeCount << 3); probes < end; probes += 8) {
    const bounds = begins + (<usize>load<u32>(probes) << 2)
    const distance = thresholdOf(probes)
    scanCodes(
      codes, blocks, load<u32>(bounds), load<u32>(bounds, 4), 0, tables, distance, heap, k, scratch,
    )
  }
}

/** So many pairs of codes have a sum below 65,536. */
const pairsAtOnce: usize = 512

/**
 * Fills 32 sums of u32. The bytes of two pairs of codes are added as they are, then two rows at a time as u16, and those of
 * odd rows once more for themselves.
 */
function sumCodes(pairs: usize, block: usize, tables: usize, sums: usize): void {
  for (let done: usize = 0; done < pairs; done += pairsAtOnce) {
    let bothA = i16x8.splat(0), oddA = bothA, bothB = bothA, oddB = bothA
    const count = min(pairs - done, pairsAtOnce)
    let table = tables + (done << 5)
    let codes = block + (done << 5)
    for (const end = table + ((count & ~1) << 5); table < end; table += 64, codes += 64) {
      const one = v128.load(table)
      const other = v128.load(table, 16)
      const third = v128.load(table, 32)
      const fourth = v128.load(table, 48)
      let found = i8x16.add(
        pairOf(one, other, v128.load(codes)), pairOf(third, fourth, v128.load(codes, 32)),
      )
      bothA = i16x8.add(bothA, found)
      oddA = i16x8.add(oddA, i16x8.shr_u(found, 8))
      found = i8x16.add(
        pairOf(one, other, v128.load(codes, 16)), pairOf(third, fourth, v128.load(codes, 48)),
      )
      bothB = i16x8.add(bothB, found)
      oddB = i16x8.add(oddB, i16x8.shr_u(found, 8))
    }
    if (count & 1) {
      const one = v128.load(table)
      const other = v128.load(table, 16)
      let found = pairOf(one, other, v128.load(codes))
      bothA = i16x8.add(bothA, found)
      oddA = i16x8.add(oddA, i16x8.shr_u(found, 8))
      found = pairOf(one, other, v128.load(codes, 16))
      bothB = i16x8.add(bothB, found)
      oddB = i16x8.add(oddB, i16x8.shr_u(found, 8))
    }
    addSums(sums, bothA, oddA, done == 0)
    addSums(sums + 64, bothB, oddB, done == 0)
  }
}

/** What 16 pairs of codes have in their tables, together. */
@inline
function pairOf(one: v128, other: v128, codes: v128): v128 {
  const low = i8x16.splat(15)
  return i8x16.add(
    lookUp(one, v128.and(codes, low)), lookUp(other, v128.and(i16x8.shr_u(codes, 4), low)),
  )
}

@inline
function lookUp(table: v128, places: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i8x16.relaxed_swizzle(table, places)
  return i8x16.swizzle(table, places)
}

@inline
function addSums(sums: usize, both: v128, odd: v128, isFirst: bool): void {
  const even = i16x8.sub(both, i16x8.shl(odd, 8))
  const one = v128.shuffle<i16>(even, odd, 0, 8, 1, 9, 2, 10, 3, 11)
  const other = v128.shuffle<i16>(even, odd, 4, 12, 5, 13, 6, 14, 7, 15)
  addTo(sums, i32x4.extend_low_i16x8_u(one), isFirst)
  addTo(sums + 16, i32x4.extend_high_i16x8_u(one), isFirst)
  addTo(sums + 32, i32x4.extend_low_i16x8_u(other), isFirst)
  addTo(sums + 48, i32x4.extend_high_i16x8_u(other), isFirst)
}

@inline
function addTo(sums: usize, more: v128, isFirst: bool): void {
  v128.store(sums, isFirst ? more : i32x4.add(v128.load(sums), more))
}

/** Fills 32 estimates. @returns the bits of those that the threshold does not keep out */
function nearPlaces(
  terms: usize, base: f32, step: f32, distance: f32, threshold: f32, sums: usize, estimates: usize,
): u32 {
  const bases = f32x4.splat(base)
  const steps = f32x4.splat(step)
  const distances = f32x4.splat(distance)
  const thresholds = f32x4.splat(threshold)
  let far: u32 = 0
  for (let at: usize = 0; at < 128; at += 64) {
    const a = estimate(terms + at, bases, steps, distances, sums + at, estimates + at)
    const b = estimate(terms + at + 16, bases, steps, distances, sums + at + 16, estimates + at + 16)
    const c = estimate(terms + at + 32, bases, steps, distances, sums + at + 32, estimates + at + 32)
    const d = estimate(terms + at + 48, bases, steps, distances, sums + at + 48, estimates + at + 48)
    const ab = i16x8.narrow_i32x4_s(f32x4.ge(a, thresholds), f32x4.ge(b, thresholds))
    const cd = i16x8.narrow_i32x4_s(f32x4.ge(c, thresholds), f32x4.ge(d, thresholds))
    far |= <u32>i8x16.bitmask(i8x16.narrow_i16x8_s(ab, cd)) << <u32>(at >> 2)
  }
  return ~far
}

@inline
function estimate(
  terms: usize, bases: v128, steps: v128, distances: v128, sums: usize, target: usize,
): v128 {
  // Sums are far below where a sign begins, which takes seven instructions to leave out.
  const products = madd(f32x4.convert_i32x4_s(v128.load(sums)), steps, bases)
  const v = madd(products, v128.load(terms, 128), f32x4.add(distances, v128.load(terms)))
  v128.store(target, v)
  return v
}
