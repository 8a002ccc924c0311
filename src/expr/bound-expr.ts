import type { SpatialPredicate } from '../geometry/spatial-predicate.js'
import type { DataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import type { ColumnOperator, ComparisonOperator } from './ast.js'
import type { ColumnTest } from './column-test.js'
import type { JsonStep } from './json-scan.js'
import type { TimeInterval } from './time-interval.js'

/**
 * A condition on the rows of one schema: names are fields, constants have their column's form. Each node
 * is true, false or unknown of a row; a row passes where the whole is true.
 */
export type BoundExpr =
  | { readonly kind: 'constant'; readonly truth: boolean }
  | { readonly kind: 'test'; readonly value: ColumnValue; readonly test: ColumnTest }
  | CompareExpr
  | JsonNumberExpr
  | JsonContainsExpr
  | ContainsExpr
  | ListEqualsExpr
  | ElementsExpr
  | { readonly kind: 'jsonListEquals'; readonly value: JsonValue; readonly wanted: JsonScalar }
  | { readonly kind: 'isNull'; readonly value: FieldValue | JsonValue }
  | { readonly kind: 'exists'; readonly value: JsonValue }
  | SpatialExpr
  | { readonly kind: 'not'; readonly operand: BoundExpr }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly BoundExpr[] }

/** Two columns of a row against each other. */
interface CompareExpr {
  readonly kind: 'compare'
  readonly op: ComparisonOperator
  readonly left: ColumnValue
  readonly right: ColumnValue
}

export interface JsonNumberExpr {
  readonly kind: 'jsonNumber'
  readonly value: JsonValue
  readonly test: JsonNumberTest
  /** Whether a text that holds a number is that number. */
  readonly readsTexts?: boolean
}

/** True where each test holds for at least one element of the row's array. */
export interface ContainsExpr {
  readonly kind: 'contains'
  readonly list: FieldValue
  readonly tests: readonly ColumnTest[]
}

/** True where so many of the elements of a struct array pass a condition on their sub-fields. */
export interface ElementsExpr {
  readonly kind: 'elements'
  /** The sub-fields that it needs, one or more. */
  readonly lists: readonly Field[]
  /** On the elements as rows: a sub-field's elements have its id. */
  readonly condition: BoundExpr
  readonly quantifier: 'least' | 'most' | 'exact' | 'all'
  readonly count: number
  /** Whether it picks elements, rather than only rows. */
  readonly isFilter: boolean
}

/** True where the row's geometry passes. */
export interface SpatialExpr {
  readonly kind: 'spatial'
  readonly value: FieldValue
  readonly predicate: SpatialPredicate
}

/** True where the row's array has as many elements as there are tests, and each passes its own. */
export interface ListEqualsExpr {
  readonly kind: 'listEquals'
  readonly list: FieldValue
  readonly tests: readonly ColumnTest[]
}

/** True where at least `neededCount` of the wanted values are elements of the JSON array. */
export interface JsonContainsExpr {
  readonly kind: 'jsonContains'
  readonly list: JsonValue
  readonly wanted: ReadonlySet<JsonScalar>
  readonly neededCount: number
}

/**
 * A number is a bigint where it is an integer that a double cannot count to; a list is a text that no string
 * is equal to.
 */
export type JsonScalar = number | bigint | string | boolean

export type JsonNumberTest =
  | { readonly op: ComparisonOperator; readonly constant: number | bigint }
  | { readonly op: 'in'; readonly values: ReadonlySet<JsonScalar> }

/** What a row is tested by; `dataType` tells the layout of the column that it evaluates to. */
export type ColumnValue =
  | FieldValue
  | ElementValue
  | LengthValue
  | ArithmeticValue
  | ShiftedTime
  | JsonValue

export interface FieldValue {
  readonly kind: 'field'
  readonly field: Field
  readonly dataType: DataType
}

/** One element of an array: null where the array is too short. */
export interface ElementValue {
  readonly kind: 'element'
  readonly field: Field
  readonly index: number
  readonly dataType: DataType
}

export interface LengthValue {
  readonly kind: 'length'
  readonly list: FieldValue | JsonValue
  readonly dataType: DataType
}

/** Int64 where both sides are integers, else Double. What Int64 cannot hold is null to further arithmetic. */
export interface ArithmeticValue {
  readonly kind: 'arithmetic'
  readonly op: ColumnOperator
  readonly left: ColumnValue | ConstantValue
  readonly right: ColumnValue | ConstantValue
  readonly dataType: DataType
}

/** A time that is moved by an interval, of every row. */
export interface ShiftedTime {
  readonly kind: 'shifted'
  readonly time: FieldValue
  readonly interval: TimeInterval
  readonly sign: 1 | -1
  readonly dataType: DataType
}

export interface ConstantValue {
  readonly kind: 'number'
  readonly value: number | bigint
}

/**
 * What lies at a path of a JSON document, read as one type (Bool, VarChar or Double) and null where the
 * document has nothing of that type there. Its `dataType` is JSON until the other side tells the type.
 */
export interface JsonValue {
  readonly kind: 'json'
  readonly field: Field
  readonly path: readonly JsonStep[]
  readonly dataType: DataType
}

/** The fields whose columns the expression needs. */
export function fieldsOf(bound: BoundExpr): readonly Field[] {
  const fields = new Set<Field>()
  collectFields(bound, fields)
  return [...fields]
}

function collectFields(bound: BoundExpr, fields: Set<Field>): void {
  switch (bound.kind) {
    case 'constant':
      break
    case 'and':
    case 'or':
      for (const operand of bound.operands) collectFields(operand, fields)
      break
    case 'not':
      collectFields(bound.operand, fields)
      break
    case 'compare':
      collectValueFields(bound.left, fields)
      collectValueFields(bound.right, fields)
      break
    case 'elements':
      for (const field of bound.lists) fields.add(field)
      break
    case 'contains':
    case 'listEquals':
    case 'jsonContains':
      fields.add(bound.list.field)
      break
    default:
      collectValueFields(bound.value, fields)
  }
}

function collectValueFields(value: ColumnValue | ConstantValue, fields: Set<Field>): void {
  switch (value.kind) {
    case 'number':
      break
    case 'arithmetic':
      collectValueFields(value.left, fields)
      collectValueFields(value.right, fields)
      break
    case 'length':
      fields.add(value.list.field)
      break
    case 'shifted':
      fields.add(value.time.field)
      break
    default:
      fields.add(value.field)
  }
}
