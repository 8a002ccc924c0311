import { describe, expect, it } from 'vitest'
import { hasBit } from '../../dist/column/bitmap.js'
import { bindExpr } from '../../dist/expr/bind-expr.js'
import { evaluate } from '../../dist/expr/evaluate.js'
import { fillTemplates } from '../../dist/expr/fill-templates.js'
import type { FilterValues } from '../../dist/expr/filter-values.js'
import { parseExpr } from '../../dist/expr/parse-expr.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field } from '../support/fields.js'
import { columnsOf, type Row, schemaOf } from './fixture.js'

const schema = schemaOf([
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'geo', DataType.Geometry, { nullable: true }),
  field(102, 'name', DataType.VarChar, { maxLength: 10 }),
  field(103, '$meta', DataType.JSON, { isDynamic: true }),
])

const rows: Row[] = [
  'POINT (1 1)',
  'POINT (5 5)',
  null,
  'POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))',
  'LINESTRING (0 0, 9 9)',
  'POINT (0 4)',
].map((geo, id) => ({ id: BigInt(id), geo, name: 'x', $meta: {} }))

function bound(text: string, values: FilterValues = new Map()) {
  return bindExpr(fillTemplates(parseExpr(text), values), schema)
}

function passing(text: string, values?: FilterValues): number[] {
  const passed = evaluate(bound(text, values), columnsOf(schema, rows), rows.length)
  return rows.flatMap((_, row) => (hasBit(passed, row) ? [row] : []))
}

const square = "'POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))'"

describe('a condition on a geometry', () => {
  it.each([
    [`ST_EQUALS(geo, 'POLYGON((4 4,4 0,0 0,0 4,4 4))')`, [3]],
    [`ST_TOUCHES(geo, ${square})`, [5]],
    [`ST_OVERLAPS(geo, 'POLYGON ((2 2, 6 2, 6 6, 2 6, 2 2))')`, [3]],
    [`ST_CROSSES(geo, ${square})`, [4]],
    [`ST_CONTAINS(geo, 'POINT (1 1)')`, [0, 3, 4]],
    [`ST_INTERSECTS(geo, ${square})`, [0, 3, 4, 5]],
    [`ST_WITHIN(geo, ${square})`, [0, 3]],
    [`st_within(geo, ${square})`, [0, 3]],
    [`ST_DWITHIN(geo, 'POINT (1 1)', 0)`, [0, 3, 4]],
    [`ST_DWITHIN(geo, 'POINT (1 1)', 640000)`, [0, 1, 3, 4, 5]],
    [`ST_DWITHIN(geo, 'POINT (1 1)', 350 * 1e3)`, [0, 3, 4]],
    ['ST_ISVALID(geo)', [0, 1, 3, 4, 5]],
    [`ST_INTERSECTS(geo, 'POINT EMPTY')`, []],
  ])('finds %s', (text, expected) => {
    expect(passing(text)).toEqual(expected)
  })

  it('is neither true nor false of null', () => {
    expect(passing(`not ST_WITHIN(geo, ${square})`)).toEqual([1, 4, 5])
    expect(passing('not ST_ISVALID(geo)')).toEqual([])
    expect(passing('geo is null')).toEqual([2])
    expect(passing(`ST_WITHIN(geo, ${square}) or id == 2`)).toEqual([0, 2, 3])
    expect(passing(`ST_WITHIN(geo, ${square}) and id > 0`)).toEqual([3])
  })

  it('takes templates', () => {
    const values: FilterValues = new Map<string, string | number>([
      ['area', 'POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))'],
      ['place', 'POINT (1 1)'],
      ['metres', 0],
    ])
    expect(passing('ST_WITHIN(geo, {area})', values)).toEqual([0, 3])
    expect(passing('ST_DWITHIN(geo, {place}, {metres})', values)).toEqual([0, 3, 4])
  })
})

it.each([
  [
    `ST_WITHIN(name, ${square})`,
    'spatial operation are only supported on geometry fields now, got: name',
  ],
  [
    `ST_WITHIN(color, ${square})`,
    'spatial operation are only supported on geometry fields now, got: color',
  ],
  [
    `ST_WITHIN('POINT (1 1)', geo)`,
    'spatial operation are only supported on geometry fields now, got: literal',
  ],
  ['ST_ISVALID(id)', 'STIsValid operation are only supported on geometry fields now, got: id'],
  [
    "ST_DWITHIN(id, 'POINT (1 1)', 1)",
    'ST_DWITHIN operation are only supported on geometry fields now, got: id',
  ],
  ["ST_CONTAINS(geo, 'INVALID')", 'syntax error: invalid keyword at line 1, pos 0'],
  ['ST_CONTAINS(geo, 5)', 'expected well-known text, got 5'],
  ['ST_CONTAINS(geo, name)', 'expected a constant, got field'],
  [
    'ST_CONTAINS(geo, {area})',
    'the value of expression template variable name {area} is not found',
  ],
  ['ST_CONTAINS(geo)', 'st_contains takes 2 arguments, got 1'],
  ['ST_ISVALID(geo, geo)', 'st_isvalid takes 1 arguments, got 2'],
  ["ST_DWITHIN(geo, 'POINT (1 1)')", 'st_dwithin takes 3 arguments, got 2'],
  [
    "ST_DWITHIN(geo, 'LINESTRING (1 1, 2 2)', 1)",
    'ST_DWITHIN only supports POINT geometry, got: LINESTRING',
  ],
  [
    "ST_DWITHIN(geo, 'POINT (1 1)', -100)",
    'distance parameter must be non-negative, got: -100.000000',
  ],
  [
    "ST_DWITHIN(geo, 'POINT (1 1)', 'far')",
    'distance parameter must be a numeric value (int or float), got: "far"',
  ],
])('refuses %s with the reason', (text, reason) => {
  const bind = () => bound(text)
  expect(bind).toThrow(expect.objectContaining({ kind: 'parameterInvalid' }))
  expect(bind).toThrow(
    `failed to create query plan: cannot parse expression: ${text}, error: ${reason}: invalid parameter`,
  )
})
