import fc from 'fast-check'
import GeometryFactory from 'jsts/org/locationtech/jts/geom/GeometryFactory.js'
import WKTReader from 'jsts/org/locationtech/jts/io/WKTReader.js'
import DistanceOp from 'jsts/org/locationtech/jts/operation/distance/DistanceOp.js'
import RelateOp from 'jsts/org/locationtech/jts/operation/relate/RelateOp.js'
import IsValidOp from 'jsts/org/locationtech/jts/operation/valid/IsValidOp.js'
import { expect, it } from 'vitest'
import { hasBit } from '../../dist/column/bitmap.js'
import type { BytesColumn } from '../../dist/column/column.js'
import type { BoundExpr } from '../../dist/expr/bound-expr.js'
import { evaluate } from '../../dist/expr/evaluate.js'
import type { SpatialOperation, SpatialPredicate } from '../../dist/geometry/spatial-predicate.js'
import { buildBoxTree, openBoxTree } from '../../dist/indexes/scalar/box-tree.js'
import { DataType } from '../../dist/schema/data-type.js'
import { spatialCandidates } from '../../dist/search/filter/spatial-candidates.js'
import { columnOf } from '../expr/fixture.js'
import { field } from '../support/fields.js'
import { placeWkt, pointWkt, wkt } from './arbitraries.js'

const geo = field(101, 'geo', DataType.Geometry, { nullable: true })
const operations = [
  'equals',
  'touches',
  'overlaps',
  'crosses',
  'contains',
  'intersects',
  'within',
] as const
const reader = new WKTReader(new GeometryFactory())

/** What jsts says of each pair, without boxes, without an index, with its own reader. */
function isTrue(operation: (typeof operations)[number], text: string, other: string): boolean {
  if (text.endsWith('EMPTY') || other.endsWith('EMPTY')) {
    return operation === 'equals' && text.endsWith('EMPTY') && other.endsWith('EMPTY')
  }
  const [left, right] = [reader.read(text), reader.read(other)]
  if (operation === 'within') return RelateOp.relate(right, left).isContains()
  if (operation === 'contains') return RelateOp.relate(left, right).isContains()
  if (operation === 'intersects') return RelateOp.relate(left, right).isIntersects()
  return RelateOp[operation === 'equals' ? 'equalsTopo' : operation](left, right)
}

it('tells the rows that jsts tells, with an index and without', () => {
  const passed = new Map<string, number>()
  const texts = fc.array(fc.option(wkt), { maxLength: 40 })
  fc.assert(
    fc.property(fc.constantFrom(...operations), wkt, texts, (operation, other, some) => {
      const rows = [...some, other]
      const expected = rows.map((text) => text !== null && isTrue(operation, text, other))
      passed.set(operation, (passed.get(operation) ?? 0) + expected.filter(Boolean).length)
      check({ operation, wkt: other, distance: 0 }, rows, expected)
    }),
    { numRuns: Number(process.env.MILLRACE_PROPERTY_RUNS ?? 150), seed: 5 },
  )
  for (const operation of operations)
    expect([operation, passed.get(operation)! > 3]).toEqual([operation, true])
})

it('tells what is within a distance: on the earth, over its edges, and of lines in the plane', () => {
  const metres = fc.oneof(
    fc.double({ min: 0, max: 3e7, noNaN: true }),
    fc.double({ min: 0, max: 1e5, noNaN: true }),
    fc.constantFrom(0, 1e9),
  )
  const rows = fc.array(fc.option(fc.oneof(placeWkt, wkt)), { maxLength: 40 })
  let count = 0
  fc.assert(
    fc.property(fc.oneof(placeWkt, pointWkt), metres, rows, (other, distance, texts) => {
      const expected = texts.map((text) => text !== null && isNear(text, other, distance))
      count += expected.filter(Boolean).length
      check({ operation: 'dwithin', wkt: other, distance }, texts, expected)
    }),
    { numRuns: Number(process.env.MILLRACE_PROPERTY_RUNS ?? 300), seed: 6 },
  )
  expect(count).toBeGreaterThan(100)
})

function isNear(text: string, other: string, distance: number): boolean {
  if (text.endsWith('EMPTY')) return false
  const [left, right] = [reader.read(text), reader.read(other)]
  const radians = (angle: number) => (angle * Math.PI) / 180
  if (!text.startsWith('POINT')) {
    const cosine = Math.cos(radians(right.getY()))
    const metresOfDegree = 111_320 * Math.sqrt((1 + cosine * cosine) / 2)
    return DistanceOp.distance(left, right) * metresOfDegree <= distance
  }
  const [latitude, otherLatitude] = [radians(left.getY()), radians(right.getY())]
  const half = (angle: number) => Math.sin(angle / 2) * Math.sin(angle / 2)
  const a =
    half(otherLatitude - latitude) +
    Math.cos(latitude) *
      Math.cos(otherLatitude) *
      half(radians(right.getX()) - radians(left.getX()))
  return 6_371_000 * 2 * Math.atan2(Math.sqrt(a), Math.sqrt(1 - a)) <= distance * (1 + 1e-12)
}

it('tells what is valid', () => {
  const rows = [
    ...['POINT (1 2)', 'POLYGON EMPTY', 'LINESTRING (1 1, 1 1)', null],
    ...['POLYGON ((0 0, 4 4, 4 0, 0 4, 0 0))', 'POLYGON ((0 0, 4 0, 4 4, 0 0))'],
    'POLYGON ((0 0, 4 0, 4 4, 0 0), (8 8, 9 8, 9 9, 8 8))',
  ]
  const expected = rows.map(
    (text) => text !== null && (text.endsWith('EMPTY') || IsValidOp.isValid(reader.read(text))),
  )
  expect(expected).toEqual([true, true, false, false, false, true, false])
  check({ operation: 'isvalid', wkt: '', distance: 0 }, rows, expected)
})

function check(
  predicate: SpatialPredicate,
  rows: readonly (string | null)[],
  expected: readonly boolean[],
): void {
  const column = columnOf(
    geo,
    rows.map((text) => ({ geo: text })),
  ) as BytesColumn
  const value = { kind: 'field', field: geo, dataType: geo.dataType } as const
  const bound: BoundExpr = { kind: 'spatial', value, predicate }
  const found = evaluate(bound, new Map([[geo.fieldId, column]]), rows.length)
  expect(rows.map((_, row) => hasBit(found, row))).toEqual(expected)
  const negated = evaluate(
    { kind: 'not', operand: bound },
    new Map([[geo.fieldId, column]]),
    rows.length,
  )
  expect(rows.map((_, row) => hasBit(negated, row))).toEqual(
    rows.map((text, row) => text !== null && !expected[row]),
  )
  const boxes = openBoxTree(buildBoxTree(column, rows.length))
  const candidates = spatialCandidates(bound, [{ fieldId: geo.fieldId, boxes }], rows.length)
  const missed = rows.filter((_, row) => expected[row] && candidates && !hasBit(candidates, row))
  expect(missed).toEqual([])
}

it.each(['contains', 'within', 'intersects'] satisfies SpatialOperation[])(
  'leaves few candidates for %s',
  (operation) => {
    const rows = Array.from({ length: 900 }, (_, row) => ({
      geo: `POINT (${row % 30} ${Math.floor(row / 30)})`,
    }))
    const boxes = openBoxTree(buildBoxTree(columnOf(geo, rows) as BytesColumn, rows.length))
    const predicate = { operation, wkt: 'POLYGON ((3 3, 6 3, 6 6, 3 6, 3 3))', distance: 0 }
    const value = { kind: 'field', field: geo, dataType: geo.dataType } as const
    const bound: BoundExpr = { kind: 'spatial', value, predicate }
    const found = spatialCandidates(bound, [{ fieldId: geo.fieldId, boxes }], rows.length)!
    const count = rows.filter((_, row) => hasBit(found, row)).length
    expect(count).toBe(operation === 'contains' ? 0 : 16)
  },
)
