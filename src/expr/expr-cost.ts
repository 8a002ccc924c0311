import { DataType } from '../schema/data-type.js'
import type { BoundExpr, ColumnValue, ConstantValue } from './bound-expr.js'
import type { ColumnTest } from './column-test.js'

/** About how many nanoseconds it takes to tell of a row whether it passes: what orders conditions. */
export function costOf(bound: BoundExpr): number {
  switch (bound.kind) {
    case 'constant':
      return 0
    case 'test':
      return valueCost(bound.value) + testCost(bound.test)
    case 'compare':
      return valueCost(bound.left) + valueCost(bound.right) + 40
    case 'contains':
    case 'listEquals':
      return bound.tests.reduce((sum, test) => sum + elementsLikely * testCost(test) + 10, 0)
    case 'elements':
      return elementsLikely * (costOf(bound.condition) + 5)
    case 'spatial':
      return bound.predicate.operation === 'isvalid' ? validityCost : geometryCost
    case 'isNull':
      return bound.value.kind === 'json' ? documentCost : 1
    case 'not':
      return costOf(bound.operand) + 1
    case 'and':
    case 'or':
      return bound.operands.reduce((sum, operand) => sum + costOf(operand), 0)
    default:
      return documentCost
  }
}

/** About how many nanoseconds it takes before the first row: lists of values become tables. */
export function costBeforeRows(bound: BoundExpr): number {
  switch (bound.kind) {
    case 'test':
      return listedIn(bound.test) * listedCost
    case 'contains':
    case 'listEquals':
      return bound.tests.reduce((sum, test) => sum + listedIn(test) * listedCost, 0)
    case 'elements':
      return costBeforeRows(bound.condition)
    case 'not':
      return costBeforeRows(bound.operand)
    case 'and':
    case 'or':
      return bound.operands.reduce((sum, operand) => sum + costBeforeRows(operand), 0)
    default:
      return 0
  }
}

function listedIn(test: ColumnTest): number {
  return 'values' in test ? test.values.length : 0
}

/** A place in a table that is larger than any cache. */
const listedCost = 100

/** Of an array. */
const elementsLikely = 8
/** To follow a path through a document. */
const documentCost = 300

/** The box of a point tells in 150, but rows that boxes leave may take fifty thousand. */
const geometryCost = 2000
/** To build a geometry, and to look at all of it. */
const validityCost = 5000

/** Of a single value. */
export function testCost(test: ColumnTest): number {
  switch (test.kind) {
    case 'range':
    case 'int64Range':
      return 0.7
    case 'set':
    case 'int64Set':
      return 3
    case 'text':
      return 10
    case 'textSet':
      return 40
    case 'like':
      return 60
    case 'regex':
      return test.like !== null ? 60 : test.literals.length > 0 ? 150 : 800
  }
}

function valueCost(value: ColumnValue | ConstantValue): number {
  switch (value.kind) {
    case 'number':
    case 'field':
      return 0
    case 'element':
      return 15
    case 'length':
      return value.list.kind === 'json' ? documentCost : 3
    case 'arithmetic': {
      const own = value.dataType === DataType.Int64 ? 150 : 10
      return valueCost(value.left) + valueCost(value.right) + own
    }
    case 'shifted':
      return 100
    case 'json':
      return documentCost
  }
}
