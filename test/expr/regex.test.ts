import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasBit } from '../../dist/column/bitmap.js'
import type { BytesColumn } from '../../dist/column/column.js'
import { bindExpr } from '../../dist/expr/bind-expr.js'
import { evaluate } from '../../dist/expr/evaluate.js'
import { fillTemplates } from '../../dist/expr/fill-templates.js'
import { parseExpr } from '../../dist/expr/parse-expr.js'
import { regexTest } from '../../dist/expr/regex.js'
import { runTest } from '../../dist/expr/run-test.js'
import { columnsOf, everyType, type Row } from './fixture.js'

function passing(text: string, rows: readonly Row[], values = new Map()): number[] {
  const bound = bindExpr(fillTemplates(parseExpr(text), values), everyType)
  const passed = evaluate(bound, columnsOf(everyType, rows), rows.length)
  return rows.flatMap((_, row) => (hasBit(passed, row) ? [row] : []))
}

const names = ['ERROR E17: late', 'WARN\nERR ok', '', 'käse 日本 🚀', 'Error', 'a"b\\c', null]
const rows: Row[] = names.map((name, id) => ({ id: BigInt(id), name }))

it.each([
  ['ERROR', [0]],
  ['^WARN', [1]],
  ['ok$', [1]],
  ['^Error$', [4]],
  ['', [0, 1, 2, 3, 4, 5]],
  ['^$', [2]],
  ['.*', [0, 1, 2, 3, 4, 5]],
  ['E[0-9]{2}:', [0]],
  ['(?i)error', [0, 4]],
  ['N.E', [1]],
  ['(?-s)N.E', []],
  ['(?m)^ERR', [0, 1]],
  ['^ERR', [0]],
  ['(?P<code>E[0-9]+)|ok', [0, 1]],
  ['\\p{Han}+', [3]],
  ['🚀', [3]],
  ['^k.se ', [3]],
  ['\\bERR\\b', [1]],
  ['(a+)+b', []],
  ['a?E{1}R{2,}O*', [0, 1]],
  ['E{0}käse', [3]],
  ['^*ate', [0]],
  ['[R]+O[^a]', [0]],
  ['(?:x|())late|日本', [0, 3]],
] as const)('finds texts that match %j anywhere', (pattern, expected) => {
  const values = new Map([['pattern', pattern]])
  expect(passing('name =~ {pattern}', rows, values)).toEqual(expected)
  const others = names.flatMap((name, row) => (name === null ? [] : [row]))
  const unmatched = others.filter((row) => !(expected as readonly number[]).includes(row))
  expect(passing('name !~ {pattern}', rows, values)).toEqual(unmatched)
  expect(passing('not (name =~ {pattern})', rows, values)).toEqual(unmatched)
})

it('reads escapes as those of other strings, before the pattern', () => {
  expect(passing('name =~ "a\\"b"', rows)).toEqual([5])
  expect(passing('name =~ "b\\\\\\\\c"', rows)).toEqual([5])
  expect(passing('name =~ r"b\\\\c"', rows)).toEqual([5])
  expect(passing('name =~ "N\\n"', rows)).toEqual([1])
  expect(passing('name =~ "E\\d+"', rows)).toEqual([0])
})

it('does not match what is no string, of which !~ is true, unless the field is null', () => {
  const docs: Row[] = [
    ...[{ a: 'red' }, { a: 'blue' }, { a: 12 }, { a: null }, { a: ['red'] }, {}, null],
  ].map((doc, id) => ({ id: BigInt(id), doc: doc as never, words: id === 6 ? null : ['red'] }))
  expect(passing('doc["a"] =~ "^r|2"', docs)).toEqual([0])
  expect(passing('doc["a"] !~ "^r|2"', docs)).toEqual([1, 2, 3, 4, 5])
  expect(passing('doc["a"][0] =~ "red"', docs)).toEqual([4])
  expect(passing('doc =~ "red"', docs)).toEqual([])
  expect(passing('words[0] =~ "r.d"', docs)).toEqual([0, 1, 2, 3, 4, 5])
  expect(passing('words[1] =~ ".*"', docs)).toEqual([])
  expect(passing('words[1] !~ ".*"', docs)).toEqual([0, 1, 2, 3, 4, 5])
})

it('refuses a whole array', () => {
  expect(() => passing('words =~ "red"', [])).toThrow('can not comparisons array fields directly')
})

describe('what a pattern says plainly', () => {
  it.each([
    ['ERROR.*time\\.out', ['ERROR', 'time.out'], false],
    ['ab+c?d{2}e', ['ab', 'b', 'd', 'de'], false],
    ['^abc$', ['abc'], true],
    ['(x|y)z', ['z'], false],
    ['[]a]b[^\\]c]d', ['b', 'd'], false],
    ['(?-s)x.y', ['x', 'y'], false],
    ['\\p{Han}x\\dy', ['x', 'y'], false],
    ['x{,3}', ['x{,3}'], true],
    ['a|b', [], false],
    ['(?i)abc', [], false],
    ['\\Qa|b\\E', [], false],
    ['^*a', ['a'], false],
  ] as const)('of %j is looked for as bytes', (pattern, literals, isLike) => {
    const test = regexTest(pattern)
    expect(test.literals.map(String)).toEqual(literals)
    expect(test.like !== null).toBe(isLike)
  })
})

const piece = fc.constantFrom(
  ...[
    'a',
    'b',
    'é',
    '🚀',
    '.',
    '[ab]',
    '[^a]',
    '(ab|c)',
    '(?:a)',
    '\\.',
    '\\w',
    '^',
    '$',
    '|',
    '(?i)',
  ],
)
const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{0,1}', '+?')
const pattern = fc
  .array(fc.tuple(piece, quantifier), { maxLength: 5 })
  .map((pieces) => pieces.map((pair) => pair.join('')).join(''))
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'A', 'é', '🚀', '.'), maxLength: 6 })

it('finds with the help of literals what JavaScript finds', () => {
  fc.assert(
    fc.property(pattern, fc.array(text, { maxLength: 12 }), (source, texts) => {
      const [test, twin] = [testOf(source), twinOf(source)]
      fc.pre(test !== null && twin !== null)
      const passed = runTest(test!, columnOf(texts), texts.length)
      expect(texts.map((_, row) => hasBit(passed, row))).toEqual(
        texts.map((item) => twin!.test(item)),
      )
    }),
    { numRuns: 500 },
  )
})

it('finds the same whether few texts have the literal or nearly all', () => {
  for (const every of [1, 2, 50]) {
    const texts = Array.from({ length: 1000 }, (_, at) => (at % every ? 'other' : `an error ${at}`))
    for (const source of ['error .*5', 'rror 1', '5$', 'r e|error 2', ' error']) {
      const passed = runTest(regexTest(source), columnOf(texts), texts.length)
      const expected = texts.map((item) => new RegExp(source).test(item))
      expect(texts.map((_, row) => hasBit(passed, row))).toEqual(expected)
    }
  }
})

function testOf(source: string) {
  try {
    return regexTest(source)
  } catch {
    return null
  }
}

/** JavaScript has no flags in a pattern, only for all of it. */
function twinOf(source: string): RegExp | null {
  const isFolded = source.startsWith('(?i)')
  try {
    return new RegExp(isFolded ? source.slice(4) : source, isFolded ? 'sui' : 'su')
  } catch {
    return null
  }
}

/** The first text does not begin where the bytes begin. */
function columnOf(texts: readonly string[]): BytesColumn {
  const all = ['abab', ...texts].map((item) => Buffer.from(item))
  const offsets = Int32Array.of(4, ...all.slice(1).map(({ length }) => length))
  for (let row = 1; row < offsets.length; row++) offsets[row] += offsets[row - 1]
  return { shape: 'bytes', offsets, bytes: Buffer.concat(all), validity: null }
}
