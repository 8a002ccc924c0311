import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../dist/errors.js'
import type { CollectionSchema } from '../../dist/schema/collection-schema.js'
import { DataType } from '../../dist/schema/data-type.js'
import { type Field, plainField } from '../../dist/schema/field.js'
import { validateSchema } from '../../dist/schema/validate-schema.js'

function field(name: string, dataType: DataType, more: Partial<Field> = {}): Field {
  return { ...plainField(100, name, dataType), ...more }
}

const id = field('id', DataType.Int64, { isPrimaryKey: true })
const vector = field('vector', DataType.FloatVector, { dim: 8 })

function schema(fields: readonly Field[], name = 'things'): CollectionSchema {
  return { name, description: '', fields, enableDynamicField: false, version: 0 }
}

function refusal(fields: readonly Field[], name?: string): string {
  try {
    validateSchema(schema(fields, name))
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError)
    expect((error as MillraceError).code).toBe(1100)
    const { message } = error as MillraceError
    expect(message).toMatch(/: invalid parameter$/)
    return message
  }
  return 'accepted'
}

const varChar = (more: Partial<Field>) => field('text', DataType.VarChar, more)
const array = (more: Partial<Field>) => field('list', DataType.Array, more)

describe('a schema is refused', () => {
  it.each<[string, readonly Field[], string]>([
    ['without primary key', [vector], 'primary key is not specified'],
    [
      'with two primary keys',
      [id, { ...id, name: 'key' }, vector],
      'there are more than one primary key, field name = id, key',
    ],
    [
      'with a float primary key',
      [{ ...id, dataType: DataType.Float }, vector],
      'the data type of primary key should be Int64 or VarChar',
    ],
    ['with a nullable primary key', [{ ...id, nullable: true }, vector], 'not support null'],
    ['with a default primary key', [{ ...id, defaultValue: 1n }, vector], 'not support default'],
    ['without vector', [id], 'schema does not contain vector field'],
    ['with a name given twice', [id, vector, vector], 'duplicated field name: vector'],
    ['with a reserved name', [id, { ...vector, name: '$meta' }], 'Invalid field name: $meta'],
    ['with RowID', [id, { ...vector, name: 'RowID' }], 'contains system field'],
    ['with an empty field name', [id, { ...vector, name: '' }], 'field name should not be empty'],
    ['with a digit first', [id, { ...vector, name: '1a' }], 'first character of a field name'],
    ['with a hyphen in a name', [id, { ...vector, name: 'a-b' }], 'only contain numbers, letters'],
    [
      'with a name of 256 bytes',
      [id, { ...vector, name: 'a'.repeat(256) }],
      'must be less than 255 characters',
    ],
    [
      'with auto ids of another field',
      [id, vector, field('n', DataType.Int64, { autoId: true })],
      'only primary field can specify AutoID with true, field name = n',
    ],
    [
      'with 65 fields',
      [id, vector, ...Array.from({ length: 63 }, (_, n) => field(`f${n}`, DataType.Bool))],
      "maximum field's number should be limited to 64",
    ],
    [
      'with two partition keys',
      [
        id,
        vector,
        field('a', DataType.Int64, { isPartitionKey: true }),
        field('b', DataType.Int64, { isPartitionKey: true }),
      ],
      'there are more than one partition key, field name = a, b',
    ],
    [
      'with its primary key as partition key',
      [{ ...id, isPartitionKey: true }, vector],
      'the partition key field must not be primary field',
    ],
    [
      'with a partition key of bools',
      [id, vector, field('a', DataType.Bool, { isPartitionKey: true })],
      'the data type of partition key should be Int64 or VarChar',
    ],
    ['without dim', [id, { ...vector, dim: 0 }], 'dimension is not defined in field type params'],
    [
      'with dim 0',
      [id, { ...vector, dim: 0, typeParams: { dim: '0' } }],
      'invalid dimension: 0 of field vector. should be in range 2 ~ 32768',
    ],
    ['with dim 1', [id, { ...vector, dim: 1 }], 'should be in range 2 ~ 32768'],
    ['with dim 32769', [id, { ...vector, dim: 32769 }], 'should be in range 2 ~ 32768'],
    [
      'with 12 bits',
      [id, { ...vector, dataType: DataType.BinaryVector, dim: 12 }],
      'should be multiple of 8',
    ],
    [
      'with a sparse dim',
      [id, { ...vector, dataType: DataType.SparseFloatVector }],
      'dim should not be specified for sparse vector',
    ],
    [
      'without max_length',
      [id, vector, varChar({})],
      'type param(max_length) should be specified for the field(text) of collection things',
    ],
    [
      'with a max_length too large',
      [id, vector, varChar({ maxLength: 65536 })],
      'the maximum length specified for the field(text) should be in (0, 65535], but got 65536',
    ],
    [
      'without max_capacity',
      [id, vector, array({ elementType: DataType.Int32 })],
      'type param(max_capacity) should be specified for array field list of collection things',
    ],
    [
      'with a max_capacity too large',
      [id, vector, array({ elementType: DataType.Int32, maxCapacity: 4097 })],
      'should be in (0, 4096], but got 4097',
    ],
    [
      'with arrays of JSON',
      [id, vector, array({ elementType: DataType.JSON, maxCapacity: 4 })],
      'element type JSON is not supported',
    ],
    [
      'with arrays of VarChar without max_length',
      [id, vector, array({ elementType: DataType.VarChar, maxCapacity: 4 })],
      'type param(max_length) should be specified',
    ],
    [
      'with a default longer than max_length',
      [id, vector, varChar({ maxLength: 3, defaultValue: 'ééé' })],
      'the length (6) of string exceeds max length (3)',
    ],
    [
      'with a default that its type cannot hold',
      [id, vector, field('n', DataType.Int8, { defaultValue: 128 })],
      'default_value 128 of field n is out of range [-128, 127]',
    ],
    [
      'with a default JSON',
      [id, vector, field('j', DataType.JSON, { defaultValue: '{}' })],
      'type not support default_value, type:JSON, name:j',
    ],
    ['with the old String type', [id, vector, field('s', DataType.String)], 'use VarChar type'],
  ])('%s', (_what, fields, words) => {
    expect(refusal(fields)).toContain(words)
  })

  it.each(['', '1st', 'a b', 'é'])('when its own name is "%s"', (name) => {
    expect(refusal([id, vector], name)).toMatch(/collection name/)
  })
})

it('accepts a schema of every kind of field', () => {
  expect(
    refusal([
      { ...id, dataType: DataType.VarChar, maxLength: 65535, autoId: true },
      vector,
      field('bits', DataType.BinaryVector, { dim: 262144 }),
      field('sparse', DataType.SparseFloatVector, { dim: 0 }),
      field('key', DataType.Int64, { isPartitionKey: true }),
      field('list', DataType.Array, { elementType: DataType.Bool, maxCapacity: 4096 }),
      field('n', DataType.Int8, { nullable: true, defaultValue: -128 }),
      field('$meta', DataType.JSON, { isDynamic: true }),
    ]),
  ).toBe('accepted')
})
