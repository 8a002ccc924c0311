/** Milvus: metres on a ball of this radius, by the haversine formula. */
const earthRadius = 6_371_000
/** Milvus: of latitude; what a distance that is not between two points is turned into metres by. */
const metresPerDegree = 111_320

/** The metres between two points of degrees, x the longitude and y the latitude. */
export function metresBetween(x1: number, y1: number, x2: number, y2: number): number {
  const latitude1 = radians(y1)
  const latitude2 = radians(y2)
  const sinLatitude = Math.sin((latitude2 - latitude1) / 2)
  const sinLongitude = Math.sin((radians(x2) - radians(x1)) / 2)
  const a =
    sinLatitude * sinLatitude +
    Math.cos(latitude1) * Math.cos(latitude2) * sinLongitude * sinLongitude
  return earthRadius * (2 * Math.atan2(Math.sqrt(a), Math.sqrt(1 - a)))
}

/** The metres that a degree in the plane counts for around a latitude. */
export function metresOfDegree(latitude: number): number {
  const cosine = Math.cos(radians(latitude))
  return metresPerDegree * Math.sqrt((1 + cosine * cosine) / 2)
}

/**
 * How far points within some metres of a point can be from it: in degrees of longitude and of latitude. Holds for
 * latitudes up to 90; around a pole all longitudes are near.
 */
export function degreesAround(latitude: number, metres: number): { x: number; y: number } {
  const angle = metres / earthRadius
  const y = roundedUp(degrees(angle))
  if (Math.abs(latitude) + y >= 90) return { x: 360, y }
  const sine = Math.sin(angle) / Math.cos(radians(latitude))
  return { x: roundedUp(degrees(Math.asin(Math.min(1, sine)))), y }
}

/** How far from a point, in the plane, what counts for so many metres around its latitude can be. */
export function degreesInPlane(latitude: number, metres: number): number {
  return roundedUp(metres / metresOfDegree(latitude))
}

/** So that what is near is never missed by a last bit. */
function roundedUp(value: number): number {
  return value * (1 + 1e-9) + 1e-9
}

function radians(angle: number): number {
  return (angle * Math.PI) / 180
}

function degrees(angle: number): number {
  return (angle * 180) / Math.PI
}
