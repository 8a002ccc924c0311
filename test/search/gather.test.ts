import { expect, it } from 'vitest'
import { hasBit } from '../../dist/column/bitmap.js'
import type { BytesColumn, Column } from '../../dist/column/column.js'
import { DataType } from '../../dist/schema/data-type.js'
import { cutDynamicKeys } from '../../dist/search/rows/dynamic-keys.js'
import { gatherField, gatherKeys } from '../../dist/search/rows/gather.js'
import { outputFieldsOf, searchOutputFieldsOf } from '../../dist/search/rows/output-fields.js'
import { columnOf, everyType, type Row, schemaOf } from '../expr/fixture.js'
import { field } from '../support/fields.js'
import { viewOf } from './views.js'

const segments: Row[][] = [
  [
    { id: 1n, name: 'one', vector: [1, 2], numbers: [1n, 2n], words: [], $meta: {} },
    { id: 2n, name: null, vector: [3, 4], numbers: null, words: ['a', 'bc'], $meta: {} },
  ],
  [{ id: 3n, name: 'three', vector: [5, 6], numbers: [], words: ['d'], $meta: {} }],
]
const views = segments.map((rows, index) => viewOf(everyType, BigInt(index), rows))
const refs = [
  { viewIndex: 1, rowOffset: 0 },
  { viewIndex: 0, rowOffset: 1 },
  { viewIndex: 0, rowOffset: 0 },
  { viewIndex: 1, rowOffset: 0 },
]

it.each([
  ['every row', refs],
  ['one view', refs.slice(1, 3)],
  ['no row', []],
])('gathers columns of every shape in the order of %s', async (_, rows) => {
  const gathered = rows.map(({ viewIndex, rowOffset }) => segments[viewIndex][rowOffset])
  for (const item of everyType.fields) {
    const column = await gatherField(views, rows, item)
    expect(plain(column, rows.length)).toEqual(plain(columnOf(item, gathered), rows.length))
  }
  const keys = await gatherKeys(views, rows, everyType)
  expect(plain(keys, rows.length)).toEqual(gathered.map(({ id }) => [id]))
})

const schema = schemaOf([
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'vector', DataType.FloatVector, { dim: 2 }),
  field(102, 'sparse', DataType.SparseFloatVector, { isFunctionOutput: true }),
  field(103, 'name', DataType.VarChar),
  field(104, '$meta', DataType.JSON, { isDynamic: true }),
])

it.each([
  [[], ['id'], ['id'], []],
  [['name'], ['id', 'name'], ['id', 'name'], []],
  [['*'], ['id', 'vector', 'name', '$meta'], ['id', 'vector', 'name', '$meta'], null],
  [['%'], ['id', 'vector', 'sparse'], ['id', 'vector', 'sparse'], []],
  [['color', 'name'], ['id', 'name', '$meta'], ['id', 'name', 'color'], ['color']],
  [['$meta["color"]'], ['id', '$meta'], ['id', 'color'], ['color']],
  [['$meta', 'color'], ['id', '$meta'], ['id', '$meta', 'color'], null],
])('resolves the output fields %j', (requested, fieldNames, names, dynamicKeys) => {
  const output = outputFieldsOf(schema, requested)
  expect(output.fields.map(({ name }) => name)).toEqual(fieldNames)
  expect(output.names).toEqual(names)
  expect(output.dynamicKeys).toEqual(dynamicKeys)
})

it.each([
  [[], [], []],
  [['name'], ['name'], ['name']],
  [
    [' id ', 'name'],
    ['name', 'id'],
    ['name', 'id'],
  ],
  [['*'], ['vector', 'name', '$meta', 'id'], ['vector', 'name', '$meta', 'id']],
  [['color'], ['$meta'], ['color']],
])('gives the key among the output fields %j of a search only if asked', (asked, fields, names) => {
  const output = searchOutputFieldsOf(schema, asked)
  expect(output.fields.map(({ name }) => name)).toEqual(fields)
  expect(output.names).toEqual(names)
})

it('refuses an output field without a name', () => {
  expect(() => outputFieldsOf(schema, [''])).toThrow('parse output field name failed')
})

it('refuses an unknown output field where there are no dynamic ones', () => {
  const withoutDynamic = schemaOf(schema.fields.slice(0, 4))
  expect(() => outputFieldsOf(withoutDynamic, ['color'])).toThrow('field color not exist')
})

it('cuts dynamic rows down to the keys asked for, byte for byte', () => {
  const documents = [{ color: 'é', size: 2n ** 60n, deep: { color: 1n } }, { other: 1n }, null]
  const column = columnOf(
    schema.fields[4],
    documents.map(($meta) => ({ $meta })),
  ) as BytesColumn
  const cut = cutDynamicKeys(column, 3, ['size', 'color'])
  expect(plain(cut, 3)).toEqual(['{"size":1152921504606846976,"color":"é"}', '{}', null])
})

function plain(column: Column, rowCount: number): unknown[] {
  return Array.from({ length: rowCount }, (_, row) => {
    if (column.validity !== null && !hasBit(column.validity, row)) return null
    if (column.shape === 'fixed') {
      return [...column.values.subarray(row * column.width, (row + 1) * column.width)]
    }
    const [begin, end] = [column.offsets[row], column.offsets[row + 1]]
    if (column.shape === 'list') return plain(column.child, end).slice(begin)
    return Buffer.from(column.bytes.subarray(begin, end)).toString()
  })
}
