import { describe, expect, it } from 'vitest'
import { hasBit } from '../../dist/column/bitmap.js'
import { bindExpr } from '../../dist/expr/bind-expr.js'
import { evaluate } from '../../dist/expr/evaluate.js'
import { fillTemplates } from '../../dist/expr/fill-templates.js'
import type { FilterValues } from '../../dist/expr/filter-values.js'
import { parseExpr } from '../../dist/expr/parse-expr.js'
import { DataType } from '../../dist/schema/data-type.js'
import { parseTimestamptz } from '../../dist/schema/timestamptz.js'
import { field } from '../support/fields.js'
import { columnsOf, type Row, schemaOf } from './fixture.js'

const schema = schemaOf([
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'time', DataType.Timestamptz, { nullable: true }),
  field(102, 'numbers', DataType.Array, { elementType: DataType.Int64, nullable: true }),
  field(103, 'name', DataType.VarChar, { maxLength: 20 }),
  field(104, 'doc', DataType.JSON),
])

/** The ids of the rows that pass; a row's id is its place. */
function passing(text: string, rows: readonly Row[], values: FilterValues = new Map()): number[] {
  const whole = rows.map((row, id) => ({ name: '', doc: {}, ...row, id: BigInt(id) }))
  const bound = bindExpr(fillTemplates(parseExpr(text), values), schema)
  const passed = evaluate(bound, columnsOf(schema, whole), rows.length)
  return rows.flatMap((_, row) => (hasBit(passed, row) ? [row] : []))
}

describe('times', () => {
  const rows = [
    { time: parseTimestamptz('2025-01-31T00:00:00Z') },
    { time: parseTimestamptz('2025-02-28T12:00:00.000001Z') },
    { time: parseTimestamptz('1969-12-31T23:59:59Z') },
    {},
  ]

  it.each([
    ["time > ISO '2025-01-31T00:00:00Z'", [1]],
    ["time >= ISO '2025-01-31T08:00:00+08:00'", [0, 1]],
    ["ISO '2025-01-31T00:00:00Z' == time", [0]],
    ["time != iso '2025-01-31T00:00:00Z'", [1, 2]],
    ["ISO '1970-01-01T00:00:00Z' < time < ISO '2025-02-01T00:00:00Z'", [0]],
    ["time + INTERVAL 'P1D' == ISO '2025-02-01T00:00:00Z'", [0]],
    ["time - INTERVAL 'PT12H0.5S' < ISO '2025-02-28T00:00:00Z'", null],
    ["time - INTERVAL 'PT12H' <= ISO '2025-02-28T00:00:00.000001Z'", [0, 1, 2]],
    ["time + interval 'P1M' == ISO '2025-03-03T00:00:00Z'", [0]],
    ["time + INTERVAL 'P1Y2M3DT4H5M6S' < ISO '1971-03-07T04:05:06Z'", [2]],
    ['time is null', [3]],
  ])('%s', (text, wanted) => {
    if (wanted === null) expect(() => passing(text, rows)).toThrow('invalid INTERVAL')
    else expect(passing(text, rows)).toEqual(wanted)
  })
})

describe('lists', () => {
  const rows = [
    { numbers: [], doc: { a: [], b: 1n } },
    { numbers: [1n], doc: { a: [1n, [2n, 'x']] } },
    { numbers: [1n, 2n], doc: { a: [[2n, 'x']], b: [1n] } },
    { doc: { a: [true, null] } },
  ]

  it.each([
    ['numbers == [1]', [1]],
    ['numbers == []', [0]],
    ['numbers != [1, 2]', [0, 1]],
    ['[1, 2] == numbers', [2]],
    ['doc["a"] == [[2, "x"]]', [2]],
    ['doc["a"] == []', [0]],
    ['doc["a"] != []', [1, 2, 3]],
    ['doc["b"] == [1.0]', [2]],
    ['json_contains(doc["a"], [2, "x"])', [1, 2]],
    ['json_contains_any(doc["a"], [[2, "x"], true])', [1, 2, 3]],
    ['json_contains_all(doc["a"], [1, [2, "x"]])', [1]],
  ])('%s', (text, wanted) => {
    expect(passing(text, rows)).toEqual(wanted)
  })
})

describe('strings', () => {
  const rows = [{ name: 'a\\n' }, { name: 'a\n' }, { name: 'a"' }, { name: 'r' }]

  it.each([
    ['name == r"a\\n"', [0]],
    ["name == R'a\\n'", [0]],
    ['name == "a\\n"', [1]],
    ['name == u8"a\\n"', [1]],
    ["name == L'r'", [3]],
  ])('%s', (text, wanted) => {
    expect(passing(text, rows)).toEqual(wanted)
  })
})

describe('templates', () => {
  const rows = [{ name: 'a', numbers: [1n] }, { name: 'b', numbers: [2n] }, { name: 'c%' }]
  const values = new Map<string, FilterValues extends ReadonlyMap<string, infer V> ? V : never>([
    ['one', 1n],
    ['list', ['a', 'c%']],
    ['numbers', [2n, 3n]],
    ['pattern', 'c%'],
  ])

  it.each([
    ['name in {list}', [0, 2]],
    ['not (name in {list})', [1]],
    ['name like {pattern}', [2]],
    ['id + {one} == 2', [1]],
    ['-{one} < id <= {one}', [0, 1]],
    ['array_contains_any(numbers, {numbers}) or array_contains(numbers, {one})', [0, 1]],
    ['exists doc["x"] or numbers[0] == {one} or name is null', [0]],
  ])('%s', (text, wanted) => {
    expect(passing(text, rows, values)).toEqual(wanted)
  })
})
