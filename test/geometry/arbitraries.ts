import fc from 'fast-check'

/** Numbers that often meet, and some with decimals. */
const coordinate = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: -4, max: 4 }) },
  { weight: 1, arbitrary: fc.double({ min: -9, max: 9, noNaN: true, noDefaultInfinity: true }) },
)
const point = fc.tuple(coordinate, coordinate).map(([x, y]) => `${x} ${y}`)
const line = fc.uniqueArray(point, { minLength: 2, maxLength: 4 }).map((points) => listed(points))

/** Boxes, triangles, and a square with a hole: all valid. */
const rings = fc.oneof(
  fc
    .tuple(coordinate, coordinate, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
    .map(([x, y, width, height]) => listed([boxRing(x, y, width, height)])),
  fc
    .tuple(coordinate, coordinate, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
    .map(([x, y, a, b]) => `((${x} ${y}, ${x + a} ${y}, ${x} ${y + b}, ${x} ${y}))`),
  fc.constant(listed([boxRing(-5, -5, 10, 10), boxRing(-2, -2, 4, 3)])),
)

const simple = fc.oneof(
  point.map((each) => `POINT (${each})`),
  line.map((each) => `LINESTRING ${each}`),
  rings.map((each) => `POLYGON ${each}`),
)

export const wkt = fc.oneof(
  { weight: 5, arbitrary: simple },
  {
    weight: 1,
    arbitrary: fc
      .uniqueArray(point, { minLength: 1, maxLength: 3 })
      .map((all) => `MULTIPOINT ${listed(all)}`),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(line, { minLength: 1, maxLength: 2 })
      .map((all) => `MULTILINESTRING ${listed(all)}`),
  },
  // Two polygons far from each other.
  {
    weight: 1,
    arbitrary: rings.map((each) => `MULTIPOLYGON (${each}, ((50 50, 51 50, 50 51, 50 50)))`),
  },
  { weight: 1, arbitrary: fc.constantFrom('POINT EMPTY', 'POLYGON EMPTY', 'MULTIPOINT EMPTY') },
)

export const pointWkt = point.map((each) => `POINT (${each})`)

/** Of the earth, and near its edges. */
export const placeWkt = fc
  .tuple(
    fc.oneof(fc.double({ min: -180, max: 180, noNaN: true }), fc.constantFrom(179.99, -179.99, 0)),
    fc.oneof(fc.double({ min: -90, max: 90, noNaN: true }), fc.constantFrom(89.9, -89.9, 90, 0)),
  )
  .map(([x, y]) => `POINT (${x} ${y})`)

function boxRing(x: number, y: number, width: number, height: number): string {
  const [right, top] = [x + width, y + height]
  return `(${x} ${y}, ${right} ${y}, ${right} ${top}, ${x} ${top}, ${x} ${y})`
}

function listed(items: readonly string[]): string {
  return `(${items.join(', ')})`
}
