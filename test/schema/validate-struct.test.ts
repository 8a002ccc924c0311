import { expect, it } from 'vitest'
import { MillraceError } from '../../dist/errors.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'
import { validateSchema } from '../../dist/schema/validate-schema.js'
import { field, schemaOf } from '../support/fields.js'
import { chunkFields } from '../support/struct-fields.js'

const id = field(100, 'id', DataType.Int64, { isPrimaryKey: true })
const chunks = chunkFields()
const [word, number, floats] = chunks

function refusal(fields: readonly Field[]): string {
  try {
    validateSchema(schemaOf('things', fields))
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError)
    expect((error as MillraceError).code).toBe(1100)
    return (error as MillraceError).message
  }
  return 'accepted'
}

it('takes a struct array, whose vectors are vectors enough for a collection', () => {
  expect(refusal([id, ...chunks])).toBe('accepted')
  expect(refusal([id, ...chunkFields({}, true)])).toBe('accepted')
  const chunksOfBits = { ...floats, elementType: DataType.BinaryVector, dim: 16 }
  expect(refusal([id, chunksOfBits])).toBe('accepted')
})

it.each<[string, readonly Field[], string]>([
  ['without any vector', [word, number], 'schema does not contain vector field'],
  [
    'with a name that a field has',
    [field(101, 'chunks', DataType.Bool), ...chunks],
    'duplicated field name: chunks',
  ],
  ['with a sub-field twice', [...chunks, { ...number }], 'duplicated field name: number'],
  [
    'with an odd name of a sub-field',
    [...chunks, { ...number, name: 'chunks[a b]' }],
    'Field name can only contain numbers, letters and underscores',
  ],
  [
    'with different capacities',
    [word, { ...floats, maxCapacity: 3 }],
    'all sub-fields in struct array field must have the same max_capacity: structName=chunks, subFieldName=floats, max_capacity=3, expected=4',
  ],
  ['without capacity', [{ ...floats, maxCapacity: 0 }], 'type param(max_capacity) should be'],
  ['without dimension', [{ ...floats, dim: 0 }], 'dimension is not defined in field type params'],
  ['without length of texts', [{ ...word, maxLength: 0 }, floats], 'type param(max_length) should'],
  [
    'with sparse vectors',
    [{ ...floats, elementType: DataType.SparseFloatVector }],
    'element type SparseFloatVector is not supported, field name = floats',
  ],
  [
    'with a JSON in its elements',
    [{ ...number, elementType: DataType.JSON }, floats],
    'element type JSON is not supported, field name = number',
  ],
  [
    'with a sub-field that is no list',
    [{ ...number, dataType: DataType.Int64 }, floats],
    'fields in StructArrayField can only be array or array of struct, but field number is Int64',
  ],
  [
    'with a sub-field that alone may be null',
    [{ ...number, nullable: true }, floats],
    'set nullable on the struct instead: structName=chunks, subFieldName=number',
  ],
  [
    'with a key in it',
    [{ ...number, isPartitionKey: true }, floats],
    'partition key is not supported for struct field, field name = number',
  ],
])('refuses one %s', (_name, fields, message) => {
  expect(refusal([id, ...fields])).toContain(message)
})

it('refuses a list of vectors that is in no struct', () => {
  const { struct, ...alone } = { ...floats, name: 'floats' }
  expect(struct).toBeDefined()
  expect(refusal([id, alone])).toContain(
    'array of vector can only be in the struct array field, field name: floats',
  )
})
