// Rows choose anew among a few centroids each: those that were nearest once.
import { fourSquares } from './scan-centroids'

/**
 * Gives each row the nearest of its centroids, by L2; the first of those equally near.
 * @param near for each row `nearCount` centroids, u16
 * @param lists the centroid of each row, u32, which is changed
 * @returns how many rows have another one now
 */
export function chooseNear(
  width: u32, rows: usize, rowCount: u32, centroids: usize, near: usize, nearCount: u32, lists: usize,
): u32 {
  const stride = <usize>width << 2
  let moved: u32 = 0
  for (let index: u32 = 0; index < rowCount; index++, rows += stride, lists += 4) {
    const end = near + (<usize>nearCount << 1)
    let least: f32 = Infinity
    let nearest = <usize>load<u32>(lists)
    for (let at = near; at < end; at += 8) {
      // Past the last of them it is computed once more, for nobody.
      const last = end - 2
      const first = <usize>load<u16>(at)
      const second = <usize>load<u16>(min(at + 2, last))
      const third = <usize>load<u16>(min(at + 4, last))
      const fourth = <usize>load<u16>(min(at + 6, last))
      const four = fourSquares(
        rows, centroids + first * stride, centroids + second * stride,
        centroids + third * stride, centroids + fourth * stride, width,
      )
      if (f32x4.extract_lane(four, 0) < least) least = f32x4.extract_lane(four, 0), nearest = first
      if (f32x4.extract_lane(four, 1) < least) least = f32x4.extract_lane(four, 1), nearest = second
      if (f32x4.extract_lane(four, 2) < least) least = f32x4.extract_lane(four, 2), nearest = third
      if (f32x4.extract_lane(four, 3) < least) least = f32x4.extract_lane(four, 3), nearest = fourth
    }
    near = end
    if (<u32>nearest == load<u32>(lists)) continue
    store<u32>(lists, <u32>nearest)
    moved++
  }
  return moved
}
