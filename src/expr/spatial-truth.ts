import { bitmapWithLength, hasBit, setBit } from '../column/bitmap.js'
import type { BytesColumn } from '../column/column.js'
import type { SpatialPredicate } from '../geometry/spatial-predicate.js'
import { type SpatialTest, spatialTest } from '../geometry/spatial-test.js'
import { type Truth, truthOf } from './truth.js'

/** Which of the first rows of a column of geometries pass. */
export function spatialTruth(
  predicate: SpatialPredicate,
  { bytes, offsets, validity }: BytesColumn,
  rowCount: number,
): Truth {
  const passes = preparedTest(predicate)
  const passed = bitmapWithLength(rowCount)
  for (let row = 0; row < rowCount; row++) {
    if (validity !== null && !hasBit(validity, row)) continue
    if (passes(bytes, offsets[row], offsets[row + 1])) setBit(passed, row)
  }
  return truthOf(passed, validity)
}

/** Prepared once for all blocks of rows. */
function preparedTest(predicate: SpatialPredicate): SpatialTest {
  const known = tests.get(predicate)
  if (known) return known
  const test = spatialTest(predicate)
  tests.set(predicate, test)
  return test
}

const tests = new WeakMap<SpatialPredicate, SpatialTest>()
