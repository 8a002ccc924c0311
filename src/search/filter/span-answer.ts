import { bitmapWithLength, intersectInto, uniteInto } from '../../column/bitmap.js'
import { type Truth, truthOf } from '../../expr/truth.js'
import { markCost, markRows, type ValueSpan } from '../../indexes/scalar/find-values.js'
import type { ValueIndex } from '../../indexes/scalar/value-index.js'
import type { ValueSpans } from './index-spans.js'

/** How a segment's indexes tell of all rows whether a condition holds. */
export interface IndexAnswer {
  /** About how many nanoseconds it takes. */
  readonly cost: number
  truth(): Truth
}

/**
 * True where a row has a value of each of the sets of values; null where one of them is not known.
 * @param known the rows of which it is true or false; null: all
 */
export function answerOfSpans(
  index: ValueIndex,
  sets: readonly (ValueSpans | null)[],
  known: () => Uint8Array | null,
): IndexAnswer | null {
  const found = sets.filter((set) => set !== null)
  if (found.length < sets.length) return null
  const marking = found.flatMap(({ spans }) => spans)
  const cost =
    found.reduce((sum, set) => sum + set.cost, 0) +
    marking.reduce((sum, span) => sum + markCost(index, span), 0)
  return { cost, truth: () => truthOf(rowsWithAll(index, found), known()) }
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

export function rowsWithSome(index: ValueIndex, spans: readonly ValueSpan[]): Uint8Array {
  const rows = bitmapWithLength(index.rowCount)
  for (const span of spans) markRows(index, span, rows)
  return rows
}
