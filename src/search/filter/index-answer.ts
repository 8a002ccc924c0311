import type { BoundExpr, ContainsExpr, FieldValue } from '../../expr/bound-expr.js'
import { truthAnd, truthConstant, truthNot, truthOr } from '../../expr/truth.js'
import type { ValueIndex } from '../../indexes/scalar/value-index.js'
import { spansOf } from './index-spans.js'
import { jsonAnswerOf } from './json-answer.js'
import type { ScalarIndex } from './scalar-index.js'
import { answerOfSpans, type IndexAnswer } from './span-answer.js'

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
      if (bound.value.kind !== 'field') return jsonAnswerOf(bound, indexes, rowCount)
      const index = fieldIndex(bound.value.field.fieldId, indexes)
      return index && answerOfSpans(index, [spansOf(index, bound.test)], () => index.validity)
    }
    case 'contains':
      return answerOfContains(bound, indexes)
    case 'isNull':
      if (bound.value.kind !== 'field') return jsonAnswerOf(bound, indexes, rowCount)
      return answerOfNull(bound.value, indexes, rowCount)
    default:
      return jsonAnswerOf(bound, indexes, rowCount)
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
      () => index.validity,
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

function fieldIndex(fieldId: number, indexes: readonly ScalarIndex[]): ValueIndex | null {
  const found = indexes.find(
    (index) => index.fieldId === fieldId && index.json === null && index.values.grams === null,
  )
  return found?.values ?? null
}
