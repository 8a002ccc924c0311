import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { defaultReadOptions, type RejectedRow } from '../../dist/formats/format.js'
import { formatOf } from '../../dist/formats/registry.js'
import { DataType } from '../../dist/schema/data-type.js'
import { memorySource } from './memory-source.js'
import { failureOf, field } from './npy-files.js'
import { openText, readText } from './text-files.js'

const id = field('id', DataType.Int64, { isPrimaryKey: true })
const vector = field('vector', DataType.FloatVector, { dim: 2 })
const meta = field('$meta', DataType.JSON, { isDynamic: true })
const fields = [id, vector]
const row = '{"id": 1, "vector": [1, 2]}'
const wanted = [{ id: 1n, vector: [1, 2] }]

describe('a .json file', () => {
  it.each([
    ['a list', `[${row}]`],
    ['a list under rows', `{"rows": [${row}]}`],
    ['rows in other letters', `{"ROWS": [${row}]}`],
    ['other root keys before the rows', `{"version": 1, "x": {"y": ["]"]}, "rows": [${row}]}`],
    ['anything behind the list', `{"rows": [${row}], "more": {{{`],
    ['anything behind a plain list', `[${row}] xyz`],
    ['a byte order mark', `\ufeff [ ${row} ] `],
    ['one row on several lines', `[\n  {\n    "id":\t1,\r\n "vector": [\n 1,\n 2\n]\n}\n]\n`],
    ['JSON lines', `${row}\n`],
    ['JSON lines whose first key is unknown', `{"x": 5, "id": 1, "vector": [1, 2]}`],
  ])('may be %s', async (_name, text) => {
    expect(await readText('a.json', text, { fields })).toEqual(wanted)
  })

  it('may have no rows', async () => {
    for (const text of ['[]', ' [ ] ', '{"rows": []}', '{"a": 1, "rows": [ ] }']) {
      expect(await readText('a.json', text, { fields })).toEqual([])
    }
  })

  it.each([
    ['{"data": [1]}', "the root key should be 'rows', but get 'data'", 0],
    ['{}', "the root key should be 'rows', but get ''", 0],
    ['{"rows": 5}', "rows list should begin with '['", 9],
    ['5', "the content should be started with '{' or '['", 0],
    ['  ', 'failed to decode the JSON file, error: EOF', 2],
    ['{"a": tru', 'unexpected EOF', 9],
  ])('is refused where it is %s', async (text, reason, byteOffset) => {
    const error = await failureOf(readText('a.json', text, { fields }))
    expect(error.message).toContain(reason)
    expect(error.message).toMatch(/^a\.json: /)
    expect(error.place).toMatchObject({ file: 'a.json', byteOffset })
  })

  it.each([
    [`[${row}\n ${row}]`, 30, 2, "expected ',' or ']', got '{'"],
    [`[${row},\n${row}`, 57, 2, "rows list should end with a ']'"],
    [`[${row},\n{"id": 1x}]`, 38, 2, "expected ',' or '}', got 'x'"],
    [`[${row},\n\n{"id" 1}]`, 37, 3, "expected ':', got '1'"],
    [`[${row},]`, 29, 1, "expected a value, got ']'"],
    [`[${row},\n{"id": 01}]`, 38, 2, "expected ',' or '}', got '1'"],
    [`[${row},\n{"id": "a\nb"}]`, 39, 2, 'got "\\n"'],
    [`[${row},\n{"id": "\\x"}]`, 39, 2, 'in string escape code'],
    [`[${row},\n{"id": nul}]`, 40, 2, "in literal null (expecting 'l')"],
    [`[${row},\n{'id': 1}]`, 31, 2, 'looking for beginning of object key string'],
  ])('names the byte and line of what breaks %s', async (text, byteOffset, line, reason) => {
    const error = await failureOf(readText('a.json', text, { fields }))
    const expected = reason.startsWith('rows list') ? '' : reason
    expect(error.message).toContain(`at byte ${byteOffset}, line ${line}: `)
    expect(error.message).toContain(expected)
    expect(error.message).toContain('failed to parse row value, error: ')
    expect(error.place).toMatchObject({ file: 'a.json', byteOffset })
  })

  it('names row and field of a missing key', async () => {
    const error = await failureOf(readText('a.json', `[${row},{"id": 2}]`, { fields }))
    expect(error.message).toBe(
      "a.json: row 1, field 'vector': expected a value, got none: value of field 'vector' is missed",
    )
    expect(error.place).toEqual({ file: 'a.json', row: 1, field: 'vector', byteOffset: 29 })
  })

  it('refuses what the server makes itself', async () => {
    const auto = field('id', DataType.Int64, { isPrimaryKey: true, autoId: true })
    const output = field('out', DataType.FloatVector, { dim: 2, isFunctionOutput: true })
    const sparse = field('sparse', DataType.SparseFloatVector, { isFunctionOutput: true })
    const reading = { fields: [vector], reserved: [auto, output, sparse] }
    const read = (text: string) => failureOf(readText('a.json', text, reading))
    expect((await read(`[${row}]`)).message).toContain(
      "the primary key 'id' is auto-generated, no need to provide",
    )
    expect((await read('[{"out": [1, 2]}]')).message).toContain(
      "not allowed to provide data for function output field 'out'",
    )
    expect((await read('[{"sparse": {}}]')).message).toContain(
      "not allowed to provide data for BM25 function output field 'sparse'",
    )
  })

  it('refuses rows that are no objects', async () => {
    const error = await failureOf(readText('a.json', `[${row}, 5]`, { fields }))
    expect(error.message).toBe(
      'a.json: row 1: expected an object, got 5: invalid JSON format, each row should be a key-value map',
    )
  })

  it('takes the last of equal keys, whether escaped or not', async () => {
    const text = '[{"id": 5, "vector": [3, 4], "\\u0069d": 1, "vector": [1, 2]}]'
    expect(await readText('a.json', text, { fields })).toEqual(wanted)
  })

  it('refuses nesting without end, and stays up', async () => {
    const deep = '['.repeat(100_000)
    const error = await failureOf(readText('a.json', `[{"x": ${deep}`, { fields }))
    expect(error.message).toContain('at most 256 levels of nesting')
  })

  it('names row and field of text that is not UTF-8', async () => {
    const text = field('s', DataType.VarChar, { maxLength: 10 })
    const bytes = Buffer.concat([Buffer.from('[{"s": "a'), Buffer.of(0xff), Buffer.from('"}]')])
    const error = await failureOf(readText('a.json', bytes, { fields: [text] }))
    expect(error.message).toContain("row 0, field 's': expected UTF-8")
    expect(error.message).toContain("field 's' contains invalid UTF-8 data")
  })

  it('gives rows over 64 MiB a clear error', async () => {
    const text = Buffer.alloc(65 * 1024 ** 2, ' ')
    text.write('[{"id": 1,')
    const error = await failureOf(readText('a.json', text, { fields }))
    expect(error.message).toContain('expected rows of at most 67108864 bytes')
  })

  it('tells keys without a field once', async () => {
    const source = memorySource(
      'a.json',
      Buffer.from('[{"id":1,"vector":[1,2],"x":1},{"x":2,"y":3}]'),
    )
    const outline = await formatOf('a.json')!.outline([source], fields, [], defaultReadOptions)
    expect(outline).toMatchObject({ rowCount: null, bytesTotal: 45 })
    expect(outline.warnings).toEqual([
      "the key 'x' of 'a.json' is not defined in collection schema and was ignored",
      "the key 'y' of 'a.json' is not defined in collection schema and was ignored",
    ])
  })

  it('accepts only one file', async () => {
    const source = memorySource('a.json', Buffer.from('[]'))
    const work = formatOf('a.json')!.outline([source, source], fields, [], defaultReadOptions)
    expect((await failureOf(work)).message).toContain('for JSON import, accepts only one file')
  })
})

describe('null and missing values', () => {
  const nullable = field('n', DataType.Int64, { nullable: true })
  const filled = field('d', DataType.VarChar, { maxLength: 9, defaultValue: 'x', nullable: true })
  const vectors = field('v', DataType.FloatVector, { dim: 2, nullable: true })
  const list = field('a', DataType.Array, { elementType: DataType.Int8, nullable: true })
  const all = [nullable, filled, vectors, list]

  it('become the default, else null', async () => {
    const text = '[{"n":1,"d":"y","v":[1,2],"a":[1]},{"n":null,"d":null,"v":null,"a":null},{}]'
    const nothing = { n: null, d: 'x', v: null, a: null }
    expect(await readText('a.json', text, { fields: all })).toEqual([
      { n: 1n, d: 'y', v: [1, 2], a: [1] },
      nothing,
      nothing,
    ])
  })
})

describe('dynamic fields', () => {
  const dynamic = [id, meta]
  const metaOf = async (json: string) =>
    (await readText('a.json', `[${json}]`, { fields: dynamic })).map((it) => it.$meta)

  it('keep unknown keys byte for byte', async () => {
    expect(await metaOf('{"id":1, "x" : {"a": [1.0, 1e2]} , "\\u0079": "é"}, {"id":2}')).toEqual([
      '{"x":{"a": [1.0, 1e2]},"\\u0079":"é"}',
      '{}',
    ])
  })

  it('take in the members of $meta, an object or a string of one', async () => {
    const rows =
      '{"id":1,"$meta":{"k": 1},"z":2},{"z":3,"id":2,"$meta":"{\\"k\\": 5}"},{"id":3,"$meta":null}'
    expect(await metaOf(rows)).toEqual(['{"k":1,"z":2}', '{"z":3,"k":5}', '{}'])
    expect(await metaOf('{"id":1,"$meta":{}}')).toEqual(['{}'])
  })

  it.each([
    ['{"id":1,"x":1,"x":2}', 'duplicated key is not allowed, key=x'],
    ['{"id":1,"x":1,"\\u0078":2}', 'duplicated key is not allowed'],
    ['{"id":1,"x":1,"$meta":{"x":2}}', 'duplicated key is not allowed, key=x'],
    ['{"id":1,"$meta":5}', "illegal value '5' for JSON type field '$meta'"],
    ['{"id":1,"$meta":"[1]"}', 'illegal value for dynamic field, not a JSON object'],
    ['{"id":1,"$meta":"x"}', 'illegal value for dynamic field'],
    ['{"id":1,"x":NaN}', "invalid character 'N' looking for beginning of value"],
  ])('refuse %s', async (json, reason) => {
    expect((await failureOf(metaOf(json))).message).toContain(reason)
  })
})

describe('rejected rows', () => {
  it('are left out of a list, and reading goes on', async () => {
    const rejects: RejectedRow[] = []
    const text = `[{"id": "x"}, ${row}, 7, {"id": 2, "vector": [NaN, 1]}, {"id":3, "vector": [3, 4]}, {"id":NaN}]`
    const reader = await openText('a.json', text, { fields, rejects })
    const batch = (await reader.next())!
    expect(batch.rowCount).toBe(2)
    expect([reader.rowOf(0), reader.rowOf(1)]).toEqual([1, 4])
    expect(reader.rawRow(0)).toEqual({ line: 0, byteOffset: 14, text: row })
    expect(await reader.next()).toBeNull()
    expect(rejects.map(({ row, byteOffset, field }) => [row, byteOffset, field])).toEqual([
      [0, 1, 'id'],
      [2, 43, ''],
      [3, 46, 'vector'],
      [5, text.lastIndexOf('{'), 'id'],
    ])
    expect(rejects[2].rawText).toBe('{"id": 2, "vector": [NaN, 1]}')
    expect(rejects[0].reason).toContain("illegal value 'x' for int64 type field 'id'")
    expect(reader.checkpoint).toEqual({ position: text.length - 1, row: 6, line: 0 })
    expect(reader.bytesRead).toBe(text.length)
  })

  it('end a list where its grammar is broken', async () => {
    const rejects: RejectedRow[] = []
    const error = await failureOf(readText('a.json', `[{"id": }, ${row}]`, { fields, rejects }))
    expect(error.message).toContain('a.json: row 0: at byte 8, line 1: expected a value')
    expect(rejects).toEqual([])
  })

  it('of JSON lines are what one line holds, however broken', async () => {
    const rejects: RejectedRow[] = []
    const text = `${row}\n{"id": }\nrubbish\n${row}\n{"id": 1`
    expect(await readText('a.jsonl', text, { fields, rejects })).toEqual([...wanted, ...wanted])
    expect(rejects.map(({ row, rawText }) => [row, rawText])).toEqual([
      [1, '{"id": }'],
      [2, 'rubbish'],
      [4, '{"id": 1'],
    ])
  })
})

describe('JSON lines', () => {
  const text = Array.from(
    { length: 50 },
    (_, index) => `{"id": ${index}, "vector": [${index}, 2]}`,
  ).join('\n')

  it('may have empty lines, commas, returns and a byte order mark', async () => {
    const lines = `\ufeff\r\n${row}\r\n\n ${row},\n${row}`
    for (const name of ['a.jsonl', 'a.ndjson', 'A.JSONL']) {
      expect(await readText(name, lines, { fields })).toEqual([...wanted, ...wanted, ...wanted])
    }
    expect(await readText('a.jsonl', '', { fields })).toEqual([])
  })

  it('are cut at lines, and all parts are all rows', async () => {
    const all = await readText('a.jsonl', text, { fields })
    const source = memorySource('a.jsonl', Buffer.from(text))
    for (let count = 1; count < 60; count += 3) {
      const parts = await formatOf('a.jsonl')!.cut([source], fields, defaultReadOptions, count)
      expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(text.length)
      if (count > 1) expect(parts.length).toBeGreaterThan(1)
      const rows = await Promise.all(
        parts.map((part) => readText('a.jsonl', text, { fields, part })),
      )
      expect(rows.flat()).toEqual(all)
    }
  })

  it('are not cut where a row has several lines', async () => {
    const source = memorySource('a.jsonl', Buffer.from('{"id":1,\n"vector":[1,2]}\n'.repeat(9)))
    const parts = await formatOf('a.jsonl')!.cut([source], fields, defaultReadOptions, 4)
    expect(parts).toHaveLength(1)
  })
})

describe('JSON lists', () => {
  const nested = '[{"id": 1, "vector": [1, 2]}, {"id": 2, "a": "}, {\\"id\\\\"}, {"b": []}]'
  const string = JSON.stringify('},{"id":7 \\ ], {"vector')
  const rows = Array.from(
    { length: 60 },
    (_, id) => `{"id": ${id}, "vector": [${id}, 0.5], "x": ${id % 3 === 0 ? nested : string}}`,
  )

  async function partsOf(text: string, count: number) {
    const source = memorySource('a.json', Buffer.from(text))
    return formatOf('a.json')!.cut([source], fields, defaultReadOptions, count)
  }

  it.each([
    ['a list', `[${rows.join(', ')}]`],
    ['a list over many lines', ` [\n${rows.join('\n,\n')}\n]\n`],
    ['the rows of an object', `{"a": [{"b": 1}, {"c": 1}], "rows": [${rows.join(',')}] }`],
    ['the rows of an object that goes on', `{"rows": [${rows.join(',')}], "z": [{}, {"a": 1}]}`],
    ['lines', rows.join('\n')],
  ])('are cut between rows, and all parts are all rows: %s', async (_, text) => {
    const all = await readText('a.json', text, { fields })
    expect(all).toHaveLength(rows.length)
    for (let count = 2; count < 40; count += 3) {
      const parts = await partsOf(text, count)
      expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(text.length)
      expect(parts.length).toBeGreaterThan(Math.min(count, 12) / 2)
      for (const windowBytes of [undefined, 300]) {
        const read = parts.map((part) => readText('a.json', text, { fields, part, windowBytes }))
        expect((await Promise.all(read)).flat()).toEqual(all)
      }
    }
  })

  it('are not cut where all objects lie in one row, or nothing is an object', async () => {
    const inner = Array.from({ length: 500 }, (_, id) => `{"id": ${id}}`).join(', ')
    for (const text of [`[{"id": 1, "vector": [1, 2], "x": [${inner}]}]`, '[]', '[1, 2, 3, 4]']) {
      expect(await partsOf(text, 4)).toHaveLength(1)
    }
  })

  it.each([
    ['in an object', '{"rows": [', '], "z": [', ']}'],
    ['by itself', '[', '] [', ']'],
  ])('are refused where they were cut in a larger list behind them: %s', async (_, ...ends) => {
    const [begin, between, end] = ends
    const text = `${begin}${rows[0]}, ${rows[1]}${between}${rows.join(', ')}${end}`
    expect(await readText('a.json', text, { fields })).toHaveLength(2)
    const parts = await partsOf(text, 2)
    expect(parts).toHaveLength(2)
    const first = readText('a.json', text, { fields, part: parts[0] })
    await expect(first).rejects.toThrow("expected nothing but one list of rows, got ']'")
  })

  it('say so where a part ends in the middle, or the list does not end', async () => {
    const text = `[${rows.join(', ')}]`
    const [first, second] = await partsOf(text, 2)
    const early = { ...first, end: first.end - 2 }
    await expect(readText('a.json', text, { fields, part: early })).rejects.toThrow(/row \d+/)
    const open = text.slice(0, -1)
    const last = { ...second, end: open.length }
    await expect(readText('a.json', open, { fields, part: last })).rejects.toThrow(
      "expected ',' or ']', got the end of the text",
    )
  })
})

it('reads gzip, whatever the file is called, as one part', async () => {
  const rows = Array.from(
    { length: 3000 },
    (_, index) => `{"id": ${index}, "vector": [${index}, 2]}`,
  )
  const packed = gzipSync(`[${rows.join(',\n')}]`)
  for (const name of ['a.json.gz', 'a.json']) {
    const source = memorySource(name, packed)
    expect(await formatOf(name)!.cut([source], fields, defaultReadOptions, 8)).toHaveLength(1)
    const reader = await openText(name, packed, { fields, windowBytes: 5000 })
    let rowCount = 0
    for (let batch = await reader.next(); batch; batch = await reader.next()) {
      rowCount += batch.rowCount
      expect(reader.bytesRead).toBeLessThanOrEqual(packed.byteLength)
    }
    expect([rowCount, reader.bytesRead]).toEqual([3000, packed.byteLength])
    reader.close()
  }
})
