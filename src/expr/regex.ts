import { createRequire } from 'node:module'
import type { RegexTest } from './column-test.js'
import { regexLiteralsOf } from './regex-literals.js'

/**
 * The test of `=~`, of RE2's syntax, in which `.` is any character, also the end of a line.
 * @throws an error that says what is wrong with the pattern
 */
export function regexTest(pattern: string): RegexTest {
  automatonOf(pattern)
  return { kind: 'regex', pattern, ...regexLiteralsOf(pattern) }
}

interface Automaton {
  test(bytes: Uint8Array): boolean
}

/** This thread's last ones, since a column is looked at in many blocks; one may hold 30 MB of its states. */
const automata = new Map<string, Automaton>()
const automataMax = 4

/** RE2 takes time in proportion to the text, whatever the pattern: no filter can hold a thread up for long. */
export function automatonOf(pattern: string): Automaton {
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
