import { createRequire } from 'node:module'
import type { BytesColumn } from '../column/column.js'
import type { RegexTest } from './column-test.js'
import { isLike } from './like-pattern.js'
import { regexLiteralsOf } from './regex-literals.js'

/**
 * The test of `=~`, of RE2's syntax, in which `.` is any character, also the end of a line.
 * @throws an error that says what is wrong with the pattern
 */
export function regexTest(pattern: string): RegexTest {
  automatonOf(pattern)
  return { kind: 'regex', pattern, ...regexLiteralsOf(pattern) }
}

/** Sets the bits of texts of which a part matches. */
export function writeRegexMask(
  texts: BytesColumn,
  rowCount: number,
  test: RegexTest,
  passed: Uint8Array,
): void {
  const literal = longestOf(test.literals)
  if (literal === null) writeByText(texts, rowCount, test, passed)
  else writeByLiteral(texts, rowCount, test, literal, passed)
}

function writeByText(
  texts: BytesColumn,
  rowCount: number,
  test: RegexTest,
  passed: Uint8Array,
): void {
  for (let row = 0; row < rowCount; row++) {
    if (matches(test, texts, row)) passed[row >> 3] |= 1 << (row & 7)
  }
}

/** Texts without the literal are passed over at the speed of a search for its bytes. */
function writeByLiteral(
  texts: BytesColumn,
  rowCount: number,
  test: RegexTest,
  literal: Uint8Array,
  passed: Uint8Array,
): void {
  const { bytes, offsets } = texts
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, offsets[rowCount])
  let row = 0
  let at = all.indexOf(literal, offsets[0])
  while (at >= 0) {
    while (offsets[row + 1] <= at) row++
    const isInside = at + literal.length <= offsets[row + 1]
    if (isInside && matches(test, texts, row)) passed[row >> 3] |= 1 << (row & 7)
    at = all.indexOf(literal, isInside ? offsets[row + 1] : at + 1)
  }
}

function matches(test: RegexTest, { bytes, offsets }: BytesColumn, row: number): boolean {
  const begin = offsets[row]
  const end = offsets[row + 1]
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

interface Automaton {
  test(bytes: Uint8Array): boolean
}

/** This thread's last ones, since a column is looked at in many blocks. */
const automata = new Map<string, Automaton>()
const automataMax = 16

/** RE2 takes time in proportion to the text, whatever the pattern: no filter can hold a thread up for long. */
function automatonOf(pattern: string): Automaton {
  const known = automata.get(pattern)
  if (known !== undefined) return known
  const automaton = compiled(pattern)
  automata.set(pattern, automaton)
  if (automata.size > automataMax) automata.delete(automata.keys().next().value!)
  return automaton
}

/** The package takes 20 ms to load: whoever needs it pays for it. */
function compiled(pattern: string): Automaton {
  const { RE2JS } = createRequire(import.meta.url)('re2js') as typeof import('re2js')
  return RE2JS.compile(pattern, RE2JS.DOTALL)
}
