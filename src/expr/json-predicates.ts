import { bitmapWithLength, clearBit, setBit } from '../column/bitmap.js'
import type { BytesColumn } from '../column/column.js'
import type {
  BoundExpr,
  JsonContainsExpr,
  JsonNumberExpr,
  JsonNumberTest,
  JsonScalar,
  JsonValue,
} from './bound-expr.js'
import { eachJsonValue } from './json-rows.js'
import { jsonNumberFrom, jsonScalarAt } from './json-scalar.js'
import { jsonFirstElement, jsonIsVoid, jsonKindAt, jsonNextElement } from './json-scan.js'
import { orderHolds } from './run-test.js'
import { type Truth, truthOf } from './truth.js'

/** Unknown where there is no number at the path. */
export function jsonNumberPasses(
  { value, test, readsTexts = false }: JsonNumberExpr,
  column: BytesColumn,
  rowCount: number,
): Truth {
  const kind = readsTexts ? null : 'number'
  return truthOfKind(kind, value.path, column, rowCount, (bytes, position, end) => {
    const number = jsonNumberFrom(bytes, position, end, readsTexts)
    return number === undefined ? undefined : numberPasses(test, number)
  })
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
  const truth = bitmapWithLength(rowCount)
  eachJsonValue(path, column, rowCount, null, (row, bytes, position, end) => {
    if (!jsonIsVoid(bytes, position, end)) setBit(truth, row)
  })
  return truthOf(truth, column.validity)
}

/** A path that is missing is null, as one that leads to a JSON null is. */
export function jsonIsNull({ path }: JsonValue, column: BytesColumn, rowCount: number): Truth {
  const truth = bitmapWithLength(rowCount, true)
  eachJsonValue(path, column, rowCount, null, (row, bytes, position) => {
    if (jsonKindAt(bytes, position) !== 'null') clearBit(truth, row)
  })
  return { truth, known: null }
}

/** What `passes` says of each row's value at the path; unknown where there is none of the kind. */
function truthOfKind(
  kind: ReturnType<typeof jsonKindAt> | null,
  path: JsonValue['path'],
  column: BytesColumn,
  rowCount: number,
  passes: (bytes: Buffer, position: number, end: number) => boolean | undefined,
): Truth {
  const truth = bitmapWithLength(rowCount)
  const known = bitmapWithLength(rowCount)
  eachJsonValue(path, column, rowCount, kind, (row, bytes, position, end) => {
    const does = passes(bytes, position, end)
    if (does === undefined) return
    setBit(known, row)
    if (does) setBit(truth, row)
  })
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
