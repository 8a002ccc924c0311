import { describe, expect, it } from 'vitest'
import { bitmapWithLength, hasBit, setBit } from '../../dist/column/bitmap.js'
import type { Column } from '../../dist/column/column.js'
import { DataType } from '../../dist/schema/data-type.js'
import { type Field, plainField } from '../../dist/schema/field.js'
import { decode, encode, type MessageInput } from '../../dist/wire/codec.js'
import { columnFromFieldData, fieldDataFromColumn } from '../../dist/wire/field-data.js'
import { batchFromFieldsData } from '../../dist/wire/fields-data.js'

function field(dataType: DataType, more: Partial<Field> = {}): Field {
  return { ...plainField(101, 'f', dataType), ...more }
}

type FieldDataInput = MessageInput<'FieldData'>

function overTheWire(message: FieldDataInput) {
  return decode('FieldData', encode('FieldData', message))
}

const fixed = (values: Extract<Column, { shape: 'fixed' }>['values'], width = 1): Column => ({
  shape: 'fixed',
  values,
  width,
  validity: null,
})

function bytes(rows: readonly (string | Uint8Array)[]): Extract<Column, { shape: 'bytes' }> {
  const parts = rows.map((row) => Buffer.from(row as string))
  const offsets = new Int32Array(rows.length + 1)
  parts.forEach((part, row) => {
    offsets[row + 1] = offsets[row] + part.length
  })
  return { shape: 'bytes', offsets, bytes: new Uint8Array(Buffer.concat(parts)), validity: null }
}

function list(child: Column, ...lengths: number[]): Column {
  const offsets = new Int32Array(lengths.length + 1)
  lengths.forEach((length, row) => {
    offsets[row + 1] = offsets[row] + length
  })
  return { shape: 'list', offsets, child, validity: null } as Column
}

function sparse(...pairs: [index: number, value: number][]): Uint8Array {
  const row = Buffer.alloc(pairs.length * 8)
  pairs.forEach(([index, value], at) => {
    row.writeUInt32LE(index, at * 8)
    row.writeFloatLE(value, at * 8 + 4)
  })
  return row
}

/** A column of four rows of every type. Rows 1 and 2 are what a null row holds. */
const kinds: readonly [string, Field, Column][] = [
  ['Bool', field(DataType.Bool), fixed(Uint8Array.of(1, 0, 0, 1))],
  ['Int8', field(DataType.Int8), fixed(Int8Array.of(-128, 0, 0, 127))],
  ['Int16', field(DataType.Int16), fixed(Int16Array.of(-32768, 0, 0, 32767))],
  ['Int32', field(DataType.Int32), fixed(Int32Array.of(-(2 ** 31), 0, 0, 2 ** 31 - 1))],
  ['Int64', field(DataType.Int64), fixed(BigInt64Array.of(-(2n ** 63n), 0n, 0n, 2n ** 63n - 1n))],
  ['Float', field(DataType.Float), fixed(Float32Array.of(0.5, 0, 0, -1e30))],
  ['Double', field(DataType.Double), fixed(Float64Array.of(0.1, 0, 0, -1e300))],
  [
    'Timestamptz',
    field(DataType.Timestamptz),
    fixed(BigInt64Array.of(1_700_000_000_123_450n, 0n, 0n, -1n)),
  ],
  ['VarChar', field(DataType.VarChar, { maxLength: 9 }), bytes(['näme', '', '', '日本'])],
  ['JSON', field(DataType.JSON), bytes(['{"a":1}', '', '', '[]'])],
  ['Geometry', field(DataType.Geometry), bytes(['POINT (1 2)', '', '', 'POINT (0 0)'])],
  [
    'Array of Int8',
    field(DataType.Array, { elementType: DataType.Int8, maxCapacity: 4 }),
    list(fixed(Int8Array.of(1, -2, 3)), 2, 0, 0, 1),
  ],
  [
    'Array of Int64',
    field(DataType.Array, { elementType: DataType.Int64, maxCapacity: 4 }),
    list(fixed(BigInt64Array.of(-(2n ** 63n))), 0, 0, 0, 1),
  ],
  [
    'Array of VarChar',
    field(DataType.Array, { elementType: DataType.VarChar, maxCapacity: 4, maxLength: 9 }),
    list(bytes(['a', 'öl', '']), 2, 0, 0, 1),
  ],
  [
    'FloatVector',
    field(DataType.FloatVector, { dim: 2 }),
    fixed(Float32Array.of(1, 2, 0, 0, 0, 0, 3, 4), 2),
  ],
  [
    'BinaryVector',
    field(DataType.BinaryVector, { dim: 16 }),
    fixed(Uint8Array.of(1, 2, 0, 0, 0, 0, 3, 255), 2),
  ],
  [
    'Float16Vector',
    field(DataType.Float16Vector, { dim: 2 }),
    fixed(Uint16Array.of(1, 2, 0, 0, 0, 0, 3, 65535), 2),
  ],
  [
    'BFloat16Vector',
    field(DataType.BFloat16Vector, { dim: 2 }),
    fixed(Uint16Array.of(1, 2, 0, 0, 0, 0, 3, 4), 2),
  ],
  [
    'Int8Vector',
    field(DataType.Int8Vector, { dim: 2 }),
    fixed(Int8Array.of(1, -2, 0, 0, 0, 0, 3, -128), 2),
  ],
  [
    'SparseFloatVector',
    field(DataType.SparseFloatVector),
    bytes([sparse([1, 0.5], [7, 2]), '', '', sparse([4294967294, 1])]),
  ],
]

const flags = [true, false, false, true]
const validity = bitmapWithLength(4)
flags.forEach((flag, row) => {
  if (flag) setBit(validity, row)
})

function plain(column: Column): unknown {
  const nulls = Array.from(
    { length: 4 },
    (_, row) => column.validity === null || hasBit(column.validity, row),
  )
  if (column.shape === 'fixed')
    return { type: column.values.constructor.name, values: [...column.values], nulls }
  if (column.shape === 'bytes') {
    return { texts: [...column.offsets], bytes: [...column.bytes], nulls }
  }
  return { offsets: [...column.offsets], child: plain({ ...column.child, validity: null }), nulls }
}

describe.each(kinds)('a column of %s', (_name, type, column) => {
  it('goes over the wire and back', () => {
    const data = overTheWire(fieldDataFromColumn(type, column, 4))
    expect(data).toMatchObject({ field_name: 'f', field_id: 101n, type: type.dataType })
    expect(data.valid_data).toEqual([])
    const given =
      type.dataType === DataType.JSON ? bytes(['{"a":1}', 'null', 'null', '[]']) : column
    expect(plain(columnFromFieldData(type, data, 4))).toEqual(plain(given))
  })

  it('keeps its nulls, which are full length for scalars and left out for vectors', () => {
    const nullable = { ...type, nullable: true }
    const data = overTheWire(fieldDataFromColumn(nullable, { ...column, validity }, 4))
    expect(data.valid_data).toEqual(flags)
    const read = columnFromFieldData(nullable, data, 4)
    expect(plain(read)).toEqual(plain({ ...column, validity }))
    const all = overTheWire(fieldDataFromColumn(nullable, column, 4))
    expect(all.valid_data).toEqual([true, true, true, true])
    expect(columnFromFieldData(nullable, all, 4).validity).toBeNull()
  })

  it('has its empty typed values in an answer without rows', () => {
    const data = overTheWire(fieldDataFromColumn(type, column, 0))
    const values = data.scalars ?? data.vectors
    expect(Object.keys(values ?? {}).filter((key) => key !== 'dim')).toHaveLength(1)
  })

  it('refuses another number of rows', () => {
    const data = overTheWire(fieldDataFromColumn(type, column, 4))
    expect(() => columnFromFieldData(type, data, 5)).toThrow(
      'the num_rows (4) of field (f) is not equal to passed num_rows (5): invalid parameter',
    )
  })

  it('refuses values of another type', () => {
    const other: FieldDataInput =
      data(type) === 'scalars'
        ? { scalars: { bytes_data: { data: [Buffer.from('x')] } } }
        : { vectors: { dim: 2n, vector_array: { dim: 2n } } }
    expect(() => columnFromFieldData(type, overTheWire(other), 1)).toThrow(/array type mismatch/)
  })
})

function data(type: Field): 'scalars' | 'vectors' {
  return type.dataType >= DataType.BinaryVector ? 'vectors' : 'scalars'
}

describe('nulls', () => {
  const number = field(DataType.Int32, { nullable: true })
  const sent = (values: number[], valid_data: boolean[]) =>
    overTheWire({ scalars: { int_data: { data: Int32Array.from(values) } }, valid_data })

  it('may be left out of the values, or take a place there', () => {
    const want = plain(fixed(Int32Array.of(5, 0, 0, 6)))
    const dropped = columnFromFieldData(number, sent([5, 6], flags), 4)
    const whole = columnFromFieldData(number, sent([5, 9, 9, 6], flags), 4)
    expect(plain({ ...dropped, validity: null })).toEqual(want)
    expect(plain(whole)).toEqual(plain(dropped))
  })

  it('may be all there is', () => {
    const none = overTheWire({ valid_data: [false, false] })
    expect(columnFromFieldData(number, none, 2).validity).toEqual(Uint8Array.of(0))
    const vectors = field(DataType.FloatVector, { dim: 2, nullable: true })
    expect(columnFromFieldData(vectors, none, 2).validity).toEqual(Uint8Array.of(0))
  })

  it.each([true, false])('become the default, in a field whose nullable is %s', (nullable) => {
    const column = columnFromFieldData(
      { ...number, nullable, defaultValue: -1 },
      sent([5, 6], flags),
      4,
    )
    expect(plain(column)).toEqual(plain(fixed(Int32Array.of(5, -1, -1, 6))))
  })

  it('become the default of texts and bools too', () => {
    const text = field(DataType.VarChar, { defaultValue: 'ü', maxLength: 4 })
    const texts = overTheWire({
      scalars: { string_data: { data: ['a'] } },
      valid_data: [false, true],
    })
    expect(columnFromFieldData(text, texts, 2)).toMatchObject({
      bytes: new TextEncoder().encode('üa'),
    })
    const flag = field(DataType.Bool, { defaultValue: true })
    const column = columnFromFieldData(flag, overTheWire({ valid_data: [false] }), 1)
    expect(column).toMatchObject({ values: Uint8Array.of(1), validity: null })
  })

  it('are refused where the field takes none', () => {
    expect(() => columnFromFieldData(field(DataType.Int32), sent([5, 6], flags), 4)).toThrow(
      /field \(f\) is not nullable, but row 1 is null/,
    )
    expect(() => columnFromFieldData(number, sent([5], [true]), 2)).toThrow(
      /length of valid_data of field\(f\) is wrong: expected 2, got 1/,
    )
  })
})

describe('values are refused', () => {
  it('when an int8 is too large', () => {
    const message = overTheWire({ scalars: { int_data: { data: Int32Array.of(1, 128) } } })
    expect(() => columnFromFieldData(field(DataType.Int8), message, 2)).toThrow(
      /1th element \(128\) out of range: \[-128, 127\]/,
    )
  })

  const vector = field(DataType.FloatVector, { dim: 4 })
  it('when vectors have another dimension', () => {
    const floats = { float_vector: { data: new Float32Array(8) } }
    expect(() =>
      columnFromFieldData(vector, overTheWire({ vectors: { dim: 8n, ...floats } }), 1),
    ).toThrow('the dim (8) of field data(f) is not equal to schema dim (4)')
    expect(() =>
      columnFromFieldData(
        vector,
        overTheWire({ vectors: { dim: 4n, float_vector: { data: new Float32Array(7) } } }),
        1,
      ),
    ).toThrow('the length(7) of vector data should divide the dim(4)')
  })

  it('when a vector field gets scalars, and the other way round', () => {
    const scalars = overTheWire({ scalars: { int_data: { data: Int32Array.of(1) } } })
    expect(() => columnFromFieldData(vector, scalars, 1)).toThrow(/array type mismatch/)
    const vectors = overTheWire({ vectors: { dim: 1n, binary_vector: Uint8Array.of(1) } })
    expect(() => columnFromFieldData(field(DataType.Int32), vectors, 1)).toThrow(/type mismatch/)
  })

  it('when sparse vectors are not sorted, or cut off', () => {
    const type = field(DataType.SparseFloatVector)
    const rows = (...contents: Uint8Array[]) =>
      overTheWire({ vectors: { sparse_float_vector: { contents } } })
    expect(() => columnFromFieldData(type, rows(sparse([2, 1], [2, 1])), 1)).toThrow(/unsorted/)
    expect(() => columnFromFieldData(type, rows(Uint8Array.of(1)), 1)).toThrow(
      /invalid data length/,
    )
  })

  it('when sparse vectors have an index or a value that none may have', () => {
    const type = field(DataType.SparseFloatVector)
    const of = (index: number, value: number) =>
      columnFromFieldData(
        type,
        overTheWire({ vectors: { sparse_float_vector: { contents: [sparse([index, value])] } } }),
        1,
      )
    expect(() => of(2 ** 32 - 1, 1)).toThrow(/row 0: invalid index .* less than 2\^32-1/)
    expect(() => of(1, -0.5)).toThrow(/negative value in sparse float vector/)
    expect(() => of(1, Number.NaN)).toThrow(/'NaN' is not a number or infinity/)
  })

  it('when an array has elements of another type', () => {
    const type = field(DataType.Array, { elementType: DataType.Int64, maxCapacity: 4 })
    const message = overTheWire({
      scalars: { array_data: { data: [{ int_data: { data: Int32Array.of(1) } }] } },
    })
    expect(() => columnFromFieldData(type, message, 1)).toThrow(/array type mismatch at row 0/)
  })

  it('when a time is none', () => {
    const message = overTheWire({ scalars: { string_data: { data: ['soon'] } } })
    expect(() => columnFromFieldData(field(DataType.Timestamptz), message, 1)).toThrow(
      /Does not match any known format/,
    )
  })
})

it('reads times with an offset, and answers in UTC', () => {
  const type = field(DataType.Timestamptz)
  const texts = ['2025-05-01T23:59:59+08:00', '1969-12-31 23:59:59.5']
  const message = overTheWire({ scalars: { string_data: { data: texts } } })
  const column = columnFromFieldData(type, message, 2)
  expect(fieldDataFromColumn(type, column, 2).scalars?.string_data?.data).toEqual([
    '2025-05-01T15:59:59Z',
    '1969-12-31T23:59:59.5Z',
  ])
})

it('reads a JSON of no bytes as null', () => {
  const data = ['', '{}'].map((text) => Buffer.from(text))
  const message = overTheWire({ scalars: { json_data: { data } } })
  expect(columnFromFieldData(field(DataType.JSON), message, 2)).toEqual(bytes(['null', '{}']))
})

describe('a batch', () => {
  const id = field(DataType.Int64, { fieldId: 100, name: 'id', isPrimaryKey: true })
  const meta = field(DataType.JSON, { fieldId: 102, name: '$meta', isDynamic: true })
  const ids: FieldDataInput = {
    field_name: 'id',
    scalars: { long_data: { data: BigInt64Array.of(1n, 2n) } },
  }
  const schema = (fields: readonly Field[]) => ({
    name: 'things',
    description: '',
    fields,
    enableDynamicField: fields.includes(meta),
    version: 0,
  })
  const batchOf = (fields: readonly Field[], ...sent: FieldDataInput[]) =>
    batchFromFieldsData(sent.map(overTheWire), schema(fields), 2)

  it('has the fields that were sent, by id', () => {
    const batch = batchOf([id, field(DataType.Bool)], ids)
    expect(batch.rowCount).toBe(2)
    expect([...batch.columns.keys()]).toEqual([100])
  })

  it('always has $meta where dynamic fields are enabled', () => {
    const filled = batchOf([id, meta], ids).columns.get(102)
    expect(filled).toMatchObject({ bytes: new TextEncoder().encode('{}{}') })
    const sent = {
      field_name: '',
      is_dynamic: true,
      scalars: { json_data: { data: [Buffer.from(''), Buffer.from('{"a":1}')] } },
    }
    const column = batchOf([id, meta], ids, sent).columns.get(102)
    expect(column).toMatchObject({ bytes: new TextEncoder().encode('{}{"a":1}'), validity: null })
  })

  it('answers $meta as a dynamic field', () => {
    const column = bytes(['{}', '{"a":1}'])
    expect(fieldDataFromColumn(meta, column, 2)).toMatchObject({
      field_name: '$meta',
      is_dynamic: true,
      type: DataType.JSON,
    })
  })

  it('refuses fields that the schema lacks, and fields sent twice', () => {
    expect(() => batchOf([id], { ...ids, field_name: 'x' })).toThrow(
      'fieldName x not exist in collection schema: invalid parameter',
    )
    expect(() => batchOf([id], ids, ids)).toThrow(/duplicated field data: id/)
    expect(() => batchOf([id], { ...ids, is_dynamic: true })).toThrow(
      /without dynamic schema enabled/,
    )
  })
})
