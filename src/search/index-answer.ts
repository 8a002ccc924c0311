import { bitmapWithLength, intersectInto, uniteInto } from '../column/bitmap.js'
import type { BoundExpr, ContainsExpr, FieldValue, JsonValue } from '../expr/bound-expr.js'
import { type Truth, truthAnd, truthConstant, truthNot, truthOf, truthOr } from '../expr/truth.js'
import { markCost, markRows, type ValueSpan } from '../indexes/scalar/find-values.js'
import type { ValueIndex } from '../indexes/scalar/value-index.js'
import { DataType } from '../schema/data-type.js'
import { numberTestFrom, spansOf, type ValueSpans } from './index-spans.js'
import { isPath, type JsonCast, type ScalarIndex } from './scalar-index.js'

/** How a segment's indexes tell of all rows whether a condition holds. */
interface IndexAnswer {
  /** About how many nanoseconds it takes. */
  readonly cost: number
  truth(): Truth
}

/** Null where the indexes do not know, or where it would take as long as to look at every row. */
export function indexAnswerOf(
  bound: BoundExpr,
  indexes: readonly ScalarIndex[],
  rowCount: number,
): IndexAnswer | null {
  switch (bound.kind) {
    case 'constant':
      return { cost: 0, truth: () => truthConstant(bound.truth, rowCount) }
    case 'not': {
      const operand = indexAnswerOf(bound.operand, indexes, rowCount)
      return operand && { cost: operand.cost, truth: () => truthNot(operand.truth(), rowCount) }
    }
    case 'and':
    case 'or':
      return answerOfAll(bound, indexes, rowCount)
    case 'test': {
      const index = indexOfTest(bound.value, indexes)
      return index && answerOfSpans(index, [spansOf(index, bound.test)])
    }
    case 'jsonNumber': {
      const index = jsonIndex(bound.value, 'DOUBLE', indexes)
      if (!index?.isExact) return null
      const { test, isNegated } = numberTestFrom(bound.test)
      const answer = answerOfSpans(index, [spansOf(index, test)])
      if (!isNegated) return answer
      return answer && { ...answer, truth: () => truthNot(answer.truth(), rowCount) }
    }
    case 'contains':
      return answerOfContains(bound, indexes)
    case 'isNull':
      return bound.value.kind === 'field' ? answerOfNull(bound.value, indexes, rowCount) : null
    default:
      return null
  }
}

function answerOfAll(
  { kind, operands }: Extract<BoundExpr, { kind: 'and' | 'or' }>,
  indexes: readonly ScalarIndex[],
  rowCount: number,
): IndexAnswer | null {
  const answers: IndexAnswer[] = []
  let cost = 0
  for (const operand of operands) {
    const answer = indexAnswerOf(operand, indexes, rowCount)
    if (answer === null) return null
    answers.push(answer)
    cost += answer.cost
  }
  const join = kind === 'and' ? truthAnd : truthOr
  return { cost, truth: () => answers.map((answer) => answer.truth()).reduce(join) }
}

function answerOfContains(
  { list, tests }: ContainsExpr,
  indexes: readonly ScalarIndex[],
): IndexAnswer | null {
  const index = fieldIndex(list.field.fieldId, indexes)
  return (
    index &&
    answerOfSpans(
      index,
      tests.map((test) => spansOf(index, test)),
    )
  )
}

function answerOfNull(
  { field }: FieldValue,
  indexes: readonly ScalarIndex[],
  rowCount: number,
): IndexAnswer | null {
  const index = fieldIndex(field.fieldId, indexes)
  if (!index) return null
  const truth = () => {
    if (index.validity === null) return truthConstant(false, rowCount)
    return truthNot({ truth: index.validity, known: null }, rowCount)
  }
  return { cost: rowCount / 8, truth }
}

/** True where a row has a value of each of the sets of values. */
function answerOfSpans(
  index: ValueIndex,
  sets: readonly (ValueSpans | null)[],
): IndexAnswer | null {
  const found = sets.filter((set) => set !== null)
  if (found.length < sets.length) return null
  const marking = found.flatMap(({ spans }) => spans)
  const cost =
    found.reduce((sum, set) => sum + set.cost, 0) +
    marking.reduce((sum, span) => sum + markCost(index, span), 0)
  return { cost, truth: () => truthOf(rowsWithAll(index, found), index.validity) }
}

function rowsWithAll(index: ValueIndex, sets: readonly ValueSpans[]): Uint8Array {
  const passed = bitmapWithLength(index.rowCount, sets.length === 0)
  for (const [at, { spans }] of sets.entries()) {
    const rows = rowsWithSome(index, spans)
    if (at === 0) uniteInto(passed, rows)
    else intersectInto(passed, rows)
  }
  return passed
}

function rowsWithSome(index: ValueIndex, spans: readonly ValueSpan[]): Uint8Array {
  const rows = bitmapWithLength(index.rowCount)
  for (const span of spans) markRows(index, span, rows)
  return rows
}

function indexOfTest(
  value: Extract<BoundExpr, { kind: 'test' }>['value'],
  indexes: readonly ScalarIndex[],
): ValueIndex | null {
  if (value.kind === 'field') return fieldIndex(value.field.fieldId, indexes)
  return value.kind === 'json' ? jsonIndex(value, castOf(value), indexes) : null
}

/** Numbers are not told by tests, but exactly. */
function castOf({ dataType }: JsonValue): JsonCast | null {
  if (dataType === DataType.Bool) return 'BOOL'
  return dataType === DataType.VarChar ? 'VARCHAR' : null
}

function fieldIndex(fieldId: number, indexes: readonly ScalarIndex[]): ValueIndex | null {
  const found = indexes.find(
    (index) => index.fieldId === fieldId && index.json === null && index.values.grams === null,
  )
  return found?.values ?? null
}

function jsonIndex(
  { field, path }: JsonValue,
  cast: JsonCast | null,
  indexes: readonly ScalarIndex[],
): ValueIndex | null {
  const found = indexes.find(
    ({ fieldId, json, values }) =>
      fieldId === field.fieldId &&
      json?.cast === cast &&
      isPath(json.path, path) &&
      values.grams === null,
  )
  return found?.values ?? null
}
