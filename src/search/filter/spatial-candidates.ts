import { bitmapWithLength, intersectInto, uniteInto } from '../../column/bitmap.js'
import type { BoundExpr, SpatialExpr } from '../../expr/bound-expr.js'
import { searchBoxes } from '../../geometry/search-boxes.js'
import { mayPass } from '../../geometry/spatial-predicate.js'
import { boxOfWkt } from '../../geometry/spatial-test.js'
import { markMeeting } from '../../indexes/scalar/box-tree.js'
import type { SpatialIndex } from './scalar-index.js'

/**
 * The rows for which a condition may be true, by what the boxes of geometries tell: the others need not be looked
 * at. Null: all rows.
 */
export function spatialCandidates(
  bound: BoundExpr,
  indexes: readonly SpatialIndex[],
  rowCount: number,
): Uint8Array | null {
  switch (bound.kind) {
    case 'spatial':
      return rowsMeeting(bound, indexes, rowCount)
    case 'and': {
      const told = toldOf(bound.operands, indexes, rowCount)
      if (told.length === 0) return null
      const [rows, ...others] = told
      for (const other of others) intersectInto(rows, other)
      return rows
    }
    case 'or': {
      const told = toldOf(bound.operands, indexes, rowCount)
      if (told.length < bound.operands.length) return null
      const [rows, ...others] = told
      for (const other of others) uniteInto(rows, other)
      return rows
    }
    default:
      return null
  }
}

function toldOf(
  operands: readonly BoundExpr[],
  indexes: readonly SpatialIndex[],
  rowCount: number,
): Uint8Array[] {
  return operands
    .map((operand) => spatialCandidates(operand, indexes, rowCount))
    .filter((rows) => rows !== null)
}

function rowsMeeting(
  { value, predicate }: SpatialExpr,
  indexes: readonly SpatialIndex[],
  rowCount: number,
): Uint8Array | null {
  const index = indexes.find(({ fieldId }) => fieldId === value.field.fieldId)
  if (!index) return null
  const other = boxOfWkt(predicate.wkt)
  const boxes = searchBoxes(predicate, other, index.boxes.bounds)
  if (boxes === null) return null
  const rows = bitmapWithLength(rowCount)
  for (const box of boxes) {
    markMeeting(index.boxes, box, (found) => mayPass(predicate, found, other), rows)
  }
  return rows
}
