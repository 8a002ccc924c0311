// The scan of centroids for many queries: a tile of 2 centroids × 4 queries reads each float once for several products.
// Distances follow from those and from squared lengths, so their last digits are others than those of `scanCentroids`.
import { dotProduct } from './float-distances'
import { offerNear } from './find-near'
import { laneSums, loadTail, madd } from './lanes'
import { L2 } from './shape'

/** So many stay in a near cache while all queries pass. */
const centroidsAtOnce: u32 = 64
const scoreBytes: usize = <usize>centroidsAtOnce << 4

/**
 * Offers all centroids, float32, to the heaps of queries, by L2 or else by IP.
 * @param scratch 1,280 bytes
 */
export function scanTogether(
  metric: u32, width: u32, centroids: usize, listCount: u32, queries: usize, nq: u32,
  heaps: usize, k: u32, scratch: usize,
): void {
  const stride = <usize>width << 2
  const terms = scratch + scoreBytes
  for (let first: u32 = 0; first < listCount; first += centroidsAtOnce) {
    const count = min(centroidsAtOnce, listCount - first)
    const block = centroids + <usize>first * stride
    fillTerms(metric, width, block, count, terms)
    for (let query: u32 = 0; query < nq; query += 4) {
      fillScores(metric, width, block, terms, count, queries, query, nq, scratch)
      offerNear(scratch, count, first, min<u32>(nq - query, 4), heaps + ((<usize>query * k) << 3), k)
    }
  }
}

function fillTerms(metric: u32, width: u32, centroids: usize, count: u32, terms: usize): void {
  for (let index: u32 = 0; index < count; index++, terms += 4, centroids += <usize>width << 2) {
    store<f32>(terms, metric == L2 ? dotProduct(centroids, centroids, width) : 0)
  }
}

/** Fills, for each centroid, its distances to four queries; past the last of all it is computed once more. */
function fillScores(
  metric: u32, width: u32, centroids: usize, terms: usize, count: u32,
  queries: usize, query: u32, nq: u32, scores: usize,
): void {
  const stride = <usize>width << 2
  const last = nq - 1
  const a = queries + <usize>query * stride
  const b = queries + <usize>min(query + 1, last) * stride
  const c = queries + <usize>min(query + 2, last) * stride
  const d = queries + <usize>min(query + 3, last) * stride
  const lengths = metric == L2 ? squaresOf(width, a, b, c, d) : f32x4.splat(0)
  const factors = f32x4.splat(metric == L2 ? -2 : -1)
  const wholeBytes = <usize>(width & ~3) << 2
  const tail = width & 3
  for (let index: u32 = 0; index < count; index += 2, scores += 32) {
    const x = centroids + <usize>index * stride
    const isLast = index + 1 == count
    const y = isLast ? x : x + stride
    let xa = f32x4.splat(0), xb = xa, xc = xa, xd = xa, ya = xa, yb = xa, yc = xa, yd = xa
    for (let at: usize = 0; at < wholeBytes; at += 16) {
      const xv = v128.load(x + at)
      const yv = v128.load(y + at)
      let q = v128.load(a + at)
      xa = madd(xv, q, xa)
      ya = madd(yv, q, ya)
      q = v128.load(b + at)
      xb = madd(xv, q, xb)
      yb = madd(yv, q, yb)
      q = v128.load(c + at)
      xc = madd(xv, q, xc)
      yc = madd(yv, q, yc)
      q = v128.load(d + at)
      xd = madd(xv, q, xd)
      yd = madd(yv, q, yd)
    }
    if (tail) {
      const xv = loadTail(x + wholeBytes, tail)
      const yv = loadTail(y + wholeBytes, tail)
      let q = loadTail(a + wholeBytes, tail)
      xa = madd(xv, q, xa)
      ya = madd(yv, q, ya)
      q = loadTail(b + wholeBytes, tail)
      xb = madd(xv, q, xb)
      yb = madd(yv, q, yb)
      q = loadTail(c + wholeBytes, tail)
      xc = madd(xv, q, xc)
      yc = madd(yv, q, yc)
      q = loadTail(d + wholeBytes, tail)
      xd = madd(xv, q, xd)
      yd = madd(yv, q, yd)
    }
    const term = terms + (<usize>index << 2)
    const ofX = f32x4.add(v128.load32_splat(term), lengths)
    const ofY = f32x4.add(v128.load32_splat(isLast ? term : term + 4), lengths)
    v128.store(scores, madd(laneSums(xa, xb, xc, xd), factors, ofX))
    v128.store(scores, madd(laneSums(ya, yb, yc, yd), factors, ofY), 16)
  }
}

function squaresOf(width: u32, a: usize, b: usize, c: usize, d: usize): v128 {
  let v = f32x4.splat(dotProduct(a, a, width))
  v = f32x4.replace_lane(v, 1, dotProduct(b, b, width))
  v = f32x4.replace_lane(v, 2, dotProduct(c, c, width))
  return f32x4.replace_lane(v, 3, dotProduct(d, d, width))
}
