import { hasBit } from '../../column/bitmap.js'
import { sliceColumn } from '../../column/slice.js'
import type { JsonNumberTest } from '../../expr/bound-expr.js'
import { type ColumnTest, numberComparisonTest } from '../../expr/column-test.js'
import { testCost } from '../../expr/expr-cost.js'
import { literalPrefix } from '../../expr/like-pattern.js'
import { runTest } from '../../expr/run-test.js'
import {
  numbersBetween,
  textAfter,
  textFrom,
  textsWithPrefix,
  type ValueSpan,
} from '../../indexes/scalar/find-values.js'
import type { ValueIndex } from '../../indexes/scalar/value-index.js'
import { DataType } from '../../schema/data-type.js'

/** The values of an index that pass a test, as spans of it, and the nanoseconds to find them. */
export interface ValueSpans {
  readonly spans: readonly ValueSpan[]
  readonly cost: number
}

/**
 * Ranges and single values are found by halving. What a pattern says beyond its first letters is asked of
 * every value that begins with them, which may be as many as there are rows.
 * @returns null where that would take longer than others may wait
 */
export function spansOf(index: ValueIndex, test: ColumnTest): ValueSpans | null {
  switch (test.kind) {
    case 'range':
    case 'int64Range':
      return foundSpans([numbersBetween(index, test.low, test.high)])
    case 'set':
    case 'int64Set':
      return foundSpans([...test.values].map((value) => numbersBetween(index, value, value)))
    case 'text':
      return foundSpans([textSpan(index, test)])
    case 'textSet':
      return foundSpans(
        test.values.map((value) => ({
          begin: textFrom(index, value),
          end: textAfter(index, value),
        })),
      )
    case 'like': {
      const { prefix, isWhole } = literalPrefix(test.pattern)
      const span = textsWithPrefix(index, prefix)
      return isWhole ? foundSpans([span]) : spansWithin(index, span, test)
    }
    case 'regex': {
      if (test.like !== null) return spansOf(index, { kind: 'like', pattern: test.like })
      return spansWithin(index, { begin: 0, end: index.valueCount }, test)
    }
  }
}

/** A test of a JSON number as one of doubles; `!=` is the negation of `==`. */
export function numberTestFrom(test: JsonNumberTest): { test: ColumnTest; isNegated: boolean } {
  if (test.op === 'in') {
    const numbers = [...test.values].filter((value) => typeof value === 'number')
    return { test: { kind: 'set', values: Float64Array.from(numbers) }, isNegated: false }
  }
  const isNegated = test.op === '!='
  const op = test.op === '!=' ? '==' : test.op
  return { test: numberComparisonTest(DataType.Double, op, test.constant), isNegated }
}

/** To find one value. */
const lookupCost = 1000
/** Nobody else is answered while values are looked at. */
const lookCostMax = 1_000_000

export function foundSpans(spans: readonly ValueSpan[]): ValueSpans {
  return { spans, cost: spans.length * lookupCost }
}

function textSpan(
  index: ValueIndex,
  { op, bytes }: Extract<ColumnTest, { kind: 'text' }>,
): ValueSpan {
  const all = { begin: 0, end: index.valueCount }
  switch (op) {
    case '==':
      return { begin: textFrom(index, bytes), end: textAfter(index, bytes) }
    case '<':
      return { ...all, end: textFrom(index, bytes) }
    case '<=':
      return { ...all, end: textAfter(index, bytes) }
    case '>':
      return { ...all, begin: textAfter(index, bytes) }
    case '>=':
      return { ...all, begin: textFrom(index, bytes) }
  }
}

function spansWithin(
  index: ValueIndex,
  { begin, end }: ValueSpan,
  test: ColumnTest,
): ValueSpans | null {
  const cost = (end - begin) * testCost(test)
  if (cost > lookCostMax) return null
  const passed = runTest(test, sliceColumn(index.values, begin, end), end - begin)
  const spans: ValueSpan[] = []
  for (let at = begin; at < end; at++) {
    if (!hasBit(passed, at - begin)) continue
    const last = spans.at(-1)
    if (last?.end === at) spans[spans.length - 1] = { begin: last.begin, end: at + 1 }
    else spans.push({ begin: at, end: at + 1 })
  }
  return { spans, cost: 0 }
}
