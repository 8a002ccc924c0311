import { type Box, covers, gapBetween, isSame, isVoid, meet } from './box.js'
import { degreesInPlane } from './earth-distance.js'

/** What a geometry is asked of another one. */
export type SpatialOperation =
  | 'equals'
  | 'touches'
  | 'overlaps'
  | 'crosses'
  | 'contains'
  | 'intersects'
  | 'within'
  | 'dwithin'
  | 'isvalid'

/** A condition on a geometry, as plain data. */
export interface SpatialPredicate {
  readonly operation: SpatialOperation
  /** The other geometry; '' of `isvalid`, which has none. */
  readonly wkt: string
  /** Metres, of `dwithin`. */
  readonly distance: number
}

/** What the boxes alone tell: false where the condition cannot hold. */
export function mayPass({ operation, distance }: SpatialPredicate, box: Box, other: Box): boolean {
  switch (operation) {
    case 'isvalid':
      return true
    case 'equals':
      return isSame(box, other)
    case 'contains':
      return covers(box, other)
    case 'within':
      return covers(other, box)
    case 'dwithin':
      return isPoint(box) || isNear(box, other, distance)
    default:
      return !isVoid(box) && !isVoid(other) && meet(box, other)
  }
}

/** Points are near on the ball, where boxes tell nothing yet. */
function isPoint(box: Box): boolean {
  return box[0] === box[2] && box[1] === box[3]
}

function isNear(box: Box, point: Box, distance: number): boolean {
  if (isVoid(box) || isVoid(point)) return false
  return gapBetween(box, point) <= degreesInPlane(point[1], distance)
}
