import { describe, expect, it } from 'vitest'
import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'
import { failureOf, field } from './npy-files.js'
import { readCell, readJson } from './text-files.js'

interface TypeRow {
  readonly field: Field
  /** JSON text → value. */
  readonly json: Record<string, unknown>
  /** JSON text → what the error says. */
  readonly badJson: Record<string, string>
  readonly cells?: Record<string, unknown>
  readonly badCells?: Record<string, string>
}

const array = (elementType: DataType) =>
  field('a', DataType.Array, { elementType, maxCapacity: 10, maxLength: 10 })

const types: TypeRow[] = [
  {
    field: field('b', DataType.Bool),
    json: { true: 1, false: 0 },
    badJson: { '1': "illegal value '1' for bool type field 'b'", '"true"': "got type 'string'" },
    cells: {
      '1': 1,
      t: 1,
      T: 1,
      TRUE: 1,
      true: 1,
      True: 1,
      '0': 0,
      f: 0,
      F: 0,
      FALSE: 0,
      False: 0,
    },
    badCells: { yes: "expected true or false, got 'yes'", '': "got ''" },
  },
  {
    field: field('i', DataType.Int8),
    json: { '127': 127, '-128': -128, '-0': 0 },
    badJson: {
      '300':
        "expected an integer from -128 to 127, got 300: failed to parse value '300' for int8 field 'i', error: strconv.ParseInt: parsing \"300\": value out of range",
      '1.0': 'parsing "1.0": invalid syntax',
      '1e3': 'parsing "1e3": invalid syntax',
      '"12"': "expected type 'Int8' for field 'i', got type 'string' with value '12'",
      null: "got type '<nil>' with value '<nil>'",
    },
    cells: { '12': 12, '-5': -5, '+5': 5, '0': 0, '99': 99, '127': 127 },
    badCells: {
      '128': 'value out of range',
      '007': "got '007'",
      abc: "got 'abc'",
      '1 2': "got '1 2'",
      '': "got ''",
    },
  },
  {
    field: field('i', DataType.Int16),
    json: { '32767': 32767, '-32768': -32768 },
    badJson: { '32768': 'from -32768 to 32767' },
  },
  {
    field: field('i', DataType.Int32),
    json: { '2147483647': 2147483647, '-2147483648': -2147483648, '1234567890': 1234567890 },
    badJson: { '2147483648': 'value out of range', '99999999999999999999999': 'out of range' },
  },
  {
    field: field('i', DataType.Int64),
    json: {
      '9223372036854775807': 9223372036854775807n,
      '-9223372036854775808': -9223372036854775808n,
      '9007199254740993': 9007199254740993n,
      '-1': -1n,
      '-4294967296': -4294967296n,
      '4294967297': 4294967297n,
      '999999999999999': 999999999999999n,
    },
    badJson: {
      '9223372036854775808': 'strconv.ParseInt: parsing "9223372036854775808": value out of range',
      '"12"': "illegal value '12' for int64 type field 'i'",
      '[1]': "got type 'list' with value '[1]'",
    },
    cells: {
      '9223372036854775807': 9223372036854775807n,
      '999999999999999': 999999999999999n,
      '4294967297': 4294967297n,
      '0': 0n,
      ' 7 ': 7n,
    },
    badCells: { '1.5': 'invalid syntax' },
  },
  {
    field: field('f', DataType.Float),
    json: {
      '1': 1,
      '-0.5': -0.5,
      '0.1': Math.fround(0.1),
      '3.4028234663852886e38': 3.4028234663852886e38,
      '1e-46': 0,
      '0.333333333333333333333333': Math.fround(1 / 3),
    },
    badJson: { '1e39': 'value out of range', '"1"': "illegal value '1' for float type field 'f'" },
    cells: { '.5': 0.5, '1.': 1, '+2': 2, '1e3': 1000, '007': 7 },
    badCells: { nan: "value 'nan' is not a number or infinity", '-Inf': 'infinity', x: "got 'x'" },
  },
  {
    field: field('d', DataType.Double),
    json: {
      '0.1': 0.1,
      '1.7976931348623157e308': Number.MAX_VALUE,
      '5e-324': 5e-324,
      '123456789012345678901234567890': Number('123456789012345678901234567890'),
      '9007199254740993': 9007199254740992,
    },
    badJson: { '1e309': 'strconv.ParseFloat: parsing "1e309": value out of range' },
    cells: { '0.30000000000000004': 0.30000000000000004 },
  },
  {
    field: field('s', DataType.VarChar, { maxLength: 100 }),
    json: {
      '"abc"': 'abc',
      '""': '',
      '"\\u00e9\\n\\"\\\\\\/\\b\\f\\r\\t"': 'é\n"\\/\b\f\r\t',
      '"\\ud83d\\ude00"': '😀',
      '"\\ud83d x"': '\ufffd x',
      '"ünï😀"': 'ünï😀',
    },
    badJson: { '5': "illegal value '5' for varchar type field 's'", '{}': "got type 'object'" },
    cells: {
      'a b ': 'a b ',
      '""': '',
      '"a;b"': 'a;b',
      '"say ""hi"""': 'say "hi"',
      '"1\n2"': '1\n2',
    },
  },
  {
    field: field('j', DataType.JSON),
    json: {
      '{"b": [1, 2.50, {"c":null}]}': '{"b": [1, 2.50, {"c":null}]}',
      '"{\\"b\\": 1}"': '{"b": 1}',
      '"[1]"': '[1]',
    },
    badJson: {
      '5': "illegal value '5' for JSON type field 'j'",
      '"x"': "illegal value 'x' for JSON type field 'j'",
      '[1]': 'expected an object, or a string of JSON, got list',
    },
    cells: { '"{""a"": 1}"': '{"a": 1}', '5': '5', '[true]': '[true]', '{}': '{}' },
    badCells: { '{': 'JSON', '': 'JSON' },
  },
  {
    field: array(DataType.Bool),
    json: { '[true, false]': [1, 0], '[]': [] },
    badJson: { '[1]': 'true or false', '[null]': 'not allowed to be null value for field' },
    cells: { '[true,false]': [1, 0] },
  },
  {
    field: array(DataType.Int8),
    json: { '[1,-2]': [1, -2] },
    badJson: { '[128]': 'out of range' },
  },
  { field: array(DataType.Int16), json: { '[1,-2]': [1, -2] }, badJson: { '[99999]': 'of range' } },
  { field: array(DataType.Int32), json: { '[1,-2]': [1, -2] }, badJson: { '["1"]': 'an integer' } },
  {
    field: array(DataType.Int64),
    json: { '[9007199254740993]': [9007199254740993n] },
    badJson: { '{}': 'a list, got object', '[1.5]': 'invalid syntax' },
    cells: { '[1,2]': [1n, 2n] },
    badCells: { '[1,2': 'a list as in JSON', '[1]x': 'a list as in JSON' },
  },
  { field: array(DataType.Float), json: { '[1.5,2]': [1.5, 2] }, badJson: { '[1e40]': 'range' } },
  { field: array(DataType.Double), json: { '[0.1]': [0.1] }, badJson: { '["x"]': 'a number' } },
  {
    field: array(DataType.VarChar),
    json: { '["a", "b\\n", ""]': ['a', 'b\n', ''] },
    badJson: { '[1]': 'a string' },
    cells: { '"[""a"",""b;c""]"': ['a', 'b;c'] },
  },
  {
    field: array(DataType.Timestamptz),
    json: { '["1970-01-01T00:00:01Z"]': [1_000_000n] },
    badJson: { '["x"]': 'expected a time' },
  },
  {
    field: field('v', DataType.FloatVector, { dim: 3 }),
    json: { '[1, 0.5, -2e-1]': [1, 0.5, Math.fround(-0.2)] },
    badJson: {
      '[1,2]':
        "expected a list of 3 numbers, got 2: expected dim '3' for field 'v' with type 'FloatVector', got dim '2': array size 2 doesn't equal to vector dimension 3 of field 'v'",
      '[1,2,3,4]': 'array size 4',
      '[]': 'array size 0',
      '[1,"a",3]': "got type 'string' with value 'a'",
      '[1,NaN,3]': "value 'NaN' is not a number or infinity",
      '[1,-Infinity,3]': "invalid character '-' looking for beginning of value",
      '[1,null,3]': "got type '<nil>'",
      '[1e39,1,1]': 'value out of range',
      '"x"': "'x' is not an array for float vector field 'v'",
      null: "expected type 'FloatVector' for field 'v', got type '<nil>'",
    },
    cells: { '[1,2,3]': [1, 2, 3], '" [1, 2, 3] "': [1, 2, 3] },
    badCells: { '[1,2]': 'array size 2', '1,2,3': 'expected a list' },
  },
  {
    field: field('v', DataType.BinaryVector, { dim: 16 }),
    json: { '[0,255]': [0, 255] },
    badJson: {
      '[1]': "bit size 8 doesn't equal to vector dimension 16 of field 'v'",
      '[256,0]': 'integers from 0 to 255',
      '[-1,0]': 'integers from 0 to 255',
      '[1.5,0]': 'invalid syntax',
    },
    cells: { '[1,2]': [1, 2] },
  },
  {
    field: field('v', DataType.Float16Vector, { dim: 2 }),
    json: { '[1,-2]': [0x3c00, 0xc000], '[2049,2051]': [0x6800, 0x6802] },
    badJson: { '[65520,1]': 'float16 vector contain nan or infinity value.', '[1]': 'size 1' },
    cells: { '[1,-2]': [0x3c00, 0xc000] },
  },
  {
    field: field('v', DataType.BFloat16Vector, { dim: 2 }),
    json: { '[1,-2]': [0x3f80, 0xc000] },
    badJson: { '[1,3.4e38]': 'bfloat16 vector contain nan or infinity value.' },
  },
  {
    field: field('v', DataType.Int8Vector, { dim: 2 }),
    json: { '[127,-128]': [127, -128] },
    badJson: { '[128,0]': 'integers from -128 to 127', '[1]': 'size 1' },
    cells: { '[1,-1]': [1, -1] },
  },
  {
    field: field('v', DataType.SparseFloatVector),
    json: {
      '{}': [],
      '{"5": 0.5, "1": 2}': [
        [1, 2],
        [5, 0.5],
      ],
      '{"indices": [3, 1], "values": [1.5, 0]}': [
        [1, 0],
        [3, 1.5],
      ],
      '{"values": [1], "indices": [4294967294]}': [[4294967294, 1]],
      '{"0x10": 1, "0": 2, "0b1": 3, "012": 4}': [
        [0, 2],
        [1, 3],
        [10, 4],
        [16, 1],
      ],
    },
    badJson: {
      '{"1": -1}': 'negative value in sparse float vector',
      '{"1": 1, "1": 2}': 'unsorted or same indices in sparse float vector',
      '{"4294967295": 1}': 'index too large in JSON: 4294967295',
      '{"-1": 1}': 'invalid JSON input',
      '{"a": 1}': 'invalid JSON input',
      '{"indices": [1], "values": [1, 2]}': 'indices and values length mismatch',
      '{"indices": [1]}': 'invalid JSON input',
      '{"indices": [1.5], "values": [1]}': 'invalid JSON input',
      '{"1": 1e39}': 'value out of range',
      '{"1": "x"}': "got type 'string'",
      '[[1, 2]]': 'an object of indices and values',
    },
    cells: { '"{""1"": 2}"': [[1, 2]] },
    badCells: { '{1: 2}': 'an object of indices and values' },
  },
  {
    field: field('t', DataType.Timestamptz),
    json: {
      '"1970-01-01T00:00:00Z"': 0n,
      '"2024-02-29T12:30:00.123456+02:00"': 1709202600123456n,
      '"2024-02-29 12:30:00"': 1709209800000000n,
      '"2024-02-29 12:30:00+02"': 1709202600000000n,
      '"1969-12-31 23:59:59.5"': -500000n,
    },
    badJson: {
      '"2023-02-29 00:00:00"': 'expected a time',
      '5': "got type 'number'",
      '"x"': 'time',
    },
    cells: { '1970-01-01 00:00:01': 1_000_000n },
  },
  {
    field: field('g', DataType.Geometry),
    json: {
      '"POINT (1 2)"': 'POINT (1 2)',
      '"polygon((0 0, 1 1, 1 0, 0 0))"': 'polygon((0 0, 1 1, 1 0, 0 0))',
    },
    badJson: { '5': 'a string' },
    cells: { 'POINT EMPTY': 'POINT EMPTY' },
  },
]

for (const { field: tested, json, badJson, cells = {}, badCells = {} } of types) {
  const { dataType, elementType } = tested
  const name = (type: number) => Object.entries(DataType).find(([, value]) => value === type)![0]
  describe(`${name(dataType)}${elementType ? ` of ${name(elementType)}` : ''}`, () => {
    it('takes its JSON values', async () => {
      for (const [text, value] of Object.entries(json)) {
        expect([text, await readJson(tested, text)]).toEqual([text, value])
      }
    })

    it('refuses other JSON values in Milvus words', async () => {
      for (const [text, reason] of Object.entries(badJson)) {
        const error = await failureOf(readJson(tested, text))
        expect([text, error.message]).toEqual([text, expect.stringContaining(reason)])
        expect(error.message).toContain(`a.json: row 0, field '${tested.name}': expected `)
        expect(error.place).toEqual({ file: 'a.json', row: 0, field: tested.name, byteOffset: 1 })
      }
    })

    it('takes its cells, and refuses others', async () => {
      for (const [text, value] of Object.entries(cells)) {
        expect([text, await readCell(tested, text)]).toEqual([text, value])
      }
      for (const [text, reason] of Object.entries(badCells)) {
        const error = await failureOf(readCell(tested, text))
        expect([text, error.message]).toEqual([text, expect.stringContaining(reason)])
        expect(error.place).toMatchObject({ row: 0, field: tested.name })
      }
    })
  })
}
