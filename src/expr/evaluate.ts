import { bitmapWithLength, hasBit, intersectInto, setBit } from '../column/bitmap.js'
import type { BytesColumn, ListColumn } from '../column/column.js'
import type {
  BoundExpr,
  ColumnValue,
  ContainsExpr,
  ElementsExpr,
  FieldValue,
  JsonValue,
  ListEqualsExpr,
} from './bound-expr.js'
import { compareColumns } from './compare-columns.js'
import { type Columns, evaluateValue } from './evaluate-value.js'
import {
  jsonContains,
  jsonExists,
  jsonIsNull,
  jsonListEquals,
  jsonNumberPasses,
} from './json-predicates.js'
import { runTest } from './run-test.js'
import { spatialTruth } from './spatial-truth.js'
import { type Truth, truthAnd, truthConstant, truthNot, truthOf, truthOr } from './truth.js'

/**
 * A bit for each of `rowCount` rows for which the expression is true, neither false nor unknown.
 * `columns` has those of `fieldsOf(bound)`, by field id.
 */
export function evaluate(bound: BoundExpr, columns: Columns, rowCount: number): Uint8Array {
  return truthOfRows(bound, columns, rowCount).truth
}

function truthOfRows(bound: BoundExpr, columns: Columns, rowCount: number): Truth {
  switch (bound.kind) {
    case 'constant':
      return truthConstant(bound.truth, rowCount)
    case 'test': {
      const column = evaluateValue(bound.value, columns, rowCount)
      const passed = runTest(bound.test, column, rowCount)
      if (bound.test.kind !== 'regex') return truthOf(passed, column.validity)
      return regexTruth(bound.value, passed, column.validity, columns)
    }
    case 'compare': {
      const left = evaluateValue(bound.left, columns, rowCount)
      const right = evaluateValue(bound.right, columns, rowCount)
      return compareColumns(bound.op, left, right, rowCount)
    }
    case 'jsonNumber':
      return jsonNumberPasses(bound, jsonColumn(bound.value, columns), rowCount)
    case 'jsonContains':
      return jsonContains(bound, jsonColumn(bound.list, columns), rowCount)
    case 'contains':
      return containsTruth(bound, columns, rowCount)
    case 'listEquals':
      return listEqualsTruth(bound, columns, rowCount)
    case 'elements':
      return elementsTruth(bound, columns, rowCount)
    case 'jsonListEquals':
      return jsonListEquals(bound, jsonColumn(bound.value, columns), rowCount)
    case 'isNull':
      return nullTruth(bound.value, columns, rowCount)
    case 'exists':
      return jsonExists(bound.value, jsonColumn(bound.value, columns), rowCount)
    case 'spatial': {
      const column = columns.get(bound.value.field.fieldId) as BytesColumn
      return spatialTruth(bound.predicate, column, rowCount)
    }
    case 'not':
      return truthNot(truthOfRows(bound.operand, columns, rowCount), rowCount)
    case 'and':
      return bound.operands
        .map((operand) => truthOfRows(operand, columns, rowCount))
        .reduce(truthAnd)
    case 'or':
      return bound.operands
        .map((operand) => truthOfRows(operand, columns, rowCount))
        .reduce(truthOr)
  }
}

/**
 * Milvus: an element that is missing, and what is no string in a document, does not match: `!~` is true of it. Only
 * where the field itself is null it is unknown.
 */
function regexTruth(
  value: ColumnValue,
  passed: Uint8Array,
  validity: Uint8Array | null,
  columns: Columns,
): Truth {
  if (value.kind !== 'json' && value.kind !== 'element') return truthOf(passed, validity)
  if (validity !== null) intersectInto(passed, validity)
  return truthOf(passed, columns.get(value.field.fieldId)!.validity)
}

function jsonColumn(value: JsonValue, columns: Columns): BytesColumn {
  return columns.get(value.field.fieldId) as BytesColumn
}

function nullTruth(value: FieldValue | JsonValue, columns: Columns, rowCount: number): Truth {
  if (value.kind === 'json') return jsonIsNull(value, jsonColumn(value, columns), rowCount)
  const { validity } = columns.get(value.field.fieldId)!
  if (validity === null) return truthConstant(false, rowCount)
  return truthNot({ truth: validity.subarray(0, (rowCount + 7) >> 3), known: null }, rowCount)
}

/** Each test runs over all elements at once; a row passes where every test has an element of it. */
function containsTruth({ list, tests }: ContainsExpr, columns: Columns, rowCount: number): Truth {
  const { offsets, child, validity } = columns.get(list.field.fieldId) as ListColumn
  const passed = bitmapWithLength(rowCount, true)
  for (const test of tests) {
    keepRowsWithElement(runTest(test, child, offsets[rowCount]), offsets, rowCount, passed)
  }
  return truthOf(passed, validity)
}

/** The elements of all rows for which a condition on elements is true. */
function elementsPassing(
  { lists, condition }: ElementsExpr,
  columns: Columns,
  rowCount: number,
): Uint8Array {
  const children = new Map(
    lists.map(({ fieldId }) => [fieldId, (columns.get(fieldId) as ListColumn).child]),
  )
  const { offsets } = columns.get(lists[0].fieldId) as ListColumn
  return evaluate(condition, children, offsets[rowCount])
}

function elementsTruth(bound: ElementsExpr, columns: Columns, rowCount: number): Truth {
  const { offsets, validity } = columns.get(bound.lists[0].fieldId) as ListColumn
  const elements = elementsPassing(bound, columns, rowCount)
  const passed = bitmapWithLength(rowCount)
  for (let row = 0; row < rowCount; row++) {
    let count = 0
    for (let at = offsets[row]; at < offsets[row + 1]; at++) if (hasBit(elements, at)) count++
    if (isEnough(bound, count, offsets[row + 1] - offsets[row])) setBit(passed, row)
  }
  return truthOf(passed, validity)
}

function isEnough({ quantifier, count }: ElementsExpr, passing: number, all: number): boolean {
  switch (quantifier) {
    case 'least':
      return passing >= count
    case 'most':
      return passing <= count
    case 'exact':
      return passing === count
    case 'all':
      return passing === all
  }
}

/** Each test runs over all elements at once, and counts for those at its own place. */
function listEqualsTruth(
  { list, tests }: ListEqualsExpr,
  columns: Columns,
  rowCount: number,
): Truth {
  const { offsets, child, validity } = columns.get(list.field.fieldId) as ListColumn
  const passed = bitmapWithLength(rowCount)
  const elements = tests.map((test) => runTest(test, child, offsets[rowCount]))
  for (let row = 0; row < rowCount; row++) {
    if (offsets[row + 1] - offsets[row] !== tests.length) continue
    if (elements.every((bits, place) => hasBit(bits, offsets[row] + place))) setBit(passed, row)
  }
  return truthOf(passed, validity)
}

function keepRowsWithElement(
  elements: Uint8Array,
  offsets: Int32Array,
  rowCount: number,
  passed: Uint8Array,
): void {
  for (let row = 0; row < rowCount; row++) {
    let at = offsets[row]
    while (at < offsets[row + 1] && (elements[at >> 3] & (1 << (at & 7))) === 0) at++
    if (at === offsets[row + 1]) passed[row >> 3] &= ~(1 << (row & 7))
  }
}
