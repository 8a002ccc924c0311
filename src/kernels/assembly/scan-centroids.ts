// The scan of rows that stay in the processor's cache, such as centroids: four at a time share the loads of the
// query. From the memory four streams at once would be slower than one.
import { offer, thresholdOf } from './heap'
import { laneSums, loadTail, madd } from './lanes'
import { L2 } from './shape'

/** Offers all rows, float32, to a heap, by L2 or else by IP. */
export function scanCentroids(
  metric: u32, width: u32, rows: usize, rowCount: u32, query: usize, heap: usize, k: u32,
): void {
  const stride = <usize>width << 2
  let threshold = thresholdOf(heap)
  for (let index: u32 = 0; index < rowCount; index += 4, rows += stride << 2) {
    // Past the last row it is computed once more, for nobody.
    const left = min<u32>(rowCount - index, 4)
    const last = rows + <usize>(left - 1) * stride
    const second = min(rows + stride, last)
    const third = min(second + stride, last)
    const four = metric == L2
      ? fourSquares(query, rows, second, third, last, width)
      : f32x4.neg(fourProducts(query, rows, second, third, last, width))
    const bits = ~i32x4.bitmask(f32x4.ge(four, f32x4.splat(threshold))) & ((1 << left) - 1)
    if (bits == 0) continue
    if (bits & 1) offer(heap, k, f32x4.extract_lane(four, 0), index)
    if (bits & 2) offer(heap, k, f32x4.extract_lane(four, 1), index + 1)
    if (bits & 4) offer(heap, k, f32x4.extract_lane(four, 2), index + 2)
    if (bits & 8) offer(heap, k, f32x4.extract_lane(four, 3), index + 3)
    threshold = thresholdOf(heap)
  }
}

export function fourSquares(
  query: usize, row: usize, second: usize, third: usize, fourth: usize, width: u32,
): v128 {
  let a = f32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a
  for (const end = query + (<usize>(width & ~7) << 2); query < end; query += 32) {
    let q = v128.load(query)
    a = addSquares(a, q, v128.load(row))
    b = addSquares(b, q, v128.load(second))
    c = addSquares(c, q, v128.load(third))
    d = addSquares(d, q, v128.load(fourth))
    q = v128.load(query, 16)
    e = addSquares(e, q, v128.load(row, 16))
    f = addSquares(f, q, v128.load(second, 16))
    g = addSquares(g, q, v128.load(third, 16))
    h = addSquares(h, q, v128.load(fourth, 16))
    row += 32, second += 32, third += 32, fourth += 32
  }
  if (width & 4) {
    const q = v128.load(query)
    a = addSquares(a, q, v128.load(row))
    b = addSquares(b, q, v128.load(second))
    c = addSquares(c, q, v128.load(third))
    d = addSquares(d, q, v128.load(fourth))
    query += 16, row += 16, second += 16, third += 16, fourth += 16
  }
  const tail = width & 3
  if (tail) {
    const q = loadTail(query, tail)
    e = addSquares(e, q, loadTail(row, tail))
    f = addSquares(f, q, loadTail(second, tail))
    g = addSquares(g, q, loadTail(third, tail))
    h = addSquares(h, q, loadTail(fourth, tail))
  }
  return laneSums(f32x4.add(a, e), f32x4.add(b, f), f32x4.add(c, g), f32x4.add(d, h))
}

@inline
function addSquares(sum: v128, query: v128, row: v128): v128 {
  const difference = f32x4.sub(query, row)
  return madd(difference, difference, sum)
}

function fourProducts(
  query: usize, row: usize, second: usize, third: usize, fourth: usize, width: u32,
): v128 {
  let a = f32x4.splat(0), b = a, c = a, d = a
  for (const end = query + (<usize>(width & ~3) << 2); query < end; query += 16) {
    const q = v128.load(query)
    a = madd(q, v128.load(row), a)
    b = madd(q, v128.load(second), b)
    c = madd(q, v128.load(third), c)
    d = madd(q, v128.load(fourth), d)
    row += 16, second += 16, third += 16, fourth += 16
  }
  const tail = width & 3
  if (tail) {
    const q = loadTail(query, tail)
    a = madd(q, loadTail(row, tail), a)
    b = madd(q, loadTail(second, tail), b)
    c = madd(q, loadTail(third, tail), c)
    d = madd(q, loadTail(fourth, tail), d)
  }
  return laneSums(a, b, c, d)
}
