import { type Box, isVoid } from './box.js'
import { degreesAround, degreesInPlane } from './earth-distance.js'
import type { SpatialPredicate } from './spatial-predicate.js'

/**
 * The boxes of which a geometry must meet one to pass, where an index may look.
 * @param other the box around the other geometry
 * @param bounds the box around all geometries
 * @returns null: anywhere
 */
export function searchBoxes(
  { operation, distance }: SpatialPredicate,
  other: Box,
  bounds: Box,
): Box[] | null {
  if (operation === 'isvalid' || (operation === 'equals' && isVoid(other))) return null
  if (isVoid(other)) return []
  if (operation !== 'dwithin') return [other]
  const [x, y] = other
  if (!isOnEarth(other) || !isOnEarth(bounds)) return null
  const around = degreesAround(y, distance)
  const flat = degreesInPlane(y, distance)
  // Longitudes go on behind 180 as -180.
  const turns = [-360, 0, 360].map((turn) => boxAround(x + turn, y, around.x, around.y))
  return [boxAround(x, y, flat, flat), ...turns]
}

function isOnEarth([minX, minY, maxX, maxY]: Box): boolean {
  return minX >= -180 && maxX <= 180 && minY >= -90 && maxY <= 90
}

function boxAround(x: number, y: number, width: number, height: number): Box {
  return Float64Array.of(x - width, y - height, x + width, y + height)
}
