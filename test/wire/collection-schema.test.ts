import { expect, it } from 'vitest'
import { MillraceError } from '../../dist/errors.js'
import { DataType } from '../../dist/schema/data-type.js'
import { decode, encode, type MessageInput } from '../../dist/wire/codec.js'
import {
  collectionSchemaFromMessage,
  messageFromCollectionSchema,
  newCollectionSchemaFromBytes,
} from '../../dist/wire/collection-schema.js'

type FieldInput = MessageInput<'FieldSchema'>

const params = (values: Record<string, string>) =>
  Object.entries(values).map(([key, value]) => ({ key, value }))

const id: FieldInput = { name: 'id', data_type: DataType.Int64, is_primary_key: true, autoID: true }
const vector: FieldInput = {
  name: 'vector',
  data_type: DataType.FloatVector,
  type_params: params({ dim: '128' }),
}

function created(fields: readonly FieldInput[], more: MessageInput<'CollectionSchema'> = {}) {
  const message = { name: 'things', description: 'of mine', fields, ...more }
  return newCollectionSchemaFromBytes(encode('CollectionSchema', message))
}

const everything: readonly FieldInput[] = [
  id,
  { ...vector, fieldID: 7n, description: 'unit length' },
  { name: 'bits', data_type: DataType.BinaryVector, type_params: params({ dim: '16' }) },
  { name: 'sparse', data_type: DataType.SparseFloatVector },
  {
    name: 'text',
    data_type: DataType.VarChar,
    type_params: params({ max_length: '20', enable_match: 'true' }),
    is_partition_key: true,
    default_value: { string_data: 'ü' },
  },
  {
    name: 'list',
    data_type: DataType.Array,
    element_type: DataType.Int16,
    type_params: params({ max_capacity: '4' }),
    nullable: true,
  },
  { name: 'flag', data_type: DataType.Bool, default_value: { bool_data: false } },
  { name: 'small', data_type: DataType.Int8, default_value: { int_data: -3 } },
  { name: 'big', data_type: DataType.Int64, default_value: { long_data: -(2n ** 63n) } },
  { name: 'half', data_type: DataType.Double, default_value: { double_data: 0.5 } },
  { name: 'rank', data_type: DataType.Float, is_clustering_key: true },
  { name: 'when', data_type: DataType.Timestamptz, default_value: { timestamptz_data: 5n } },
]

it('reads a new collection, numbering its fields from 100', () => {
  const schema = created(everything, { enable_dynamic_field: true })
  expect(schema).toMatchObject({ name: 'things', description: 'of mine', version: 0 })
  expect(schema.fields.map((field) => [field.fieldId, field.name])).toEqual([
    ...everything.map((field, index) => [100 + index, field.name]),
    [112, '$meta'],
  ])
  const [key, embedding, bits, , text, list, flag, small, big, half, rank, when, meta] =
    schema.fields
  expect(key).toMatchObject({ isPrimaryKey: true, autoId: true, nullable: false })
  expect(embedding).toMatchObject({ dim: 128, typeParams: { dim: '128' } })
  expect(bits.dim).toBe(16)
  expect(text).toMatchObject({ maxLength: 20, isPartitionKey: true, defaultValue: 'ü' })
  expect(list).toMatchObject({ elementType: DataType.Int16, maxCapacity: 4, nullable: true })
  expect([flag, small, big, half, when].map((field) => field.defaultValue)).toEqual([
    false,
    -3,
    -(2n ** 63n),
    0.5,
    5n,
  ])
  expect(rank).toMatchObject({ isClusteringKey: true, defaultValue: null })
  expect(meta).toMatchObject({ isDynamic: true, dataType: DataType.JSON })
})

it('describes a collection without $meta, and reads it back the same', () => {
  const schema = created(everything, { enable_dynamic_field: true })
  const bytes = encode('CollectionSchema', messageFromCollectionSchema(schema))
  const message = decode('CollectionSchema', bytes)
  expect(message.enable_dynamic_field).toBe(true)
  expect(message.fields.map(({ name }) => name)).not.toContain('$meta')
  expect(message.fields[4].type_params).toMatchObject(
    params({ max_length: '20', enable_match: 'true' }),
  )
  const defaults = message.fields.map(({ default_value }) => default_value?.string_data ?? null)
  expect(defaults.slice(-1)).toEqual(['1970-01-01T00:00:00.000005Z'])
  expect(collectionSchemaFromMessage(message)).toEqual(schema)
})

it('writes the type params of a field that was not made from a message', () => {
  const schema = created([id, vector])
  const bare = { ...schema, fields: schema.fields.map((field) => ({ ...field, typeParams: {} })) }
  expect(messageFromCollectionSchema(bare).fields?.[1].type_params).toEqual(params({ dim: '128' }))
})

function refusal(fields: readonly FieldInput[], more?: MessageInput<'CollectionSchema'>): unknown {
  try {
    return created(fields, more)
  } catch (error) {
    return error
  }
}

it('names what it does not support', () => {
  expect(refusal([id, vector], { functions: [{ name: 'bm25' }] })).toMatchObject({
    kind: 'unsupported',
    message: "not supported by millrace: functions ('bm25')",
  })
  expect(refusal([id, vector], { external_source: 's3://x' })).toMatchObject({
    message: expect.stringContaining('not supported by millrace: external collections'),
  })
  expect(refusal([id, vector], { enable_namespace: true })).toMatchObject({
    message: expect.stringContaining('not supported by millrace: namespaces'),
  })
  const vectors = { name: 'vectors', data_type: DataType.Struct }
  expect(refusal([id, vector, vectors])).toMatchObject({
    kind: 'unsupported',
    message: expect.stringMatching(/'vectors'.*Struct/),
  })
  expect(refusal([id, vector, { name: 'odd', data_type: 27 }])).toMatchObject({
    kind: 'unsupported',
  })
})

it('reads the default of a time as text too', () => {
  const when = {
    name: 'when',
    data_type: DataType.Timestamptz,
    default_value: { string_data: '1970-01-01T00:00:01Z' },
  }
  expect(created([id, vector, when]).fields[2].defaultValue).toBe(1_000_000n)
})

it('keeps the default of a geometry as it is answered, and refuses what is none', () => {
  const geo = (text: string) => ({
    name: 'geo',
    data_type: DataType.Geometry,
    default_value: { string_data: text },
  })
  expect(created([id, vector, geo('point(1 2.0)')]).fields[2].defaultValue).toBe('POINT (1 2)')
  expect(refusal([id, vector, geo('POINT')])).toMatchObject({
    kind: 'parameterInvalid',
    message:
      'default_value of field geo: syntax error: unexpected end of text at line 1, pos 5: invalid parameter',
  })
})

it('refuses params and defaults of the wrong type', () => {
  const half = { ...vector, type_params: params({ dim: '8.5' }) }
  expect(refusal([id, half])).toMatchObject({
    kind: 'parameterInvalid',
    message: expect.stringContaining("type param(dim) should be an integer, got '8.5'"),
  })
  const wrong = { name: 'n', data_type: DataType.Int64, default_value: { int_data: 3 } }
  expect(refusal([id, vector, wrong])).toMatchObject({
    message: expect.stringMatching(/type \(Int64\) of field \(n\) is not equal.*DataType_Int32/),
  })
})

it('validates', () => {
  expect(refusal([id])).toBeInstanceOf(MillraceError)
})
