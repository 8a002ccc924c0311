import { describe, expect, it } from 'vitest'
import type { Column, ListColumn } from '../../dist/column/column.js'
import { DataType } from '../../dist/schema/data-type.js'
import { decode, encode, type MessageInput } from '../../dist/wire/codec.js'
import {
  collectionSchemaFromMessage,
  messageFromCollectionSchema,
  newCollectionSchemaFromBytes,
} from '../../dist/wire/collection-schema.js'
import { batchFromFieldsData } from '../../dist/wire/fields-data.js'
import { messageFromQueryAnswer } from '../../dist/wire/results.js'
import { field, schemaOf } from '../support/fields.js'
import { chunkFields } from '../support/struct-fields.js'

const id = field(100, 'id', DataType.Int64, { isPrimaryKey: true })
const fields = chunkFields()
const schema = schemaOf('things', [id, ...fields])

type FieldDataInput = MessageInput<'FieldData'>

const words = (...rows: string[][]): FieldDataInput => ({
  type: DataType.Array,
  field_name: 'word',
  scalars: {
    array_data: {
      data: rows.map((data) => ({ string_data: { data } })),
      element_type: DataType.VarChar,
    },
  },
})

const numbers = (...rows: bigint[][]): FieldDataInput => ({
  type: DataType.Array,
  field_name: 'number',
  scalars: {
    array_data: { data: rows.map((data) => ({ long_data: { data: BigInt64Array.from(data) } })) },
  },
})

const vectors = (...rows: number[][]): FieldDataInput => ({
  type: DataType.ArrayOfVector,
  field_name: 'floats',
  vectors: {
    dim: 2n,
    vector_array: {
      dim: 2n,
      data: rows.map((data) => ({ dim: 2n, float_vector: { data: Float32Array.from(data) } })),
      element_type: DataType.FloatVector,
    },
  },
})

function batchOf(rowCount: number, ...subFields: FieldDataInput[]) {
  const message: FieldDataInput = {
    type: DataType.ArrayOfStruct,
    field_name: 'chunks',
    struct_arrays: { fields: subFields },
  }
  const data = decode('FieldData', encode('FieldData', message))
  return batchFromFieldsData([data], schema, rowCount)
}

const whole = [words(['a', 'b'], []), numbers([1n, 2n], []), vectors([1, 2, 3, 4], [])]

describe('the rows of a struct array', () => {
  it('are columns of its sub-fields, and go back as they came', () => {
    const { columns } = batchOf(2, ...whole)
    const { offsets, child } = columns.get(113) as ListColumn
    expect([...offsets]).toEqual([0, 2, 2])
    expect(child).toMatchObject({ width: 2, values: Float32Array.of(1, 2, 3, 4) })
    const answers = [
      { field: id, column: keys(2), rowCount: 2 },
      ...fields.map((each) => ({
        field: each,
        column: columns.get(each.fieldId)!,
        rowCount: 2,
      })),
    ]
    const answer = messageFromQueryAnswer({
      ...{ collectionName: 'things', primaryFieldName: 'id', outputFieldNames: [] },
      ...{ fields: answers, sessionTimestamp: 0n },
    })
    const { fields_data } = decode('QueryResults', encode('QueryResults', answer))
    expect(fields_data.map(({ field_name }) => field_name)).toEqual(['id', 'chunks'])
    expect(fields_data[1]).toMatchObject({ type: DataType.ArrayOfStruct, field_id: 110n })
    const again = batchFromFieldsData([fields_data[1]], schema, 2)
    expect(again.columns).toEqual(columns)
  })

  it.each<[string, FieldDataInput[], string]>([
    ['lack a sub-field', whole.slice(1), 'no data of sub-field word'],
    ['give one twice', [...whole, whole[0]], 'duplicated field data: chunks[word]'],
    [
      'have an unknown sub-field',
      [...whole, { ...whole[0], field_name: 'odd' }],
      'fieldName odd not exist in struct array field chunks',
    ],
    [
      'have other numbers of elements',
      [words(['a', 'b'], []), numbers([1n, 2n], [3n]), whole[2]],
      'row 1: expected as many elements in each sub-field, got 0 in word and 1 in number',
    ],
    [
      'have a vector of another dimension',
      [whole[0], whole[1], vectors([1, 2, 3], [])],
      'should divide the dim(2)',
    ],
  ])('are refused that %s', (_name, subFields, message) => {
    expect(() => batchOf(2, ...subFields)).toThrow(message)
  })

  it('are refused by a sub-field alone', () => {
    const data = decode(
      'FieldData',
      encode('FieldData', { ...whole[0], field_name: 'chunks[word]' }),
    )
    expect(() => batchFromFieldsData([data], schema, 2)).toThrow(
      'sub-field chunks[word] cannot be given by itself: expected the whole struct array field chunks',
    )
  })
})

describe('the schema of a struct array', () => {
  const message: MessageInput<'CollectionSchema'> = {
    name: 'things',
    enable_dynamic_field: true,
    fields: [
      { name: 'id', data_type: DataType.Int64, is_primary_key: true },
      { name: 'flag', data_type: DataType.Bool },
    ],
    struct_array_fields: [
      {
        name: 'chunks',
        description: 'parts',
        nullable: true,
        type_params: [{ key: 'max_capacity', value: '4' }],
        fields: [
          {
            name: 'floats',
            data_type: DataType.ArrayOfVector,
            element_type: DataType.FloatVector,
            type_params: [
              { key: 'dim', value: '2' },
              { key: 'max_capacity', value: '4' },
            ],
          },
        ],
      },
    ],
  }

  it('has ids as Milvus gives them, and is described as it was given', () => {
    const made = newCollectionSchemaFromBytes(encode('CollectionSchema', message))
    expect(made.fields.map(({ fieldId, name }) => [fieldId, name])).toEqual([
      [100, 'id'],
      [101, 'flag'],
      [103, 'chunks[floats]'],
      [104, '$meta'],
    ])
    expect(made.fields[2]).toMatchObject({ nullable: true, maxCapacity: 4, dim: 2 })
    const described = encode('CollectionSchema', messageFromCollectionSchema(made))
    const { struct_array_fields } = decode('CollectionSchema', described)
    expect(struct_array_fields).toMatchObject([
      { fieldID: 102n, name: 'chunks', description: 'parts', nullable: true },
    ])
    expect(struct_array_fields[0].fields).toMatchObject([{ fieldID: 103n, name: 'floats' }])
    expect(collectionSchemaFromMessage(decode('CollectionSchema', described))).toEqual(made)
  })

  it('has at least one sub-field', () => {
    const empty = { ...message, struct_array_fields: [{ name: 'chunks' }] }
    expect(() => newCollectionSchemaFromBytes(encode('CollectionSchema', empty))).toThrow(
      'struct array field chunks has no sub-fields',
    )
  })
})

function keys(rowCount: number): Column {
  return { shape: 'fixed', values: new BigInt64Array(rowCount), width: 1, validity: null }
}
