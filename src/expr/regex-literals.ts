import { Buffer } from 'node:buffer'
import { type LikePattern, likeOfLiteral } from './like-pattern.js'

/** What a regular expression asks of a text that can be looked for as bytes. */
interface RegexLiterals {
  /** What every text that matches has somewhere. */
  readonly literals: readonly Uint8Array[]
  /** The same as a pattern of `like`; null: there is none. */
  readonly like: LikePattern | null
}

/** Of a pattern that is valid. What is not understood asks for nothing, so that no match is ever missed. */
export function regexLiteralsOf(pattern: string): RegexLiterals {
  const parts = partsOf(pattern)
  if (parts === null) return { literals: [], like: null }
  const begins = parts[0] === 'begin'
  const ends = parts.at(-1) === 'end'
  const between = parts.slice(begins ? 1 : 0, ends ? -1 : undefined)
  const runs = runsOf(between)
  const literals = runs.map((run) => Buffer.from(run, 'utf8'))
  const isPlain = between.every((part) => typeof part === 'object' && part.count === 'one')
  if (!isPlain) return { literals, like: null }
  return { literals, like: likeOfLiteral(runs.join(''), begins, ends) }
}

/** A character, and how many of it, or something else of which nothing is told. */
type Part = { readonly character: string; count: 'one' | 'some' } | 'begin' | 'end' | 'other'

/** Null where characters do not stand for themselves, or not all of the parts are needed. */
function partsOf(pattern: string): readonly Part[] | null {
  const parts: Part[] = []
  for (let at = 0; at < pattern.length; ) {
    const rest = pattern.slice(at, at + tokenLengthMax)
    const [token] = tokenPattern.exec(rest) ?? ['']
    if (token === '' || token === '|') return null
    at += token.length
    if (token[0] === '(') {
      if (token.includes('i')) return null
      if (token === '(') at = groupEnd(pattern, at)
      parts.push('other')
    } else if (token[0] === '[') {
      at = classEnd(pattern, at - token.length)
      parts.push('other')
    } else if (quantifierPattern.test(token)) quantify(parts, token)
    else parts.push(partOf(token))
  }
  return parts
}

/** A quantifier, an escape, the begin of a group or its flags, or a character. */
const tokenPattern =
  /^(?:[*+?]\??|\{\d+(?:,\d*)?\}\??|\\[pP](?:\{\^?\w+\}|\w)|\\[dDsSwWbBaftnrv]|\\[^\w\s]|\(\?[a-zA-Z-]+\)|\(|[^\\()])/u
const tokenLengthMax = 64
const quantifierPattern = /^(?:[*+?]|\{\d+)/

function partOf(token: string): Part {
  if (token === '^') return 'begin'
  if (token === '$') return 'end'
  if (token === '.') return 'other'
  if (token[0] !== '\\') return { character: token, count: 'one' }
  return /\w/.test(token[1]) ? 'other' : { character: token.slice(1), count: 'one' }
}

/** What may be left out asks for nothing. */
function quantify(parts: Part[], token: string): void {
  const last = parts.at(-1)
  const isNeeded = token[0] === '+' || /^\{0*[1-9]/.test(token)
  if (typeof last === 'object' && isNeeded) last.count = 'some'
  else parts[parts.length - 1] = 'other'
}

/** Characters that follow each other: one that comes several times ends a run, and begins one. */
function runsOf(parts: readonly Part[]): string[] {
  const runs = ['']
  for (const part of parts) {
    if (typeof part !== 'object') {
      runs.push('')
      continue
    }
    runs[runs.length - 1] += part.character
    if (part.count === 'some') runs.push(part.character)
  }
  return runs.filter((run) => run !== '')
}

/** Where the group ends whose begin is before `at`. */
function groupEnd(pattern: string, at: number): number {
  let depth = 1
  while (depth > 0 && at < pattern.length) {
    const character = pattern[at]
    if (character === '[') at = classEnd(pattern, at)
    else at += character === '\\' ? 2 : 1
    if (character === '(') depth++
    else if (character === ')') depth--
  }
  return at
}

/** Where the class of characters ends that begins at `at`. A bracket that comes first in it stands for itself. */
function classEnd(pattern: string, at: number): number {
  at += pattern[at + 1] === '^' ? 2 : 1
  if (pattern[at] === ']') at++
  while (at < pattern.length && pattern[at] !== ']') {
    if (pattern.startsWith('[:', at) && pattern.includes(':]', at)) {
      at = pattern.indexOf(':]', at) + 2
    } else at += pattern[at] === '\\' ? 2 : 1
  }
  return at + 1
}
