/** What the numbers of a point are. */
export type Layout = 'XY' | 'XYZ' | 'XYM' | 'XYZM'

/**
 * A geometry of well-known text. A list of numbers has points one after the other, each of as many numbers as
 * the layout has letters; an empty list is EMPTY.
 */
export type Geometry = { readonly layout: Layout } & (
  | { readonly type: 'POINT' | 'LINESTRING'; readonly numbers: readonly number[] }
  | {
      readonly type: 'POLYGON' | 'MULTIPOINT' | 'MULTILINESTRING'
      /** Rings, points or lines. */
      readonly parts: readonly (readonly number[])[]
    }
  | {
      readonly type: 'MULTIPOLYGON'
      readonly polygons: readonly (readonly (readonly number[])[])[]
    }
  | { readonly type: 'GEOMETRYCOLLECTION'; readonly members: readonly Geometry[] }
)

/** Whether a geometry has no point. */
export function isEmpty(geometry: Geometry): boolean {
  return !somePoint(geometry, () => true)
}

/** Whether a condition holds for one of the points of a geometry. */
export function somePoint(geometry: Geometry, holds: (x: number, y: number) => boolean): boolean {
  const { length: stride } = geometry.layout
  const holdsInPart = (numbers: readonly number[]) => {
    for (let at = 0; at < numbers.length; at += stride) {
      if (holds(numbers[at], numbers[at + 1])) return true
    }
    return false
  }
  switch (geometry.type) {
    case 'POINT':
    case 'LINESTRING':
      return holdsInPart(geometry.numbers)
    case 'MULTIPOLYGON':
      return geometry.polygons.some((rings) => rings.some(holdsInPart))
    case 'GEOMETRYCOLLECTION':
      return geometry.members.some((member) => somePoint(member, holds))
    default:
      return geometry.parts.some(holdsInPart)
  }
}
