import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { defaultReadOptions, type RejectedRow } from '../../dist/formats/format.js'
import { formatOf } from '../../dist/formats/registry.js'
import { DataType } from '../../dist/schema/data-type.js'
import { memorySource } from './memory-source.js'
import { failureOf, field } from './npy-files.js'
import { openText, readText } from './text-files.js'

const id = field('id', DataType.Int64, { isPrimaryKey: true })
const text = field('s', DataType.VarChar, { maxLength: 20 })
const meta = field('$meta', DataType.JSON, { isDynamic: true })
const fields = [id, text]

describe('a .csv file', () => {
  it.each([
    ['columns in any order', 's,id\na,1\nb,2\n'],
    ['no newline at its end', 's,id\na,1\nb,2'],
    ['returns before its newlines', 's,id\r\na,1\r\nb,2\r\n'],
    ['a return at its end', 's,id\r\na,1\r\nb,2\r'],
    ['a byte order mark', '\ufeffs,id\na,1\nb,2\n'],
    ['empty lines', '\n\r\ns,id\n\na,1\r\n\r\n\nb,2\n\n'],
    ['quotes around anything', '"s","id"\r\n"a","1"\r\n"b","2"\r\n'],
    ['columns without a field', 'x,s,y,id\n9,a,"1,2",1\n8,b,,2\n'],
  ])('may have %s', async (_name, content) => {
    expect(await readText('a.csv', content, { fields })).toEqual([
      { id: 1n, s: 'a' },
      { id: 2n, s: 'b' },
    ])
  })

  it('keeps newlines, returns, quotes and separators inside of quotes', async () => {
    const content = 'id,s\n1,"a\r\n""b"",\n"\n2," c "\n3, d \n4,\ré\n'
    expect((await readText('a.csv', content, { fields })).map((row) => row.s)).toEqual([
      'a\r\n"b",\n',
      ' c ',
      ' d ',
      '\ré',
    ])
  })

  it.each([';', '\t', '|', '¦'])('may have %j between its cells', async (sep) => {
    const content = `id${sep}s\n1${sep}a,b\n2${sep}"x${sep}y"\n3${sep}\u00c2\u00a3£\n`
    const rows = await readText('a.csv', content, { fields, options: { sep } })
    expect(rows.map((row) => row.s)).toEqual(['a,b', `x${sep}y`, '\u00c2\u00a3£'])
  })

  it.each(['', ',,', '\n', '"', '\0'])('is refused with %j as separator', async (sep) => {
    const error = await failureOf(readText('a.csv', 'id,s', { fields, options: { sep } }))
    expect(error.message).toContain("expected one character as 'sep'")
  })

  it('has null and defaults where a cell is the null key, or the column is missing', async () => {
    const nullable = field('n', DataType.Int32, { nullable: true })
    const filled = field('d', DataType.Int32, { defaultValue: 7, nullable: true })
    const missing = field('m', DataType.VarChar, { defaultValue: 'x' })
    const all = [text, nullable, filled, missing]
    const read = (content: string, nullKey?: string) =>
      readText('a.csv', content, { fields: all, options: nullKey === undefined ? {} : { nullKey } })
    expect(await read('s,n,d\n,,\n"","",""\na,1,2\n')).toEqual([
      { s: '', n: null, d: 7, m: 'x' },
      { s: '', n: null, d: 7, m: 'x' },
      { s: 'a', n: 1, d: 2, m: 'x' },
    ])
    expect(await read('s,n,d\nNULL,NULL,NULL\n', 'NULL')).toEqual([
      { s: 'NULL', n: null, d: 7, m: 'x' },
    ])
  })

  it('keeps columns without a field as strings in $meta', async () => {
    const content = 'id,x,"y ""z""",$meta\n1,5,"a""b",\n2,,é,"{""k"": 1.0}"\n'
    const rows = await readText('a.csv', content, { fields: [id, meta] })
    expect(rows.map((row) => row.$meta)).toEqual([
      '{"x":"5","y \\"z\\"":"a\\"b"}',
      '{"x":"","y \\"z\\"":"é","k":1.0}',
    ])
    expect(JSON.parse(rows[0].$meta as string)).toEqual({ x: '5', 'y "z"': 'a"b' })
    const nulls = await readText('a.csv', 'id,$meta,x\n1,NULL,NULL\n', {
      fields: [id, meta],
      options: { nullKey: 'NULL' },
    })
    expect(nulls[0].$meta).toBe('{"x":"NULL"}')
    const twice = failureOf(
      readText('a.csv', 'id,x,$meta\n1,5,"{""x"":1}"', { fields: [id, meta] }),
    )
    expect((await twice).message).toContain('duplicated key is not allowed, key=x')
  })

  it.each([
    ['', 'failed to read csv header, error: EOF'],
    ['id\n1\n', "field 's': expected a column 's', got 'id': value of field is missed: 's'"],
    ['id,s,id\n', "field 'id': expected each column once"],
  ])('is refused with %j as its beginning', async (content, reason) => {
    const error = await failureOf(readText('a.csv', content, { fields }))
    expect(error.message).toContain(reason)
  })

  it('is refused with a column that the server makes itself', async () => {
    const auto = field('id', DataType.Int64, { autoId: true })
    const error = await failureOf(readText('a.csv', 'id,s\n', { fields: [text], reserved: [auto] }))
    expect(error.message).toContain("the primary key 'id' is auto-generated, no need to provide")
  })

  it.each([
    [
      'id,s\n1,a\n2\n',
      'row 1: expected 2 cells, got 1: the number of fields in the row is not equal',
    ],
    ['id,s\n1,a,b\n', 'row 0: expected 2 cells, got 3'],
    ['id,s\n1,a"b\n', "row 0: at byte 8, line 2: expected no quote, got '\"'"],
    ['id,s\n1,a\n2,"b"x\n', "row 1: at byte 14, line 3: expected a separator, got 'x'"],
    [
      'id,s\n1,"ab\n',
      'row 0: at byte 11, line 3: expected a closing quote, got the end of the text',
    ],
    ['id,s\nx,a\n', "row 0, field 'id': expected an integer, got 'x'"],
  ])('is refused where it is %j', async (content, reason) => {
    expect((await failureOf(readText('a.csv', content, { fields }))).message).toContain(reason)
  })

  it('leaves out bad rows where that is wanted', async () => {
    const rejects: RejectedRow[] = []
    const content = 'id,s\nx,a\n1,a\n2\n3,"b"c\n4,"d\n"\n5,a"e\n6,"f\n7,g\n'
    const reader = await openText('a.csv', content, { fields, rejects })
    const batch = (await reader.next())!
    expect(batch.rowCount).toBe(3)
    expect([0, 1, 2].map((row) => reader.rowOf(row))).toEqual([1, 4, 7])
    expect(reader.rawRow(1)).toEqual({ line: 5, byteOffset: 22, text: '4,"d\n"' })
    expect(rejects.map(({ row, rawText }) => [row, rawText])).toEqual([
      [0, 'x,a'],
      [2, '2'],
      [3, '3,"b"c'],
      [5, '5,a"e'],
      [6, '6,"f'],
    ])
  })

  it('tells columns without a field', async () => {
    const source = memorySource('a.csv', Buffer.from('id,s,x\n'))
    const outlineOf = (all: typeof fields) =>
      formatOf('a.csv')!.outline([source], all, [], defaultReadOptions)
    expect(await outlineOf(fields)).toMatchObject({
      rowCount: null,
      warnings: ["the column 'x' of 'a.csv' is not defined in collection schema and was ignored"],
    })
    expect((await outlineOf([...fields, meta])).warnings).toEqual([])
  })

  it('is cut outside of quotes, and all parts are all rows', async () => {
    const cells = ['plain', '"a\nb"', '"""\n"""', 'x', '"1\n2\n3\n"']
    const lines = Array.from({ length: 60 }, (_, row) => `${row},${cells[row % 5]}`)
    const content = `id,s\n${lines.join('\n')}\n`
    const all = await readText('a.csv', content, { fields })
    const source = memorySource('a.csv', Buffer.from(content))
    for (let count = 1; count < 70; count += 3) {
      const parts = await formatOf('a.csv')!.cut([source], fields, defaultReadOptions, count)
      expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(content.length)
      if (count > 1) expect(parts.length).toBeGreaterThan(1)
      const rows = []
      for (const part of parts) rows.push(...(await readText('a.csv', content, { fields, part })))
      expect(rows).toEqual(all)
    }
  })

  it('may be compressed', async () => {
    const packed = gzipSync('id,s\n1,a\n')
    expect(await readText('a.csv.gz', packed, { fields })).toEqual([{ id: 1n, s: 'a' }])
    const cut = await failureOf(readText('a.csv.gz', packed.subarray(0, 20), { fields }))
    expect(cut.message).toContain(
      'a.csv.gz: expected a file compressed with gzip, got one that is broken',
    )
  })
})
