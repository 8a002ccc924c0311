import { expect, it } from 'vitest'
import { hasBit } from '../../dist/column/bitmap.js'
import { bindExpr } from '../../dist/expr/bind-expr.js'
import { evaluate } from '../../dist/expr/evaluate.js'
import { parseExpr } from '../../dist/expr/parse-expr.js'
import { pkValuesOf } from '../../dist/expr/pk-values.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field } from '../support/fields.js'
import { columnsOf, everyType, type Row, schemaOf } from './fixture.js'

const plain = schemaOf([
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'name', DataType.VarChar, { maxLength: 10 }),
  field(102, 'vector', DataType.FloatVector, { dim: 2 }),
])

function bound(text: string, schema = everyType) {
  return bindExpr(parseExpr(text), schema)
}

function passing(text: string, rows: readonly Row[]): number[] {
  const passed = evaluate(bound(text), columnsOf(everyType, rows), rows.length)
  return rows.flatMap((_, row) => (hasBit(passed, row) ? [row] : []))
}

const prefix = 'failed to create query plan: cannot parse expression:'

it.each([
  [
    'id >',
    /error: invalid expression: line 1:4 expected .*a field.*found end of expression: invalid parameter$/,
  ],
  [
    'id = 3',
    /error: invalid expression: line 1:3 expected .*a comparison.*, found "=": invalid parameter$/,
  ],
  [
    'id in 5',
    /error: invalid expression: line 1:6 expected "\[" or a template variable, found "5"/,
  ],
  ['id in [1,\n 2 3]', /error: invalid expression: line 2:3 expected/],
  ['1 < id > 3', /< and > cannot be chained/],
  ['id > 9223372036854775808', /9223372036854775808 is out of the range of int64/],
  ['id > {low}', /the value of expression template variable name \{low\} is not found/],
  ['nothing == 1', /field nothing not exist/],
  ['id in [1, NULL]', /NULL literal is not supported in expressions/],
  [
    'id == "x"',
    /field id of type Int64 cannot be compared with "x" of type VarChar: comparisons between Int64 and VarChar are/,
  ],
  ['name in [1]', /field name of type VarChar cannot be compared with 1 of type Int64/],
  ['vector == 1', /field vector of type FloatVector cannot be compared/],
  ['id', /predicate is not a boolean expression: field id of type Int64/],
  ['id / 0 == 1', /division by zero/],
  ['id ** 2 == 4', /power can only apply on constants/],
  ['id & 1 == 1', /& binds looser than a comparison: write \(a & b\) == c/],
  ['id == 1 ^ 1', /\^ binds looser than a comparison/],
  ['(id & 1.5) == 1', /& needs integers, got 1.5/],
  ['(id | name) == 1', /arithmetic on field name of type VarChar, which is no number/],
  ['id == (1 << 0.5)', /<< needs integers/],
  ['id =~ "1"', /regex match on non-string or non-json field/],
  ['name =~ 1', /the regex pattern should be a string literal or template variable/],
  ['name =~ id', /the regex pattern should be a string literal or template variable/],
  ['name !~ [1, 2]', /the regex pattern should be a string literal or template variable/],
  ['name =~ {pattern}', /the value of expression template variable name \{pattern\} is not found/],
  ['name =~ "(a"', /invalid regex pattern "\(a": error parsing regexp: missing closing \): `\(a`/],
  ['name =~ "(a)\\\\1"', /invalid regex pattern .*invalid escape sequence: `\\1`/],
  ['name !~ "a(?=b)"', /invalid regex pattern .*invalid or unsupported Perl syntax: `\(\?=`/],
  ['doc["a"] > [1]', /> does not compare lists/],
  ['id == [1]', /field id of type Int64 cannot be compared with a list/],
  ["id > ISO '2025-01-01T00:00:00Z'", /ISO compares a Timestamptz, got field id of type Int64/],
  ["id + INTERVAL 'P1D' > 1", /INTERVAL moves a Timestamptz, got field id/],
])('refuses %s with the place and the reason', (text, reason) => {
  const parse = () => bound(text, plain)
  expect(parse).toThrow(expect.objectContaining({ kind: 'parameterInvalid' }))
  expect(parse).toThrow(`${prefix} ${text}, error: `)
  expect(parse).toThrow(reason)
})

it.each([
  ['text_match(name, "x")', 'function text_match is not supported'],
  ['doc["a"] == id', 'comparing JSON with a field is not supported'],
])('names what is not supported in %s', (text, reason) => {
  expect(() => bound(text)).toThrow(expect.objectContaining({ kind: 'unsupported' }))
  expect(() => bound(text)).toThrow(reason)
})

it('answers deep nesting with an error or a plan, in time that does not explode', () => {
  expect(bound(`${'('.repeat(500)}id > 1${')'.repeat(500)}`)).toEqual(bound('id > 1'))
  const deep = `${'('.repeat(100_000)}id > 1${')'.repeat(100_000)}`
  expect(() => bound(deep)).toThrow('nested too deeply')
})

it('takes an empty expression as every row', () => {
  expect(bound('  ')).toEqual({ kind: 'constant', truth: true })
})

it.each([
  ['(tiny & 6 ^ 3) == 1 << 2', '((tiny & 6) ^ 3) == (1 << 2)'],
  ['(tiny | 1 ^ 2 & 3) == 1', '(tiny | (1 ^ (2 & 3))) == 1'],
  ['tiny << 1 + 1 == 4', '(tiny << 2) == 4'],
  ['~tiny == -1', '(tiny ^ -1) == -1'],
  ['tiny == 2 or name !~ "a" and flag', 'tiny == 2 or (not (name =~ "a") and flag)'],
  ['not name =~ "a" and flag', '(name !~ "a") and flag'],
  ['1 < tiny <= 5', 'tiny >= 2 and tiny <= 5'],
  ['5 >= tiny > 1', '1 < tiny <= 5'],
  ['0x10 == tiny || tiny == 0b11', 'tiny == 16 or tiny == 3'],
  ['tiny == 010', 'tiny == 8'],
  ['tiny > 2 ** 3 + -1', 'tiny > 7'],
  ['not tiny > 5', '!(tiny > 5)'],
  ['name like "a\\\\%"', "name like 'a\\%'"],
  ['name == "\\u00e9\\x41\\t"', "name == 'éA\t'"],
  ['NOT flag AND TRUE', 'not flag'],
  ['$meta["color"] == 1', 'color == 1'],
  ['long == -9223372036854775808', 'long == -0x8000000000000000'],
])('reads %s as %s', (left, right) => {
  expect(bound(left)).toEqual(bound(right))
})

it('compares exactly, and never wraps a constant out of the range', () => {
  const rows: Row[] = [
    { id: 1n, tiny: 1 },
    { id: 2n, tiny: 2 },
    { id: 2n ** 63n - 1n, tiny: -128 },
  ]
  expect(passing('id > 1.5', rows)).toEqual([1, 2])
  expect(passing('id == 1.5', rows)).toEqual([])
  expect(passing('id != 1.5', rows)).toEqual([0, 1, 2])
  expect(passing('id == 9223372036854775807', rows)).toEqual([2])
  expect(passing('id < 1e30', rows)).toEqual([0, 1, 2])
  expect(passing('tiny == 257', rows)).toEqual([])
  expect(passing('tiny < 300', rows)).toEqual([0, 1, 2])
  expect(passing('tiny in [128, 2, 2.5]', rows)).toEqual([1])
})

it('finds a float by the literal that it was made from', () => {
  const rows: Row[] = [{ id: 0n, float: Math.fround(0.1), double: 0.1 }]
  expect(passing('float == 0.1 and double == 0.1', rows)).toEqual([0])
})

it('reckons with floats in their own precision, as Milvus does', () => {
  const rows = [{ float: 1e-10 }, { float: 0.1 }, { float: null }]
  expect(passing('float - 3 == -3', rows)).toEqual([0])
  expect(passing('float + 0.2 == 0.3', rows)).toEqual([1])
  expect(passing('-float == -0.1', rows)).toEqual([1])
})

it('takes integers apart into bits', () => {
  const rows: Row[] = [0, 1, 2, 4, -1, null].map((tiny) => ({
    ...{ id: BigInt(tiny ?? 9), tiny, doc: { a: tiny, b: 1.5 } },
  }))
  for (const name of ['tiny', 'doc["a"]']) {
    expect(passing(`(${name} & 1) == 1`, rows)).toEqual([1, 4])
    expect(passing(`(${name} | 1) == 1`, rows)).toEqual([0, 1])
    expect(passing(`(${name} ^ 1) != 0`, rows)).toEqual([0, 2, 3, 4])
    expect(passing(`${name} << 1 == 4`, rows)).toEqual([2])
    expect(passing(`${name} >> 2 == 1`, rows)).toEqual([3])
    expect(passing(`~${name} == 0`, rows)).toEqual([4])
  }
  expect(passing('(doc["b"] & 1) == 1 or (doc["b"] & 1) != 1', rows)).toEqual([])
  expect(passing('id << 62 == -9223372036854775808', rows)).toEqual([2])
  expect(passing('1 << id >= 0', rows)).toEqual([0, 1, 2, 3, 5])
})

it('compares what an int64 cannot hold as what it is', () => {
  const rows: Row[] = [2n ** 63n - 1n, -(2n ** 63n), 100n].map((id) => ({ id }))
  expect(passing('id + 33 <= 19974', rows)).toEqual([1, 2])
  expect(passing('id - 1 >= 0', rows)).toEqual([0, 2])
  expect(passing('id * 2 > 1', rows)).toEqual([0, 2])
  expect(passing('not (id * 2 > 1)', rows)).toEqual([1])
  expect(passing('-id > 0', rows)).toEqual([1])
  expect(passing('id * 2 / 2 != 0', rows)).toEqual([2])
})

it('neither takes nor refuses a null row, whatever is negated', () => {
  const rows: Row[] = [{ id: 0n, tiny: null, doc: { a: 'text' } }]
  for (const text of ['tiny == 1', 'doc["a"] == 1', 'doc["none"] == 1', 'tiny in [1]']) {
    expect(passing(text, rows)).toEqual([])
    expect(passing(`not (${text})`, rows)).toEqual([])
  }
  expect(passing('tiny is null', rows)).toEqual([0])
})

it('keeps integers of JSON exact', () => {
  const rows: Row[] = [{ id: 0n, doc: { a: 2n ** 53n + 1n } }]
  expect(passing('doc["a"] == 9007199254740993', rows)).toEqual([0])
  expect(passing('doc["a"] == 9007199254740992', rows)).toEqual([])
  expect(passing('json_contains(doc["a"], 1) or doc["a"] in [9007199254740993]', rows)).toEqual([0])
})

it('takes null and empty containers as not existing', () => {
  const rows: Row[] = [null, {}, { b: [null, {}] }, { b: 0 }, ''].map((a) => ({
    id: 0n,
    doc: { a },
  }))
  expect(passing('exists doc["a"]', rows)).toEqual([3, 4])
})

it('names the primary keys where it asks for nothing else', () => {
  expect(pkValuesOf(bound('id == 5'))).toEqual([5n])
  expect(pkValuesOf(bound('id in [7, 5, 7]'))).toEqual(BigInt64Array.of(5n, 7n))
  expect(pkValuesOf(bound('id == 1.5'))).toEqual([])
  expect(pkValuesOf(bound('id > 5'))).toBeNull()
  expect(pkValuesOf(bound('id == 5 and flag'))).toBeNull()
  expect(pkValuesOf(bound('long == 5'))).toBeNull()
  const named = schemaOf([field(100, 'key', DataType.VarChar, { isPrimaryKey: true })])
  expect(pkValuesOf(bound('key in ["b", "a"]', named))).toEqual(['a', 'b'])
})
