// Distances between rows of float32, of any dimension and at any address. Four accumulators hide the
// latency of the additions; one row at a time lets the processor's prefetcher see a single stream.
import { laneSum, loadTail, madd } from './lanes'

export function squaredDistance(query: usize, row: usize, dim: u32): f32 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0
  let end = query + (<usize>(dim & ~15) << 2)
  for (; query < end; query += 64, row += 64) {
    const d0 = f32x4.sub(v128.load(query), v128.load(row))
    const d1 = f32x4.sub(v128.load(query, 16), v128.load(row, 16))
    const d2 = f32x4.sub(v128.load(query, 32), v128.load(row, 32))
    const d3 = f32x4.sub(v128.load(query, 48), v128.load(row, 48))
    s0 = madd(d0, d0, s0)
    s1 = madd(d1, d1, s1)
    s2 = madd(d2, d2, s2)
    s3 = madd(d3, d3, s3)
  }
  end = query + (<usize>(dim & 12) << 2)
  for (; query < end; query += 16, row += 16) {
    const d = f32x4.sub(v128.load(query), v128.load(row))
    s0 = madd(d, d, s0)
  }
  if (dim & 3) {
    const d = f32x4.sub(loadTail(query, dim & 3), loadTail(row, dim & 3))
    s1 = madd(d, d, s1)
  }
  return laneSum(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)))
}

export function dotProduct(query: usize, row: usize, dim: u32): f32 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0
  let end = query + (<usize>(dim & ~15) << 2)
  for (; query < end; query += 64, row += 64) {
    s0 = madd(v128.load(query), v128.load(row), s0)
    s1 = madd(v128.load(query, 16), v128.load(row, 16), s1)
    s2 = madd(v128.load(query, 32), v128.load(row, 32), s2)
    s3 = madd(v128.load(query, 48), v128.load(row, 48), s3)
  }
  end = query + (<usize>(dim & 12) << 2)
  for (; query < end; query += 16, row += 16) s0 = madd(v128.load(query), v128.load(row), s0)
  if (dim & 3) s1 = madd(loadTail(query, dim & 3), loadTail(row, dim & 3), s1)
  return laneSum(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)))
}

/** Minus the cosine; 0 where one of both is all zeros. `querySquared` is the query's product with itself. */
export function cosineDistance(query: usize, row: usize, dim: u32, querySquared: f32): f32 {
  let s0 = f32x4.splat(0), s1 = s0, n0 = s0, n1 = s0
  let q = query
  let r = row
  let end = q + (<usize>(dim & ~7) << 2)
  for (; q < end; q += 32, r += 32) {
    const r0 = v128.load(r)
    const r1 = v128.load(r, 16)
    s0 = madd(v128.load(q), r0, s0)
    n0 = madd(r0, r0, n0)
    s1 = madd(v128.load(q, 16), r1, s1)
    n1 = madd(r1, r1, n1)
  }
  end = q + (<usize>(dim & 4) << 2)
  for (; q < end; q += 16, r += 16) {
    const r0 = v128.load(r)
    s0 = madd(v128.load(q), r0, s0)
    n0 = madd(r0, r0, n0)
  }
  if (dim & 3) {
    const r0 = loadTail(r, dim & 3)
    s1 = madd(loadTail(q, dim & 3), r0, s1)
    n1 = madd(r0, r0, n1)
  }
  const squared = laneSum(f32x4.add(n0, n1))
  if (!isOrdinary(squared) || !isOrdinary(querySquared)) return cosineByDoubles(query, row, dim)
  const dot = laneSum(f32x4.add(s0, s1))
  return <f32>(-(<f64>dot) / sqrt(<f64>squared * <f64>querySquared))
}

/** Whether a sum of squares is far from where float32 overflows or loses its digits. */
@inline
export function isOrdinary(squared: f32): bool {
  return squared > 1e-30 && squared < 1e30
}

function cosineByDoubles(query: usize, row: usize, dim: u32): f32 {
  let dot: f64 = 0, querySquared: f64 = 0, rowSquared: f64 = 0
  for (const end = query + (<usize>dim << 2); query < end; query += 4, row += 4) {
    const q = <f64>load<f32>(query)
    const r = <f64>load<f32>(row)
    dot += q * r
    querySquared += q * q
    rowSquared += r * r
  }
  if (querySquared == 0 || rowSquared == 0) return 0
  return <f32>(-dot / (sqrt(querySquared) * sqrt(rowSquared)))
}
