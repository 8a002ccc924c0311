// Rows choose anew among a few centroids each: those that were nearest once. Between two choices centroids move, and a
// distance is known to have changed by no more than its centroid has moved. So most rows need no distance at all: each
// keeps, of what it computed last,
//
//   f32                  distance to its own centroid − how far that had moved until then: no more than it since
//   f32 × nearCount      distance to each of the few + how far that had moved until then: no less than it since
//
// to which, or from which, goes how far the centroid has moved until now.
import { squaredDistance } from './float-distances'
import { fourSquares } from './scan-centroids'

/**
 * Gives each row the nearest of its centroids, by L2; its own stays where another is equally near.
 * @param near for each row `nearCount` centroids, u16, at most 32
 * @param lists the centroid of each row, u32, one of those, which is changed
 * @param bounds of each row, as above
 * @param drifts how far each centroid has moved in all, f32
 * @param isFirst 1: nothing is known of the rows yet, and they take the first of those equally near
 * @returns how many rows have another one now
 */
export function chooseNear(
  width: u32, rows: usize, rowCount: u32, centroids: usize, near: usize, nearCount: u32, lists: usize,
  bounds: usize, drifts: usize, isFirst: u32,
): u32 {
  const stride = <usize>width << 2
  const nearBytes = <usize>nearCount << 1
  const boundBytes = <usize>(nearCount + 1) << 2
  let moved: u32 = 0
  for (let index: u32 = 0; index < rowCount; index++) {
    const own = load<u32>(lists)
    const list = isFirst
      ? nearestOf(width, rows, centroids, near, nearCount, bounds, drifts)
      : nearerOf(width, rows, centroids, near, nearCount, own, bounds, drifts)
    if (list != own) {
      store<u32>(lists, list)
      moved++
    }
    rows += stride, near += nearBytes, lists += 4, bounds += boundBytes
  }
  return moved
}

function nearestOf(
  width: u32, row: usize, centroids: usize, near: usize, nearCount: u32, bounds: usize, drifts: usize,
): u32 {
  const all = u32.MAX_VALUE >> (32 - nearCount)
  return nearestOpen(width, row, centroids, near, all, load<u16>(near), Infinity, bounds, drifts)
}

function nearerOf(
  width: u32, row: usize, centroids: usize, near: usize, nearCount: u32, own: u32,
  bounds: usize, drifts: usize,
): u32 {
  const drift = floatAt(drifts, own)
  if (openOf(near, nearCount, own, load<f32>(bounds) + drift, bounds, drifts) == 0) return own
  const distance = sqrt(squaredDistance(row, centroids + ((<usize>own * width) << 2), width))
  keepBound(near, nearCount, own, distance + drift, bounds)
  const open = openOf(near, nearCount, own, distance, bounds, drifts)
  return nearestOpen(width, row, centroids, near, open, own, distance, bounds, drifts)
}

/** The bits of those that may be nearer than `least`. */
function openOf(
  near: usize, nearCount: u32, own: u32, least: f32, bounds: usize, drifts: usize,
): u32 {
  let open: u32 = 0
  for (let place: u32 = 0; place < nearCount; place++) {
    const list = listAt(near, place)
    const isFar = floatAt(bounds, place + 1) - floatAt(drifts, list) >= least
    open |= <u32>(!isFar && list != own) << place
  }
  return open
}

function keepBound(near: usize, nearCount: u32, own: u32, bound: f32, bounds: usize): void {
  for (let place: u32 = 0; place < nearCount; place++) {
    if (listAt(near, place) == own) store<f32>(bounds + ((<usize>place + 1) << 2), bound)
  }
}

function nearestOpen(
  width: u32, row: usize, centroids: usize, near: usize, open: u32, own: u32, distance: f32,
  bounds: usize, drifts: usize,
): u32 {
  const stride = <usize>width << 2
  let nearest = own
  let least = distance
  while (open != 0) {
    // Past the last of them it is computed once more.
    const first = <u32>ctz(open)
    open &= open - 1
    const second = open ? <u32>ctz(open) : first
    open &= open - 1
    const third = open ? <u32>ctz(open) : second
    open &= open - 1
    const fourth = open ? <u32>ctz(open) : third
    open &= open - 1
    const four = f32x4.sqrt(fourSquares(
      row, centroids + <usize>listAt(near, first) * stride, centroids + <usize>listAt(near, second) * stride,
      centroids + <usize>listAt(near, third) * stride, centroids + <usize>listAt(near, fourth) * stride, width,
    ))
    let d = f32x4.extract_lane(four, 0)
    keep(near, first, d, bounds, drifts)
    if (d < least) least = d, nearest = listAt(near, first)
    d = f32x4.extract_lane(four, 1)
    keep(near, second, d, bounds, drifts)
    if (d < least) least = d, nearest = listAt(near, second)
    d = f32x4.extract_lane(four, 2)
    keep(near, third, d, bounds, drifts)
    if (d < least) least = d, nearest = listAt(near, third)
    d = f32x4.extract_lane(four, 3)
    keep(near, fourth, d, bounds, drifts)
    if (d < least) least = d, nearest = listAt(near, fourth)
  }
  store<f32>(bounds, least - floatAt(drifts, nearest))
  return nearest
}

@inline
function keep(near: usize, place: u32, distance: f32, bounds: usize, drifts: usize): void {
  store<f32>(bounds + ((<usize>place + 1) << 2), distance + floatAt(drifts, listAt(near, place)))
}

@inline
function listAt(near: usize, place: u32): u32 {
  return load<u16>(near + (<usize>place << 1))
}

@inline
function floatAt(floats: usize, place: u32): f32 {
  return load<f32>(floats + (<usize>place << 2))
}
