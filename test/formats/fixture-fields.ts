import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'
import { field } from '../support/fields.js'

const dim = 8
const nullable = true
const chunks = { fieldId: 101, name: 'chunks', description: '', nullable, typeParams: {} }
const inChunks = { struct: chunks, maxCapacity: 300, nullable }
const vectors = { ...inChunks, elementType: DataType.FloatVector, dim: 3 }
const int64s = { elementType: DataType.Int64, maxCapacity: 10, nullable }

/** The fields of the tables that fixtures/generate.py writes, in the order of their columns. */
export const fixtureFields: Readonly<Record<string, readonly Field[]>> = {
  all: [
    field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
    field(101, 'bool', DataType.Bool, { nullable }),
    field(102, 'int8', DataType.Int8, { nullable }),
    field(103, 'int16', DataType.Int16),
    field(104, 'int32', DataType.Int32, { nullable }),
    field(105, 'float', DataType.Float),
    field(106, 'double', DataType.Double, { nullable }),
    field(107, 'text', DataType.VarChar, { maxLength: 100, nullable }),
    field(108, 'json', DataType.JSON, { nullable }),
    field(109, 'geometry', DataType.Geometry),
    field(110, 'ints', DataType.Array, int64s),
    field(111, 'words', DataType.Array, { ...int64s, elementType: DataType.VarChar, maxLength: 9 }),
    field(112, 'flags', DataType.Array, { ...int64s, elementType: DataType.Bool }),
    field(113, 'floats', DataType.FloatVector, { dim }),
    field(114, 'maybe', DataType.FloatVector, { dim, nullable }),
    field(115, 'bits', DataType.BinaryVector, { dim }),
    field(116, 'halves', DataType.Float16Vector, { dim }),
    field(117, 'bfloats', DataType.BFloat16Vector, { dim }),
    field(118, 'bytes', DataType.Int8Vector, { dim }),
    field(119, 'sparse', DataType.SparseFloatVector),
    field(120, 'when', DataType.Timestamptz),
    field(121, '$meta', DataType.JSON, { isDynamic: true }),
  ],
  structs: [
    field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
    field(102, 'chunks[word]', DataType.Array, {
      ...{ ...inChunks, elementType: DataType.VarChar, maxLength: 20 },
    }),
    field(103, 'chunks[number]', DataType.Array, { ...inChunks, elementType: DataType.Int64 }),
    field(104, 'chunks[floats]', DataType.ArrayOfVector, vectors),
    field(105, 'chunks[bits]', DataType.ArrayOfVector, {
      ...{ ...vectors, elementType: DataType.BinaryVector, dim: 16 },
    }),
    field(106, 'chunks[halves]', DataType.ArrayOfVector, {
      ...{ ...vectors, elementType: DataType.Float16Vector, dim: 2 },
    }),
  ],
  numbers: [
    field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
    field(101, 'from_uint32', DataType.Int64),
    field(102, 'from_uint8', DataType.Int64),
    field(103, 'int16_from_uint8', DataType.Int16),
    field(104, 'float_from_half', DataType.Float),
    field(105, 'float_from_double', DataType.Float),
    field(106, 'double_from_int64', DataType.Double),
    field(107, 'int_from_decimal', DataType.Int64),
    field(108, 'double_from_decimal', DataType.Double, { nullable }),
    field(109, 'time_from_date', DataType.Timestamptz),
    field(110, 'time_from_ms', DataType.Timestamptz),
    field(111, 'time_from_ns', DataType.Timestamptz),
    field(112, 'vector_from_half', DataType.FloatVector, { dim }),
    field(113, 'vector_from_int', DataType.FloatVector, { dim }),
    field(114, 'nothing', DataType.VarChar, { maxLength: 10, nullable }),
  ],
  nested: [
    field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
    ...['struct', 'map', 'structs', 'times', 'list'].map((name, index) =>
      field(101 + index, name, DataType.JSON, { nullable }),
    ),
  ],
  halves: [
    field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
    field(101, 'vector', DataType.FloatVector, { dim: 4 }),
    field(102, 'turned', DataType.Float16Vector, { dim: 4 }),
    field(103, 'half', DataType.Float),
    field(104, 'float', DataType.Float),
  ],
}

/** Columns of `all`, where a file has not all of them. */
const kept: Readonly<Record<string, readonly string[]>> = {
  'all.row-groups.parquet': ['id', 'text', 'ints', 'floats', 'maybe'],
  'all.delta.parquet': ['id', 'text', 'json', 'int32', 'float', 'double', 'floats', 'bool'],
  'all.lz4.arrow': ['id', 'bool', 'text', 'ints', 'floats', 'maybe'],
  'all.zstd.arrow': ['id', 'bool', 'text', 'ints', 'floats', 'maybe'],
  'all.views.arrow': ['id', 'text', 'json'],
  'all.feather-v2.feather': ['id', 'text', 'floats'],
}

/** Whether the file's table has fields of its own here; others are read field by field elsewhere. */
export function hasFixtureFields(name: string): boolean {
  return name.split('.')[0] in fixtureFields
}

/** The fields of a file, named for its table. */
export function fieldsOfFixture(name: string): Field[] {
  const fields = fixtureFields[name.split('.')[0]]
  return fields.filter((field) => kept[name]?.includes(field.name) ?? true)
}
