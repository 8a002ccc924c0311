import { bitmapWithLength, clearBit, hasBit, setBit } from '../column/bitmap.js'
import type { BytesColumn } from '../column/column.js'
import type {
  BoundExpr,
  JsonContainsExpr,
  JsonNumberTest,
  JsonScalar,
  JsonValue,
} from './bound-expr.js'
import { bufferOf } from './json-columns.js'
import { jsonNumberAt, jsonScalarAt } from './json-scalar.js'
import {
  jsonFirstElement,
  jsonIsVoid,
  jsonKindAt,
  jsonLocate,
  jsonNextElement,
} from './json-scan.js'
import { orderHolds } from './run-test.js'
import type { Truth } from './truth.js'

/** Unknown where there is no number at the path. */
export function jsonNumberPasses(
  { value, test }: Extract<BoundExpr, { kind: 'jsonNumber' }>,
  column: BytesColumn,
  rowCount: number,
): Truth {
  return truthOfKind('number', value.path, column, rowCount, (bytes, position, end) =>
    numberPasses(test, jsonNumberAt(bytes, position, end)),
  )
}

/** Unknown where there is no array at the path. */
export function jsonContains(
  { list, wanted, neededCount }: JsonContainsExpr,
  column: BytesColumn,
  rowCount: number,
): Truth {
  return truthOfKind('array', list.path, column, rowCount, (bytes, position, end) =>
    containsEnough(bytes, position, end, wanted, neededCount),
  )
}

/** Unknown where there is no array at the path. */
export function jsonListEquals(
  { value, wanted }: Extract<BoundExpr, { kind: 'jsonListEquals' }>,
  column: BytesColumn,
  rowCount: number,
): Truth {
  return truthOfKind(
    'array',
    value.path,
    column,
    rowCount,
    (bytes, position, end) => jsonScalarAt(bytes, position, end) === wanted,
  )
}

/** Unknown where the document itself is null. */
export function jsonExists({ path }: JsonValue, column: BytesColumn, rowCount: number): Truth {
  const bytes = bufferOf(column)
  const truth = bitmapWithLength(rowCount)
  for (let row = 0; row < rowCount; row++) {
    if (column.validity !== null && !hasBit(column.validity, row)) continue
    const end = column.offsets[row + 1]
    const position = jsonLocate(bytes, column.offsets[row], end, path)
    if (position >= 0 && !jsonIsVoid(bytes, position, end)) setBit(truth, row)
  }
  return { truth, known: column.validity }
}

/** A path that is missing is null, as one that leads to a JSON null is. */
export function jsonIsNull({ path }: JsonValue, column: BytesColumn, rowCount: number): Truth {
  const bytes = bufferOf(column)
  const truth = bitmapWithLength(rowCount, true)
  for (let row = 0; row < rowCount; row++) {
    const position = jsonLocate(bytes, column.offsets[row], column.offsets[row + 1], path)
    if (position >= 0 && jsonKindAt(bytes, position) !== 'null') clearBit(truth, row)
  }
  return { truth, known: null }
}

/** What `passes` says of each row's value at the path; unknown where there is none of the kind. */
function truthOfKind(
  kind: ReturnType<typeof jsonKindAt>,
  path: JsonValue['path'],
  column: BytesColumn,
  rowCount: number,
  passes: (bytes: Buffer, position: number, end: number) => boolean,
): Truth {
  const bytes = bufferOf(column)
  const truth = bitmapWithLength(rowCount)
  const known = bitmapWithLength(rowCount)
  for (let row = 0; row < rowCount; row++) {
    const end = column.offsets[row + 1]
    const position = jsonLocate(bytes, column.offsets[row], end, path)
    if (position < 0 || jsonKindAt(bytes, position) !== kind) continue
    setBit(known, row)
    if (passes(bytes, position, end)) setBit(truth, row)
  }
  return { truth, known }
}

function numberPasses(test: JsonNumberTest, value: number | bigint): boolean {
  if (test.op === 'in') return test.values.has(value)
  const sign = value < test.constant ? -1 : value > test.constant ? 1 : 0
  return test.op === '!=' ? sign !== 0 : orderHolds(test.op, sign)
}

function containsEnough(
  bytes: Buffer,
  position: number,
  end: number,
  wanted: ReadonlySet<JsonScalar>,
  neededCount: number,
): boolean {
  const found = new Set<JsonScalar>()
  let element = jsonFirstElement(bytes, position, end)
  for (; element >= 0 && found.size < neededCount; element = jsonNextElement(bytes, element, end)) {
    const scalar = jsonScalarAt(bytes, element, end)
    if (scalar !== undefined && wanted.has(scalar)) found.add(scalar)
  }
  return found.size >= neededCount
}
