/** The smallest and the largest coordinates of a geometry: minX, minY, maxX, maxY. */
export type Box = Float64Array

/** Whether a box is around no point at all. */
export function isVoid(box: Box): boolean {
  return box[0] > box[2]
}

/** Whether two boxes have a point in common. */
export function meet(left: Box, right: Box): boolean {
  return left[0] <= right[2] && right[0] <= left[2] && left[1] <= right[3] && right[1] <= left[3]
}

/** Whether a box has all points of another one, which has some. */
export function covers(outer: Box, inner: Box): boolean {
  return (
    !isVoid(inner) &&
    outer[0] <= inner[0] &&
    outer[1] <= inner[1] &&
    outer[2] >= inner[2] &&
    outer[3] >= inner[3]
  )
}

export function isSame(left: Box, right: Box): boolean {
  return (
    left[0] === right[0] && left[1] === right[1] && left[2] === right[2] && left[3] === right[3]
  )
}

/** How far two boxes are from each other, in the plane. */
export function gapBetween(left: Box, right: Box): number {
  const x = Math.max(left[0] - right[2], right[0] - left[2], 0)
  const y = Math.max(left[1] - right[3], right[1] - left[3], 0)
  return Math.hypot(x, y)
}
