import type {
  BoundExpr,
  JsonContainsExpr,
  JsonNumberExpr,
  JsonScalar,
  JsonValue,
} from '../../expr/bound-expr.js'
import { truthNot } from '../../expr/truth.js'
import { numbersBetween, textAfter, textFrom } from '../../indexes/scalar/find-values.js'
import type { ValueIndex } from '../../indexes/scalar/value-index.js'
import { DataType } from '../../schema/data-type.js'
import { foundSpans, numberTestFrom, spansOf, type ValueSpans } from './index-spans.js'
import { FlatPlace } from './json-flat-place.js'
import { isPath, type JsonCast, type ScalarIndex } from './scalar-index.js'
import { answerOfSpans, type IndexAnswer } from './span-answer.js'

/** How indexes over paths of documents tell whether a condition on JSON holds; null: they do not know. */
export function jsonAnswerOf(
  bound: BoundExpr,
  indexes: readonly ScalarIndex[],
  rowCount: number,
): IndexAnswer | null {
  switch (bound.kind) {
    case 'test': {
      // Of what is no string an index does not tell whether the document is null.
      if (bound.value.kind !== 'json' || bound.test.kind === 'regex') return null
      const index = pathIndex(bound.value, castOf(bound.value.dataType), indexes)
      if (index) return answerOfSpans(index, [spansOf(index, bound.test)], () => index.validity)
      return FlatPlace.find(bound.value, indexes)?.test(bound.test, bound.value.dataType) ?? null
    }
    case 'jsonNumber':
      return answerOfNumber(bound, indexes, rowCount)
    case 'jsonContains':
      return answerOfContains(bound, indexes)
    case 'exists':
      return FlatPlace.find(bound.value, indexes)?.exists() ?? null
    case 'isNull':
      if (bound.value.kind !== 'json') return null
      return FlatPlace.find(bound.value, indexes)?.isNull() ?? null
    default:
      return null
  }
}

/** Numbers are not told by tests, but exactly. */
function castOf(dataType: DataType): JsonCast | null {
  if (dataType === DataType.Bool) return 'BOOL'
  return dataType === DataType.VarChar ? 'VARCHAR' : null
}

function pathIndex(
  { field, path }: JsonValue,
  cast: JsonCast | null,
  indexes: readonly ScalarIndex[],
  readsTexts = false,
): ValueIndex | null {
  const found = indexes.find(
    ({ fieldId, json, values }) =>
      fieldId === field.fieldId &&
      json?.cast === cast &&
      json.readsTexts === readsTexts &&
      isPath(json.path, path) &&
      values.grams === null,
  )
  return found?.values ?? null
}

function answerOfNumber(
  { value, test: asked, readsTexts = false }: JsonNumberExpr,
  indexes: readonly ScalarIndex[],
  rowCount: number,
): IndexAnswer | null {
  const { test, isNegated } = numberTestFrom(asked)
  const index = pathIndex(value, 'DOUBLE', indexes, readsTexts)
  const answer = index?.isExact
    ? answerOfSpans(index, [spansOf(index, test)], () => index.validity)
    : readsTexts
      ? null
      : (FlatPlace.find(value, indexes)?.number(test) ?? null)
  if (!isNegated || answer === null) return answer
  return { ...answer, truth: () => truthNot(answer.truth(), rowCount) }
}

/** Where one value is wanted, or all are, each is a set of its own; where any is, they are one. */
function answerOfContains(
  { list, wanted, neededCount }: JsonContainsExpr,
  indexes: readonly ScalarIndex[],
): IndexAnswer | null {
  const values = [...wanted]
  const kinds = new Set(
    values.map((value) => elementCasts[typeof value as keyof typeof elementCasts]),
  )
  const [cast] = kinds
  const index = kinds.size === 1 && !values.some(isList) ? pathIndex(list, cast, indexes) : null
  const isKnown = index !== null && (index.isExact || cast !== 'ARRAY_DOUBLE')
  const place = isKnown ? null : FlatPlace.find(list, indexes)
  if (!isKnown && place === null) return null
  const found = values.map((value) =>
    isKnown ? elementSpans(index, value) : place!.element(value),
  )
  if (values.length === 0 || found.some((spans) => spans === null)) return null
  const sets = found as ValueSpans[]
  const asked = neededCount === sets.length ? sets : [unionOf(sets)]
  return isKnown ? answerOfSpans(index, asked, () => index.validity) : place!.answer(asked, 'array')
}

const elementCasts = {
  boolean: 'ARRAY_BOOL',
  number: 'ARRAY_DOUBLE',
  bigint: 'ARRAY_DOUBLE',
  string: 'ARRAY_VARCHAR',
} as const

/** Of lists in lists nothing is told. */
function isList(value: JsonScalar): boolean {
  return typeof value === 'string' && value.startsWith('\0[')
}

function elementSpans(index: ValueIndex, value: JsonScalar): ValueSpans {
  // An index that is exact has no number that only a bigint counts to.
  if (typeof value === 'bigint') return foundSpans([])
  if (typeof value !== 'string') {
    return foundSpans([numbersBetween(index, Number(value), Number(value))])
  }
  const bytes = Buffer.from(value, 'utf8')
  return foundSpans([{ begin: textFrom(index, bytes), end: textAfter(index, bytes) }])
}

function unionOf(sets: readonly ValueSpans[]): ValueSpans {
  return {
    spans: sets.flatMap(({ spans }) => spans),
    cost: sets.reduce((sum, { cost }) => sum + cost, 0),
  }
}
