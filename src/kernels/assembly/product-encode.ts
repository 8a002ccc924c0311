// Rows become product codes (product-layout.ts).
import { dotProduct } from './float-distances'
import { madd } from './lanes'
import { blockBytes, blockPlaces, bookBytes, pairsOf } from './product-layout'

/**
 * Writes the codes, terms and scales of rows into blocks, whose first place is the first row's.
 * @param isProduct distances are products turned around, else they are squared
 * @param width of the rows as they are encoded: a multiple of `subWidth`
 * @param rows float32, less the mean
 * @param lists the list of each row
 * @param centroids as the rows
 * @param mean as the rows, but for that it is itself
 * @param scratch two rows
 */
export function encodeRows(
  isProduct: u32, width: u32, subWidth: u32, stages: u32, rows: usize, rowCount: u32,
  lists: usize, centroids: usize, mean: usize, codebooks: usize, blocks: usize, scratch: usize,
): void {
  const stride = <usize>width << 2
  const codes = width / subWidth * stages
  const rest = scratch + stride
  for (let index: u32 = 0; index < rowCount; index++) {
    const place = index & (blockPlaces - 1)
    const block = blocks + <usize>(index / blockPlaces) * blockBytes(codes)
    const centroid = centroids + <usize>load<u32>(lists + (<usize>index << 2)) * stride
    subtract(rows + <usize>index * stride, centroid, scratch, stride)
    memory.copy(rest, scratch, stride)
    for (let code: u32 = 0; code < codes; code++) {
      const part = rest + ((<usize>(code / stages) * subWidth) << 2)
      const book = codebooks + <usize>code * bookBytes(subWidth)
      const word = nearestWord(part, book, subWidth)
      takeWord(part, book, subWidth, word)
      putCode(block + (<usize>(code >> 1) << 5) + place, code & 1, word)
    }
    const terms = block + (pairsOf(codes) << 5) + (<usize>place << 2)
    putTerms(isProduct, width, scratch, rest, centroid, mean, terms)
  }
}

/**
 * Codewords move into the middles of what chose them. `sums` holds, for each codeword, the sum of its parts and
 * their number behind it: (subWidth + 1) × f32; 16 of a code. Parts are left with what their codewords leave.
 */
export function sumWords(
  subWidth: u32, stride: u32, parts: usize, rowCount: u32, book: usize, sums: usize, takes: u32,
): void {
  const sumBytes = <usize>(subWidth + 1) << 2
  for (let row: u32 = 0; row < rowCount; row++, parts += stride) {
    const word = nearestWord(parts, book, subWidth)
    const sum = sums + <usize>word * sumBytes
    for (let at: usize = 0; at < <usize>subWidth << 2; at += 4) {
      store<f32>(sum + at, load<f32>(sum + at) + load<f32>(parts + at))
    }
    const count = sum + (<usize>subWidth << 2)
    store<f32>(count, load<f32>(count) + 1)
    if (takes) takeWord(parts, book, subWidth, word)
  }
}

function subtract(row: usize, centroid: usize, target: usize, stride: usize): void {
  for (let at: usize = 0; at < stride; at += 4) {
    store<f32>(target + at, load<f32>(row + at) - load<f32>(centroid + at))
  }
}

/** The first of those equally near. */
function nearestWord(part: usize, book: usize, subWidth: u32): u32 {
  let a = f32x4.splat(0), b = a, c = a, d = a
  for (let at: u32 = 0; at < subWidth; at++, part += 4, book += 64) {
    const value = v128.load32_splat(part)
    let difference = f32x4.sub(value, v128.load(book))
    a = madd(difference, difference, a)
    difference = f32x4.sub(value, v128.load(book, 16))
    b = madd(difference, difference, b)
    difference = f32x4.sub(value, v128.load(book, 32))
    c = madd(difference, difference, c)
    difference = f32x4.sub(value, v128.load(book, 48))
    d = madd(difference, difference, d)
  }
  const least = leastLane(f32x4.pmin(f32x4.pmin(a, b), f32x4.pmin(c, d)))
  const mask =
    i32x4.bitmask(f32x4.eq(a, least)) |
    (i32x4.bitmask(f32x4.eq(b, least)) << 4) |
    (i32x4.bitmask(f32x4.eq(c, least)) << 8) |
    (i32x4.bitmask(f32x4.eq(d, least)) << 12)
  // Nothing is equal to NaN, which only an overflow can make.
  return mask == 0 ? 0 : <u32>ctz(mask)
}

@inline
function leastLane(v: v128): v128 {
  const halves = f32x4.pmin(v, v128.shuffle<i32>(v, v, 2, 3, 0, 1))
  return f32x4.pmin(halves, v128.shuffle<i32>(halves, halves, 1, 0, 3, 2))
}

function takeWord(part: usize, book: usize, subWidth: u32, word: u32): void {
  let from = book + (<usize>word << 2)
  for (let at: u32 = 0; at < subWidth; at++, part += 4, from += 64) {
    store<f32>(part, load<f32>(part) - load<f32>(from))
  }
}

@inline
function putCode(at: usize, isHigh: u32, word: u32): void {
  store<u8>(at, isHigh ? load<u8>(at) | <u8>(word << 4) : <u8>word)
}

/**
 * With r the difference, c the centroid, e what the codes stand for (r less the rest), and e × |r|² / (r · e) in
 * place of r, which errs as often to one side as to the other:
 *
 *   |q − c − r|²  = |q − c|² + |r|² − 2 r · (q − c)     term |r|² + 2 s (c · e)      scale −2 s
 *   −q · (c + r)  = −q · c − r · (q − c) − r · c        term s (c · e) − r · c       scale −s
 */
function putTerms(
  isProduct: u32, width: u32, difference: usize, rest: usize, centroid: usize, mean: usize, terms: usize,
): void {
  const squared = dotProduct(difference, difference, width)
  const along = squared - dotProduct(difference, rest, width)
  const share: f32 = along > 0 ? squared / along : 0
  const across = dotProduct(centroid, difference, width)
  const shared = share * (across - dotProduct(centroid, rest, width))
  const scales = terms + 128
  if (isProduct) {
    store<f32>(terms, shared - across - dotProduct(mean, difference, width))
    store<f32>(scales, -share)
  } else {
    store<f32>(terms, squared + 2 * shared)
    store<f32>(scales, -2 * share)
  }
}
