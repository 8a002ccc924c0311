import type { BytesColumn } from '../column/column.js'
import type { ColumnTest } from './column-test.js'
import { isLike, type LikePattern, literalPrefix, literalsOf } from './like-pattern.js'
import { automatonOf } from './regex.js'

type PatternTest = Extract<ColumnTest, { kind: 'like' | 'regex' }>

/**
 * Sets the bits of texts that are like a pattern, or of which a part matches one. A literal that they must have
 * somewhere is looked for as bytes in all texts at once, and only those that have it are looked at.
 */
export function writePatternMask(
  texts: BytesColumn,
  rowCount: number,
  test: PatternTest,
  passed: Uint8Array,
): void {
  const like = test.kind === 'like' ? test.pattern : test.like
  const literal = longestOf(like === null ? (test as RegexOnly).literals : innerLiteralsOf(like))
  const begin = literal === null ? 0 : writeByLiteral(texts, rowCount, test, literal, passed)
  writeByText(texts, begin, rowCount, test, passed)
}

type RegexOnly = Extract<PatternTest, { kind: 'regex' }>

/** What a text must begin with is found soonest by looking there. */
function innerLiteralsOf(pattern: LikePattern): readonly Uint8Array[] {
  return literalPrefix(pattern).prefix.length > 0 ? [] : literalsOf(pattern)
}

/** @returns the first row that is not looked at: the last rows where most texts have the literal */
function writeByLiteral(
  texts: BytesColumn,
  rowCount: number,
  test: PatternTest,
  literal: Uint8Array,
  passed: Uint8Array,
): number {
  const { bytes, offsets } = texts
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, offsets[rowCount])
  let row = 0
  let foundCount = 0
  let at = all.indexOf(literal, offsets[0])
  while (at >= 0) {
    while (offsets[row + 1] <= at) row++
    const isInside = at + literal.length <= offsets[row + 1]
    if (isInside && matches(test, texts, row)) passed[row >> 3] |= 1 << (row & 7)
    if (++foundCount >= foundMin && foundCount * rowsForSearch > row && isInside) return row + 1
    at = all.indexOf(literal, isInside ? offsets[row + 1] : at + 1)
  }
  return rowCount
}

/** A search for bytes takes as long to begin as to look at some rows. */
const rowsForSearch = 3
const foundMin = 100

function writeByText(
  texts: BytesColumn,
  begin: number,
  rowCount: number,
  test: PatternTest,
  passed: Uint8Array,
): void {
  for (let row = begin; row < rowCount; row++) {
    if (matches(test, texts, row)) passed[row >> 3] |= 1 << (row & 7)
  }
}

function matches(test: PatternTest, { bytes, offsets }: BytesColumn, row: number): boolean {
  const begin = offsets[row]
  const end = offsets[row + 1]
  if (test.kind === 'like') return isLike(bytes, begin, end, test.pattern)
  if (test.like !== null) return isLike(bytes, begin, end, test.like)
  return automatonOf(test.pattern).test(bytes.subarray(begin, end))
}

function longestOf(literals: readonly Uint8Array[]): Uint8Array | null {
  let longest: Uint8Array | null = null
  for (const literal of literals) {
    if (literal.length > (longest?.length ?? 0)) longest = literal
  }
  return longest
}
