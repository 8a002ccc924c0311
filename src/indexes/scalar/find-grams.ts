import { countBits, intersectInto } from '../../column/bitmap.js'
import { markCost, markRows, textAfter, textFrom, type ValueSpan } from './find-values.js'
import { characterEnd } from './gram-table.js'
import type { GramSizes, ValueIndex } from './value-index.js'

/** The rows of an index over grams whose texts may have all of some literals in them. */
interface GramRows {
  /** About how many nanoseconds `mark` takes. */
  readonly cost: number
  /** @returns a bit for each such row */
  rows(): Uint8Array
}

/** @returns null where the literals are too short to have a gram */
export function rowsWithLiterals(
  index: ValueIndex,
  literals: readonly Uint8Array[],
): GramRows | null {
  const grams = literals.flatMap((literal) => gramsOf(literal, index.grams!))
  if (grams.length === 0) return null
  const spans = grams.map((gram) => ({
    begin: textFrom(index, gram),
    end: textAfter(index, gram),
  }))
  const isMissing = spans.some(({ begin, end }) => begin === end)
  const byCost = isMissing ? [] : spans.sort((a, b) => markCost(index, a) - markCost(index, b))
  const cost = grams.length * lookupCost + (isMissing ? 0 : markCost(index, byCost[0]))
  return { cost, rows: () => rowsWithAll(index, byCost) }
}

/**
 * The grams of a text that every text has that it is a part of: itself where it is not too long for one, else
 * the longest ones.
 */
function gramsOf(text: Uint8Array, { min, max }: GramSizes): Uint8Array[] {
  const ends: number[] = [0]
  for (let at = 0; at < text.length; ends.push(at)) at = characterEnd(text, at, text.length)
  const count = ends.length - 1
  const size = Math.min(count, max)
  if (size < min) return []
  return Array.from({ length: count - size + 1 }, (_, first) =>
    text.subarray(ends[first], ends[first + size]),
  )
}

/** To find one gram. */
const lookupCost = 2000
/** To look at a row that stays, instead. */
const rowCost = 75

/** What is rarest comes first; more are asked for as long as that costs less than to look at the rows. */
function rowsWithAll(index: ValueIndex, spans: readonly ValueSpan[]): Uint8Array {
  const found = new Uint8Array((index.rowCount + 7) >> 3)
  for (const [at, span] of spans.entries()) {
    if (at === 0) markRows(index, span, found)
    else {
      if (countBits(found, index.rowCount) * rowCost < markCost(index, span)) break
      const rows = new Uint8Array(found.length)
      markRows(index, span, rows)
      intersectInto(found, rows)
    }
  }
  return found
}
