import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RejectedRow } from '../../dist/formats/format.js'
import { DataType } from '../../dist/schema/data-type.js'
import { chunkFields } from '../support/struct-fields.js'
import { rowsOf } from './file-rows.js'
import { failureOf, field } from './npy-files.js'
import { readText } from './text-files.js'

const id = field('id', DataType.Int64, { isPrimaryKey: true })
const fields = [id, ...chunkFields()]
const chunk = '{"word": "a", "number": 9007199254740993, "floats": [1, 2.5]}'
const other = '{"floats": [3, 4], "number": -1, "word": "\\u0062"}'
const wanted = {
  id: 1n,
  'chunks[word]': ['a', 'b'],
  'chunks[number]': [9007199254740993n, -1n],
  'chunks[floats]': [
    [1, 2.5],
    [3, 4],
  ],
}
const none = { id: 2n, 'chunks[word]': [], 'chunks[number]': [], 'chunks[floats]': [] }

const jsonRow = (chunks: string) => `{"id": 1, "chunks": ${chunks}}`
const csvRow = (chunks: string) => `id,chunks\n1,"${chunks.replaceAll('"', '""')}"\n`

describe('a struct array in a text file', () => {
  it('is a list of objects in JSON, and in a cell of CSV', async () => {
    const rows = [jsonRow(`[${chunk}, ${other}]`), '{"chunks": [ ], "id": 2}']
    expect(await readText('a.json', `[${rows}]`, { fields })).toEqual([wanted, none])
    expect(await readText('a.jsonl', rows.join('\n'), { fields })).toEqual([wanted, none])
    const csv = `${csvRow(`[${chunk}, ${other}]`)}2,[]\n`
    expect(await readText('a.csv', csv, { fields })).toEqual([wanted, none])
  })

  it('is null where it may be', async () => {
    const nullable = [id, ...chunkFields({}, true)]
    const nulls = { id: 1n, 'chunks[word]': null, 'chunks[number]': null, 'chunks[floats]': null }
    expect(await readText('a.json', `[${jsonRow('null')}]`, { fields: nullable })).toEqual([nulls])
    expect(await readText('a.json', '[{"id": 1}]', { fields: nullable })).toEqual([nulls])
    expect(await readText('a.csv', 'id,chunks\n1,\n', { fields: nullable })).toEqual([nulls])
    expect(await readText('a.csv', 'id\n1\n', { fields: nullable })).toEqual([nulls])
  })

  it.each([
    ['null', 'chunks', "expected a value, got null: the field is not nullable: expected type 'Arr"],
    ['7', 'chunks', 'expected a list of objects, got number'],
    ['[7]', 'chunks', 'element 0: expected an object, got number'],
    [`[${chunk}, null]`, 'chunks', 'element 1: expected an object, got <nil>'],
    [
      '[{"word": "a", "number": 1}]',
      'chunks[floats]',
      "element 0: expected a value of 'floats', got",
    ],
    [
      '[{"word": "a", "number": 1, "floats": [1, 2], "more": 1}]',
      'chunks',
      "got the key 'more': field 'more' is not a sub-field of struct field 'chunks'",
    ],
    [`[${chunk}, {"word": null}]`, 'chunks[word]', 'element 1: expected a value, got null'],
    ['[{"word": "a", "word": "b"}]', 'chunks[word]', "element 0: expected 'word' once"],
    ['[{"floats": [1, 2, 3]}]', 'chunks[floats]', 'expected a list of 2 numbers, got 3'],
    ['[{"number": "1"}]', 'chunks[number]', 'got string'],
  ])('is refused as %s, naming row and field', async (chunks, fieldName, message) => {
    const text = `[{"id": 0, "chunks": []},\n${jsonRow(chunks)}]`
    const error = await failureOf(readText('a.json', text, { fields }))
    expect(error.message).toContain(message)
    expect(error.place).toMatchObject({ row: 1, field: fieldName })
    const rejects: RejectedRow[] = []
    const rows = await readText(
      'a.json',
      `[${jsonRow(chunks)}, ${jsonRow(`[${chunk}, ${other}]`)}]`,
      {
        ...{ fields, rejects },
      },
    )
    expect(rows).toEqual([wanted])
    expect(rejects).toMatchObject([{ row: 0, field: fieldName }])
    if (chunks === 'null') return
    const inCell = await failureOf(readText('a.csv', csvRow(chunks), { fields }))
    expect(inCell.place).toMatchObject({ row: 0, field: fieldName })
  })

  it('is not given by its sub-fields', async () => {
    const expected = "got its sub-field 'chunks[word]' by itself"
    const json = readText('a.json', '[{"id": 1, "chunks[word]": ["a"]}]', { fields })
    expect((await failureOf(json)).message).toContain(expected)
    const csv = readText('a.csv', 'id,chunks,chunks[word]\n1,[],[]\n', { fields })
    expect((await failureOf(csv)).message).toContain(expected)
  })

  it('must be there', async () => {
    const json = await failureOf(readText('a.json', '[{"id": 1}]', { fields }))
    expect(json.message).toContain("value of field 'chunks' is missed")
    const csv = await failureOf(readText('a.csv', 'id\n1\n', { fields }))
    expect(csv.message).toContain("expected a column 'chunks', got 'id'")
  })
})

describe('a struct array in a Parquet file', () => {
  const pathOf = (name: string) => join(import.meta.dirname, 'fixtures', name)
  const [word, , floats] = chunkFields({ dim: 3 })

  it('has the members of the struct, no more and no less', async () => {
    const path = pathOf('bad-struct-member.parquet')
    const lacking = await failureOf(rowsOf(path, [id, ...chunkFields({}, true)]))
    expect(lacking.message).toContain(
      "expected a member 'word' of the structs, got 'number', 'floats'",
    )
    const stranger = await failureOf(rowsOf(path, [id, ...chunkFields({}, true).slice(2)]))
    expect(stranger.message).toContain("expected the sub-fields 'floats', got 'number' too")
  })

  it('has elements that are whole', async () => {
    const rejects: RejectedRow[] = []
    const three = { ...floats, dim: 3 }
    const rows = await rowsOf(pathOf('bad-struct-elements.parquet'), [id, word, three], {
      onReject: (row) => rejects.push(row),
    })
    expect(rows).toEqual([{ id: '1', 'chunks[word]': ['a'], 'chunks[floats]': [[1, 2, 3]] }])
    expect(rejects).toMatchObject([
      { row: 1, field: 'chunks[floats]', reason: expect.stringMatching(/^element 1: .*got 2/) },
      { row: 2, field: 'chunks[word]', reason: expect.stringMatching(/^element 0: .*got null/) },
    ])
  })

  it('is a list of structs', async () => {
    const error = await failureOf(
      rowsOf(pathOf('bad-length.parquet'), [
        id,
        ...chunkFields().map((each) => ({
          ...each,
          name: each.name.replace('chunks', 'vector'),
          struct: { ...each.struct!, name: 'vector' },
        })),
      ]),
    )
    expect(error.message).toContain(
      "expected a column 'vector' of list<struct>, got 'list<float32>'",
    )
  })
})
