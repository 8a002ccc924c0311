import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'
import { field } from '../support/fields.js'
import type { NpySpec } from './npy-files.js'

/** A type, three rows of it, and how each format has them. */
export interface TypeRows {
  readonly name: string
  readonly field: Field
  /** As a read gives them. */
  readonly rows: readonly unknown[]
  /** As JSON has them, where that is not how a read gives them. */
  readonly json?: readonly unknown[]
  readonly npy: NpySpec
  readonly hdf5: { readonly data: unknown; readonly shape: number[] }
  /** What the documentation says of each format. */
  readonly words: {
    readonly json: string
    readonly csv: string
    readonly arrow: string
    readonly npy: string
    readonly hdf5: string
    readonly vecs: string
  }
}

const floats = [
  [0.5, 1, 2, -3],
  [4, 5, 6, 7],
  [8, 9, 10, 11],
]
const none = '–'

type Numbers = readonly (number | bigint)[]

function numbers(
  name: keyof typeof DataType,
  values: Numbers,
  descr: string,
  arrayType: { from(values: never): unknown },
  arrowWords: string,
): TypeRows {
  const rows = values.map((value) => (typeof value === 'bigint' ? String(value) : value))
  return {
    name,
    field: field(101, 'x', DataType[name]),
    rows,
    npy: { descr, shape: [3], items: values },
    hdf5: { data: arrayType.from(values as never), shape: [3] },
    words: {
      json: 'number',
      csv: 'number',
      arrow: arrowWords,
      npy: descr.slice(1),
      hdf5: arrowWords.split(',')[0],
      vecs: none,
    },
  }
}

function texts(
  name: keyof typeof DataType,
  values: readonly string[],
  json: readonly unknown[],
  words: Partial<TypeRows['words']>,
  more: Partial<Field> = {},
  rows: readonly unknown[] = values,
): TypeRows {
  return {
    name,
    field: field(101, 'x', DataType[name], { maxLength: 100, ...more }),
    rows,
    json,
    npy: { descr: '<U40', shape: [3], items: values },
    hdf5: { data: values, shape: [3] },
    words: {
      json: 'text',
      csv: 'text',
      arrow: 'string',
      npy: 'U, S',
      hdf5: 'string',
      vecs: none,
      ...words,
    },
  }
}

function vectors(
  name: keyof typeof DataType,
  rows: readonly (readonly number[])[],
  data: Float32Array | Uint8Array | Int8Array,
  descr: string,
  words: Omit<TypeRows['words'], 'json' | 'csv'>,
  bits = 1,
): TypeRows {
  const width = rows[0]!.length
  return {
    name,
    field: field(101, 'x', DataType[name], { dim: width * bits }),
    rows,
    npy: { descr, shape: [3, width], items: [...data] },
    hdf5: { data, shape: [3, width] },
    words: { json: 'list', csv: 'list as JSON', ...words },
  }
}

const floatWords = {
  arrow: 'list of floats or integers',
  hdf5: '2-d',
  vecs: '.fvecs, .ivecs, .bvecs',
}
const halfWords = { arrow: 'list of floats; bytes', hdf5: '2-d', vecs: '.fvecs; .bvecs: its bytes' }
const flat = Float32Array.from(floats.flat())

/** Every type of field that files can give. */
export const typeRows: readonly TypeRows[] = [
  {
    name: 'Bool',
    field: field(101, 'x', DataType.Bool),
    rows: [true, false, true],
    npy: { descr: '|b1', shape: [3], items: [true, false, true] },
    hdf5: { data: Int8Array.of(1, 0, 1), shape: [3] },
    words: {
      json: 'true, false',
      csv: 'true, false',
      arrow: 'bool',
      npy: 'b1',
      hdf5: 'enum of h5py',
      vecs: none,
    },
  },
  numbers('Int8', [-128, 0, 127], '|i1', Int8Array, 'int8'),
  numbers('Int16', [-32768, 0, 32767], '<i2', Int16Array, 'int16, narrower ones'),
  numbers('Int32', [-(2 ** 31), 0, 2 ** 31 - 1], '<i4', Int32Array, 'int32, narrower ones'),
  numbers(
    'Int64',
    [-(2n ** 63n), 0n, 2n ** 63n - 1n],
    '<i8',
    BigInt64Array,
    'int64, other integers and decimals',
  ),
  numbers('Float', [0.5, -1.25, 3000], '<f4', Float32Array, 'float32, any number'),
  numbers('Double', [0.1, -1e300, 3], '<f8', Float64Array, 'float64, any number'),
  texts('VarChar', ['a', 'Grüße', ''], ['a', 'Grüße', ''], {}),
  texts('JSON', ['{"a":[1,null]}', '[1,2]', '"x"'], [{ a: [1, null] }, '[1,2]', '"x"'], {
    json: 'object, JSON as text',
    csv: 'JSON',
    arrow: 'JSON as string; struct, map, list',
    npy: 'JSON in U, S',
    hdf5: 'JSON as string',
  }),
  texts(
    'Timestamptz',
    ['1970-01-01T00:00:00Z', '2023-11-14T22:13:20.123456Z', '1969-12-31T23:59:59.999999Z'],
    ['1970-01-01T00:00:00Z', '2023-11-14 22:13:20.123456', '1969-12-31T23:59:59.999999Z'],
    {
      json: 'ISO 8601',
      csv: 'ISO 8601',
      arrow: 'timestamp, date, ISO 8601',
      npy: 'M8, ISO 8601 in U, S',
      hdf5: 'ISO 8601 as string',
    },
    {},
    ['0', '1700000000123456', '-1'],
  ),
  texts(
    'Geometry',
    ['POINT (1 2)', 'POINT (3 4)', 'LINESTRING (0 0, 1 1)'],
    ['POINT (1 2)', 'POINT (3 4)', 'LINESTRING (0 0, 1 1)'],
    { json: 'WKT', csv: 'WKT', arrow: 'WKT as string', npy: 'WKT in U, S', hdf5: 'WKT as string' },
  ),
  {
    name: 'Array of Int32',
    field: field(101, 'x', DataType.Array, { elementType: DataType.Int32, maxCapacity: 9 }),
    rows: [
      [1, 2],
      [3, 4],
      [-5, 6],
    ],
    npy: { descr: '<i4', shape: [3, 2], items: [1, 2, 3, 4, -5, 6] },
    hdf5: { data: Int32Array.of(1, 2, 3, 4, -5, 6), shape: [3, 2] },
    words: {
      json: 'list',
      csv: 'list as JSON',
      arrow: 'list',
      npy: '2-d: all of one length',
      hdf5: '2-d; variable length',
      vecs: none,
    },
  },
  {
    name: 'Array of VarChar',
    field: field(101, 'x', DataType.Array, {
      elementType: DataType.VarChar,
      maxCapacity: 9,
      maxLength: 9,
    }),
    rows: [
      ['a', 'b'],
      ['c', 'é'],
      ['', 'd'],
    ],
    npy: { descr: '<U4', shape: [3, 2], items: ['a', 'b', 'c', 'é', '', 'd'] },
    hdf5: { data: ['a', 'b', 'c', 'é', '', 'd'], shape: [3, 2] },
    words: {
      json: 'list',
      csv: 'list as JSON',
      arrow: 'list',
      npy: '2-d U, S',
      hdf5: '2-d',
      vecs: none,
    },
  },
  vectors('FloatVector', floats, flat, '<f4', {
    ...floatWords,
    npy: '2-d f4, f8, f2, i1, u1, i2, u2',
  }),
  vectors(
    'BinaryVector',
    [
      [170, 1],
      [255, 0],
      [3, 4],
    ],
    Uint8Array.of(170, 1, 255, 0, 3, 4),
    '|u1',
    { arrow: 'list of bytes; bytes', npy: '2-d u1', hdf5: '2-d', vecs: '.bvecs: its bytes' },
    8,
  ),
  vectors('Float16Vector', floats, flat, '<f4', {
    ...halfWords,
    npy: '2-d f2, f4, f8; u1: its bytes',
  }),
  vectors('BFloat16Vector', floats, flat, '<f4', {
    ...halfWords,
    npy: '2-d f4, f8; u1: its bytes',
  }),
  vectors(
    'Int8Vector',
    [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10, 11, 127],
    ],
    Int8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 127),
    '|i1',
    { arrow: 'list of integers; bytes', npy: '2-d i1', hdf5: '2-d', vecs: '.bvecs of 0 to 127' },
  ),
  texts(
    'SparseFloatVector',
    ['{"1":0.5,"7":2}', '{"4000000000":1}', '{}'],
    [{ 1: 0.5, 7: 2 }, { indices: [4000000000], values: [1] }, {}],
    {
      json: '`{"7": 0.5}`, indices and values',
      csv: 'the same as JSON',
      arrow: 'JSON as string; struct of indices and values; bytes',
      npy: 'JSON in U, S',
      hdf5: 'JSON as string',
    },
    { maxLength: 0 },
    [{ 1: 0.5, 7: 2 }, { 4000000000: 1 }, {}],
  ),
]
