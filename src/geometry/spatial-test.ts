import { Buffer } from 'node:buffer'
import type { Box } from './box.js'
import { metresBetween, metresOfDegree } from './earth-distance.js'
import { type Geometry, isEmpty, somePoint } from './geometry.js'
import { parseWkt } from './parse-wkt.js'
import { mayPass, type SpatialOperation, type SpatialPredicate } from './spatial-predicate.js'
import { places, type Shape, topology } from './topology.js'
import { readBox } from './wkt-box.js'

/** Tells whether a text, which is a geometry, passes. */
export type SpatialTest = (bytes: Uint8Array, begin: number, end: number) => boolean

/** Prepares a condition for many texts. */
export function spatialTest(predicate: SpatialPredicate): SpatialTest {
  const { operation, wkt, distance } = predicate
  const box = new Float64Array(4)
  const otherBox = boxOfWkt(wkt)
  const passes =
    operation === 'isvalid'
      ? isValid
      : operation === 'dwithin'
        ? nearTest(parseWkt(wkt), distance)
        : relationTest(operation, parseWkt(wkt))
  return (bytes, begin, end) => {
    readBox(bytes, begin, end, box)
    if (!mayPass(predicate, box, otherBox)) return false
    try {
      return passes({ box, bytes, begin, end })
    } catch {
      // Milvus: a geometry that is so broken that nothing can be told of it does not pass.
      return false
    }
  }
}

/** The box around a geometry's text; void of ''. */
export function boxOfWkt(wkt: string): Box {
  const box = new Float64Array(4)
  const bytes = Buffer.from(wkt)
  readBox(bytes, 0, bytes.byteLength, box)
  return box
}

/** A text, and the box around it. */
interface Candidate {
  readonly box: Box
  readonly bytes: Uint8Array
  readonly begin: number
  readonly end: number
}

function isValid(candidate: Candidate): boolean {
  if (isPoint(candidate)) return true
  const geometry = geometryOf(candidate)
  return isEmpty(geometry) || topology().isValid(topology().shapeOf(geometry))
}

/** Milvus: metres on the earth between points; of other geometries, degrees in the plane as metres there. */
function nearTest(other: Geometry, distance: number): (candidate: Candidate) => boolean {
  if (other.type !== 'POINT' || isEmpty(other)) return () => false
  const [x, y] = other.numbers
  const metres = metresOfDegree(y)
  return (candidate) => {
    const { box } = candidate
    if (isPoint(candidate)) return metresBetween(box[0], box[1], x, y) <= distance
    const { shapeOf, distance: degreesBetween } = topology()
    return degreesBetween(shapeOf(geometryOf(candidate)), shapeOf(other)) * metres <= distance
  }
}

type Relation = Exclude<SpatialOperation, 'dwithin' | 'isvalid'>

function relationTest(relation: Relation, other: Geometry): (candidate: Candidate) => boolean {
  // Boxes that are the same are void where the other one is: both are EMPTY.
  if (isEmpty(other)) return () => relation === 'equals'
  const { shapeOf, placesIn } = topology()
  const otherShape = shapeOf(other)
  const related = (geometry: Geometry) => relates(relation, shapeOf(geometry), otherShape)
  const isArea = other.type === 'POLYGON' || other.type === 'MULTIPOLYGON'
  if (!isArea) return (candidate) => related(geometryOf(candidate))
  const placeOf = placesIn(otherShape)
  return (candidate) => {
    const { box } = candidate
    if (isPoint(candidate)) return isPointRelated(relation, placeOf(box[0], box[1]))
    const geometry = geometryOf(candidate)
    return toldByPoints(relation, geometry, placeOf) ?? related(geometry)
  }
}

function relates(relation: Relation, shape: Shape, other: Shape): boolean {
  const { relate } = topology()
  if (relation === 'within') return relate.contains(other, shape)
  return relate[relation === 'equals' ? 'equalsTopo' : relation](shape, other)
}

/** Of a point and an area. */
function isPointRelated(relation: Relation, place: number): boolean {
  if (relation === 'within') return place === places.inside
  if (relation === 'intersects') return place !== places.outside
  return relation === 'touches' && place === places.boundary
}

/** What the points of a geometry tell of it and an area; null: not enough. */
function toldByPoints(
  relation: Relation,
  geometry: Geometry,
  placeOf: (x: number, y: number) => number,
): boolean | null {
  const isOutside = (x: number, y: number) => placeOf(x, y) === places.outside
  if (relation === 'within') return somePoint(geometry, isOutside) ? false : null
  if (relation !== 'intersects') return null
  return somePoint(geometry, (x, y) => !isOutside(x, y)) ? true : null
}

/** No other type has this letter there; canonical texts have capitals. */
function isPoint({ bytes, begin }: Candidate): boolean {
  return bytes[begin + 2] === 0x49
}

function geometryOf({ bytes, begin, end }: Candidate): Geometry {
  return parseWkt(
    Buffer.from(bytes.buffer, bytes.byteOffset + begin, end - begin).toString('latin1'),
  )
}
