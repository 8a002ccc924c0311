import { describe, expect, it } from 'vitest'
import { DataType } from '../../dist/schema/data-type.js'
import { plainField } from '../../dist/schema/field.js'
import { decode, encode, type MessageInput } from '../../dist/wire/codec.js'
import { keyValuesFromPairs, pairsFromKeyValues } from '../../dist/wire/key-values.js'
import {
  placeholderGroupFromVectors,
  vectorsFromPlaceholderGroup,
} from '../../dist/wire/placeholder-group.js'
import { messageFromQueryAnswer, messageFromSearchAnswer } from '../../dist/wire/results.js'

describe('a placeholder group', () => {
  const group = (...placeholders: MessageInput<'PlaceholderValue'>[]) =>
    encode('PlaceholderGroup', { placeholders })

  it('carries float vectors', () => {
    const bytes = placeholderGroupFromVectors(
      DataType.FloatVector,
      [Float32Array.of(1, 2), Float32Array.of(3, 4)].map(({ buffer }) => new Uint8Array(buffer)),
    )
    const read = vectorsFromPlaceholderGroup(bytes, 2)
    expect(read).toMatchObject({ dataType: DataType.FloatVector, nq: 2 })
    expect(new Float32Array(Uint8Array.from(read.bytes).buffer)).toEqual(
      Float32Array.of(1, 2, 3, 4),
    )
    expect([...read.offsets]).toEqual([0, 8, 16])
  })

  it.each([100, 102, 103, 105])('carries vectors of type %i', (type) => {
    const read = vectorsFromPlaceholderGroup(group({ type, values: [Buffer.from('ab')] }), 0)
    expect(read).toMatchObject({ dataType: type, nq: 1, bytes: Buffer.from('ab') })
  })

  it('carries sparse vectors of different lengths', () => {
    const values = [Buffer.alloc(8), Buffer.from('00000000000000000100000000000000', 'hex')]
    const read = vectorsFromPlaceholderGroup(group({ type: 104, values }), 2)
    expect([...read.offsets]).toEqual([0, 8, 24])
  })

  it('carries lists of vectors of different lengths', () => {
    const values = [Buffer.alloc(8), Buffer.alloc(24)]
    const read = vectorsFromPlaceholderGroup(group({ type: 301, values }), 2)
    expect(read).toMatchObject({ dataType: DataType.FloatVector, nq: 2, isList: true })
    expect([...read.offsets]).toEqual([0, 8, 32])
  })

  it.each<[string, MessageInput<'PlaceholderValue'>[], RegExp]>([
    ['another nq', [{ type: 101, values: [Buffer.alloc(4)] }], /nq \(2\) is not equal .* \(1\)/],
    ['no vectors', [{ type: 101 }], /nq \[0\] is invalid/],
    ['no placeholder', [], /nq \[0\] is invalid/],
    [
      'vectors of two lengths',
      [{ type: 101, values: [Buffer.alloc(4), Buffer.alloc(8)] }],
      /query vector 1: expected 4 bytes as vector 0 has, got 8/,
    ],
    [
      'a sparse vector with one index twice',
      [{ type: 104, values: [Buffer.alloc(16), Buffer.alloc(8)] }],
      /query vector 0: unsorted or same indices in sparse float vector/,
    ],
    ['text', [{ type: 21, values: [Buffer.from('x')] }], /search by text is not supported/],
    ['a type of another time', [{ type: 401, values: [Buffer.alloc(4)] }], /placeholder type 401/],
  ])('with %s is refused', (_what, placeholders, words) => {
    expect(() => vectorsFromPlaceholderGroup(group(...placeholders), 2)).toThrow(words)
  })
})

const field = (name: string, dataType: DataType) => plainField(100, name, dataType)

const numbers = (...values: bigint[]) =>
  ({ shape: 'fixed', values: BigInt64Array.from(values), width: 1, validity: null }) as const

const texts = (joined: string, ...offsets: number[]) =>
  ({
    shape: 'bytes',
    offsets: Int32Array.from(offsets),
    bytes: Buffer.from(joined),
    validity: null,
  }) as const

describe('an answer', () => {
  const base = { collectionName: 'things', primaryFieldName: 'id', outputFieldNames: ['id'] }

  it('to a query has its columns, names and snapshot', () => {
    const count = { field: field('count(*)', DataType.Int64), column: numbers(3n), rowCount: 1 }
    const message = messageFromQueryAnswer({
      ...base,
      fields: [count],
      outputFieldNames: ['count(*)'],
      sessionTimestamp: 2n ** 63n,
    })
    const read = decode('QueryResults', encode('QueryResults', message))
    expect(read).toMatchObject({
      status: { code: 0, error_code: 0 },
      collection_name: 'things',
      output_fields: ['count(*)'],
      primary_field_name: 'id',
      session_ts: 2n ** 63n,
    })
    expect(read.fields_data[0].field_name).toBe('count(*)')
    expect(read.fields_data[0].scalars?.long_data?.data).toEqual(BigInt64Array.of(3n))
  })

  it('without rows has its columns all the same', () => {
    const ids = { field: field('id', DataType.Int64), column: numbers(), rowCount: 0 }
    const message = messageFromQueryAnswer({ ...base, fields: [ids], sessionTimestamp: 1n })
    const read = decode('QueryResults', encode('QueryResults', message))
    expect(read.fields_data[0].scalars?.long_data?.data).toEqual(new BigInt64Array(0))
  })

  it('to a search has ids, scores and hits of each query', () => {
    const message = messageFromSearchAnswer(
      {
        ...base,
        nq: 2,
        topK: 10,
        hitCounts: [2, 1],
        ids: numbers(7n, -1n, 2n ** 62n),
        scores: Float32Array.of(0.1, 0.2, 0.3),
        fields: [
          { field: field('id', DataType.Int64), column: numbers(7n, -1n, 2n ** 62n), rowCount: 3 },
        ],
      },
      5n,
    )
    const read = decode('SearchResults', encode('SearchResults', message))
    expect(read).toMatchObject({ collection_name: 'things', session_ts: 5n })
    expect(read.results).toMatchObject({
      num_queries: 2n,
      top_k: 10n,
      topks: [2n, 1n],
      output_fields: ['id'],
      primary_field_name: 'id',
      scores: Float32Array.of(0.1, 0.2, 0.3),
      ids: { int_id: { data: BigInt64Array.of(7n, -1n, 2n ** 62n) } },
    })
    expect(read.results?.fields_data[0].field_name).toBe('id')
  })

  it('to a search of text keys has them as text', () => {
    const message = messageFromSearchAnswer(
      {
        ...base,
        nq: 1,
        topK: 2,
        hitCounts: [2],
        ids: texts('abü', 0, 1, 4),
        scores: Float32Array.of(1, 2),
        fields: [],
      },
      5n,
    )
    expect(message.results?.ids).toEqual({ str_id: { data: ['a', 'bü'] } })
  })
})

it('turns key-value messages into pairs and back', () => {
  const messages = [
    { key: 'a', value: '1' },
    { key: 'a', value: '2' },
  ]
  expect(pairsFromKeyValues(messages)).toEqual([
    ['a', '1'],
    ['a', '2'],
  ])
  expect(keyValuesFromPairs(pairsFromKeyValues(messages))).toEqual(messages)
})
