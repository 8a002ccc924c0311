import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../dist/errors.js'
import type { RejectedRow } from '../../dist/formats/format.js'
import { defaultReadOptions } from '../../dist/formats/format.js'
import { parquetFormat } from '../../dist/formats/parquet/parquet.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'
import { field } from '../support/fields.js'
import { type Row, rowsOf } from './file-rows.js'
import { fixtureFields } from './fixture-fields.js'
import { memorySource } from './memory-source.js'

const pathOf = (name: string) => join(import.meta.dirname, 'fixtures', name)
const id = field(100, 'id', DataType.Int64, { isPrimaryKey: true })
const vector = field(101, 'vector', DataType.FloatVector, { dim: 8 })

describe('a Parquet file that is wrong', () => {
  const cases: [string, readonly Field[], object, RegExp][] = [
    [
      'bad-length.parquet',
      [id, vector],
      { row: 1, field: 'vector' },
      /expected 8 components, got 7: length of vector is not aligned: expected 8 but got 7/,
    ],
    [
      'bad-null-component.parquet',
      [id, vector],
      { row: 2, field: 'vector' },
      /got null in component 0/,
    ],
    [
      'bad-type.parquet',
      [id, vector],
      { field: 'id' },
      /expect 'Int64' type for field 'id', but got 'utf8' type/,
    ],
    ['bad-range.parquet', [id, vector], { row: 1, field: 'id' }, /got 18446744073709551615/],
    [
      'bad-utf8.parquet',
      [{ ...id, dataType: DataType.VarChar, maxLength: 9 }, vector],
      { row: 1, field: 'id' },
      /field 'id' contains invalid UTF-8 data/,
    ],
    [
      'bad-sparse.parquet',
      [id, { ...vector, dataType: DataType.SparseFloatVector }],
      { row: 1, field: 'vector' },
      /negative value in sparse float vector/,
    ],
    ['bad-twins.parquet', [id, vector], { field: 'id' }, /there is multi field of fieldName: id/],
    [
      'bad-null-vector.parquet',
      [id, vector, field(102, 'more', DataType.Int64)],
      { field: 'more' },
      /expected a column 'more', got 'id', 'vector': .* there is no field in parquet file of name: more/,
    ],
  ]

  it.each(cases)('%s names file, row and field', async (name, fields, place, message) => {
    const error = await rowsOf(pathOf(name), fields).then(String, (thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(MillraceError)
    expect((error as MillraceError).place).toMatchObject({ file: pathOf(name), ...place })
    expect((error as MillraceError).message).toMatch(message)
  })

  it('loses only its bad rows where they may be rejected', async () => {
    const rejected: RejectedRow[] = []
    const kept: number[] = []
    const rows = await rowsOf(pathOf('bad-length.parquet'), [id, vector], {
      onReject: (row) => rejected.push(row),
      onBatch: (batch, reader) => {
        for (let row = 0; row < batch.rowCount; row++) kept.push(reader.rowOf(row))
      },
    })
    expect(rows.map((row) => row.id)).toEqual(['1', '3'])
    expect(kept).toEqual([0, 2])
    expect(rejected).toMatchObject([{ row: 1, field: 'vector', byteOffset: null, rawText: null }])
  })
})

describe('the columns of a Parquet file', () => {
  const [, ...named] = fixtureFields.all

  it('may have more than the fields, which is told', async () => {
    const source = memorySource('a.parquet', readFileSync(pathOf('bad-length.parquet')))
    const outline = await parquetFormat.outline([source], [id], [], defaultReadOptions)
    expect(outline.warnings).toEqual([
      "the column 'vector' of 'a.parquet' has no field and was ignored",
    ])
    expect(outline.rowCount).toBe(3)
  })

  it('may not be those of an auto id', async () => {
    const source = memorySource('a.parquet', readFileSync(pathOf('bad-length.parquet')))
    const made = { ...id, autoId: true }
    const outline = parquetFormat.outline([source], [vector], [made], defaultReadOptions)
    await expect(outline).rejects.toThrow(
      "the primary key 'id' is auto-generated, no need to provide",
    )
  })

  it('may lack what is nullable or has a default', async () => {
    const fields = [
      id,
      field(110, 'missing', DataType.VarChar, { maxLength: 9, nullable: true }),
      field(111, 'defaulted', DataType.Int64, { defaultValue: 7n }),
    ]
    const rows = await rowsOf(pathOf('all.snappy.parquet'), fields)
    expect(rows[3]).toMatchObject({ missing: null, defaulted: '7' })
  })

  it('have the default where they have null', async () => {
    const text = named.find(({ name }) => name === 'text')!
    const int32 = named.find(({ name }) => name === 'int32')!
    const rows = await rowsOf(pathOf('all.snappy.parquet'), [
      { ...text, nullable: false, defaultValue: 'none' },
      { ...int32, nullable: true, defaultValue: 9 },
    ])
    expect(rows[4].text).toBe('none')
    expect(rows[5].text).toBe('a,b\n"c"')
    expect(rows[3].int32).toBe(9)
  })
})

describe('the parts of a Parquet file', () => {
  const fields = fixtureFields.all.filter(({ name }) =>
    ['id', 'text', 'ints', 'floats', 'maybe'].includes(name),
  )
  const path = pathOf('all.row-groups.parquet')

  it('are cut at its row groups and make up the whole', async () => {
    const source = memorySource('a.parquet', readFileSync(path))
    const parts = await parquetFormat.cut([source], fields, defaultReadOptions, 2)
    expect(parts.map(({ begin, end }) => [begin, end])).toEqual([
      [0, 14],
      [14, 24],
    ])
    expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(source.byteLength)
    expect(await rowsOf(path, fields, { parts: 9 })).toEqual(await rowsOf(path, fields))
  })

  it('are read on from a checkpoint', async () => {
    const whole: Row[] = await rowsOf(path, fields)
    const rows = await rowsOf(path, fields, { from: { position: 10, row: 10 } })
    expect(rows).toEqual(whole.slice(10))
  })

  it('tell how many of their bytes were read, up to all of them', async () => {
    const told: number[] = []
    await rowsOf(path, fields, { onBatch: (_, reader) => told.push(reader.bytesRead) })
    expect(told).toEqual(told.toSorted((left, right) => left - right))
    expect(told.at(-1)).toBe(readFileSync(path).length)
  })
})

describe('a Parquet bomb', () => {
  it('is read in batches of bounded size', async () => {
    let widest = 0
    let rowCount = 0
    const text = field(101, 'text', DataType.VarChar, { maxLength: 65_535 })
    const source = memorySource('a.parquet', readFileSync(pathOf('bomb.parquet')))
    const [part] = await parquetFormat.cut([source], [id, text], defaultReadOptions, 1)
    const request = { sources: [source], fields: [id, text], reserved: [], from: null }
    const reader = await parquetFormat.open({
      ...request,
      options: defaultReadOptions,
      part,
      onReject: null,
    })
    while (rowCount < 2000) {
      const batch = await reader.next()
      const column = batch!.columns.get(101)!
      if (column.shape === 'bytes') widest = Math.max(widest, column.offsets[batch!.rowCount])
      rowCount += batch!.rowCount
    }
    reader.close()
    expect(widest).toBeLessThanOrEqual(34_000_000)
  })

  it('is refused where a page says that it is larger than its codec can make it', async () => {
    const bytes = readFileSync(pathOf('all.snappy.parquet'))
    const lying = Buffer.from(bytes)
    // The first page's header: its type, then its length before compression.
    expect(lying.subarray(4, 7)).toEqual(Buffer.from([0x15, 0x04, 0x15]))
    lying.set([0xfe, 0x7f], 7)
    const source = memorySource('a.parquet', lying)
    const [part] = await parquetFormat.cut([source], [id], defaultReadOptions, 1)
    const request = { sources: [source], fields: [id], reserved: [], from: null, onReject: null }
    const reader = await parquetFormat.open({ ...request, options: defaultReadOptions, part })
    await expect(reader.next()).rejects.toThrow(MillraceError)
  })
})
