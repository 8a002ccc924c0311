import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { describe, expect, it } from 'vitest'
import { decode, decodeWithout, encode } from '../../dist/wire/codec.js'
import { methods } from '../../dist/wire/methods.js'

const json = new URL('../../dist/wire/milvus-proto.json', import.meta.url)
const plain = protobuf.Root.fromJSON(JSON.parse(readFileSync(json, 'utf8')))

/** The bytes that protobufjs itself makes of a message. */
function plainBytes(type: string, message: object): Uint8Array {
  const plainType = plain.lookupType(`milvus.proto.${type}`)
  return plainType.encode(plainType.fromObject(message)).finish()
}

function plainObject(type: string, bytes: Uint8Array): Record<string, unknown> {
  const plainType = plain.lookupType(`milvus.proto.${type}`)
  return plainType.toObject(plainType.decode(bytes), { longs: String, arrays: true })
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const int32 = fc.integer()
const float = fc.float()

const columns = [
  {
    name: 'LongArray',
    scalar: 'int64',
    item: int64,
    typed: (values: bigint[]) => BigInt64Array.from(values),
  },
  {
    name: 'TimestamptzArray',
    scalar: 'int64',
    item: int64,
    typed: (values: bigint[]) => BigInt64Array.from(values),
  },
  {
    name: 'IntArray',
    scalar: 'int32',
    item: int32,
    typed: (values: number[]) => Int32Array.from(values),
  },
  {
    name: 'FloatArray',
    scalar: 'float',
    item: float,
    typed: (values: number[]) => Float32Array.from(values),
  },
  {
    name: 'DoubleArray',
    scalar: 'double',
    item: fc.double(),
    typed: (values: number[]) => Float64Array.from(values),
  },
  {
    name: 'BoolArray',
    scalar: 'bool',
    item: fc.boolean(),
    typed: (values: boolean[]) => Uint8Array.from(values, Number),
  },
] as const

describe.each(columns)('$name', ({ name, scalar, item, typed }) => {
  const items = fc.array(item as fc.Arbitrary<unknown>)
  const typedOf = typed as (values: unknown[]) => Float32Array
  const write = (writer: protobuf.Writer, value: unknown) =>
    writer[scalar]((typeof value === 'bigint' ? String(value) : value) as never)

  it('reads what protobufjs writes, and the other way round', () => {
    fc.assert(
      fc.property(items, (values) => {
        const data = values.map((value) => (typeof value === 'bigint' ? String(value) : value))
        const bytes = plainBytes(`schema.${name}`, { data })
        const message = decode(name, bytes)
        expect(message.data).toEqual(typedOf(values))
        expect(Buffer.from(encode(name, message as never))).toEqual(Buffer.from(bytes))
      }),
    )
  })

  it('reads packed chunks and single values in any mixture', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), items)), (runs) => {
        const writer = protobuf.Writer.create()
        for (const [packed, values] of runs) {
          if (packed) {
            writer.uint32((1 << 3) | 2).fork()
            for (const value of values) write(writer, value)
            writer.ldelim()
          } else {
            const wireType = scalar === 'float' ? 5 : scalar === 'double' ? 1 : 0
            for (const value of values) write(writer.uint32((1 << 3) | wireType), value)
          }
          writer.uint32((9 << 3) | 0).uint32(7)
        }
        const all = runs.flatMap(([, values]) => values)
        expect(decode(name, writer.finish()).data).toEqual(typedOf(all))
      }),
    )
  })

  it('reads a missing array as an empty one', () => {
    expect(decode(name, new Uint8Array(0)).data).toEqual(typedOf([]))
  })
})

describe('decode and encode', () => {
  it('keep single 64-bit integers, signed and not, to the last bit', () => {
    fc.assert(
      fc.property(int64, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (id, timestamp) => {
        const bytes = encode('MutationResult', { delete_cnt: id, timestamp })
        expect(plainObject('milvus.MutationResult', bytes)).toMatchObject({
          delete_cnt: String(id),
          timestamp: String(timestamp),
        })
        expect(decode('MutationResult', bytes)).toMatchObject({ delete_cnt: id, timestamp })
      }),
    )
  })

  it('keep 64-bit integers in lists and maps', () => {
    const message = {
      coll_flush_ts: { a: 2n ** 64n - 1n, b: 0n },
      coll_segIDs: { a: { data: BigInt64Array.of(-1n, 2n ** 62n) } },
    }
    const read = decode('FlushResponse', encode('FlushResponse', message))
    expect({ ...read.coll_flush_ts }).toEqual(message.coll_flush_ts)
    expect(read.coll_segIDs.a.data).toEqual(message.coll_segIDs.a.data)
    const tasks = decode(
      'ImportResponse',
      encode('ImportResponse', { tasks: [-1n, 2n ** 63n - 1n] }),
    )
    expect(tasks.tasks).toEqual([-1n, 2n ** 63n - 1n])
  })

  it('read a value that a map entry lacks as 0n', () => {
    const entry = Buffer.from([(6 << 3) | 2, 3, 10, 1, 97])
    expect({ ...decode('FlushResponse', entry).coll_flush_ts }).toEqual({ a: 0n })
  })

  it('give defaults for what is missing, and null for messages and members of a oneof', () => {
    const read = decode('FieldData', new Uint8Array(0))
    expect(read.field_id).toBe(0n)
    expect(read.field_name).toBe('')
    expect(read.scalars).toBeNull()
    expect(read.valid_data).toEqual([])
    const value = decode('ValueField', encode('ValueField', { int_data: 0 }))
    expect([value.int_data, value.long_data, value.bool_data]).toEqual([0, null, null])
    expect(decode('InsertRequest', new Uint8Array(0)).namespace).toBeNull()
    expect(decode('PlaceholderValue', new Uint8Array(0)).values).toEqual([])
  })

  it('read scores as floats, packed as everything that is repeated', () => {
    const scores = Float32Array.of(0.5, -2)
    const bytes = encode('SearchResultData', { scores, topks: [1n, 1n] })
    expect(bytes.length).toBe(2 + 8 + 2 + 2)
    expect(decode('SearchResultData', bytes).scores).toEqual(scores)
    expect(decode('SearchResultData', new Uint8Array(0)).scores).toEqual(new Float32Array(0))
    expect(plainObject('schema.SearchResultData', bytes)).toMatchObject({ topks: ['1', '1'] })
  })

  it('give bytes as views of the message', () => {
    const bytes = encode('VectorField', { dim: 8n, binary_vector: Uint8Array.of(1, 2, 3) })
    const vector = decode('VectorField', bytes).binary_vector
    expect([...(vector ?? [])]).toEqual([1, 2, 3])
    expect(vector?.buffer).toBe(bytes.buffer)
  })

  it('know the field that is newer than the SDK', () => {
    const bytes = encode('ImportRequest', { idempotency_key: 'once' })
    expect(bytes[0]).toBe((9 << 3) | 2)
    expect(decode('ImportRequest', bytes).idempotency_key).toBe('once')
  })

  it.each([
    ['a length past the end', [(1 << 3) | 2, 200]],
    ['floats that are no whole number of values', [(1 << 3) | 2, 3, 0, 0, 0]],
  ])('say of %s that the message is malformed', (_what, bytes) => {
    expect(() => decode('FloatArray', Uint8Array.from(bytes))).toThrow(/malformed FloatArray/)
  })

  it('say of a varint that is cut off, or too long, that the message is malformed', () => {
    expect(() => decode('LongArray', Uint8Array.of(10, 1, 0x80))).toThrow(/cut off/)
    const long = Uint8Array.of(10, 12, ...new Array(11).fill(0x80), 1)
    expect(() => decode('LongArray', long)).toThrow(/more than 10 bytes/)
    const nested = Uint8Array.of((5 << 3) | 2, 2, (4 << 3) | 2, 5)
    expect(() => decode('InsertRequest', nested)).toThrow(/malformed InsertRequest/)
  })
})

it('lists every RPC with its path and messages', () => {
  expect(methods.Import).toEqual({
    name: 'Import',
    path: '/milvus.proto.milvus.MilvusService/Import',
    privilege: { name: 'Import', objectType: 'Collection', namedBy: 'collection_name' },
    request: 'ImportRequest',
    response: 'ImportResponse',
    requestStream: false,
    responseStream: false,
  })
  expect(Object.keys(methods).length).toBeGreaterThan(140)
  expect(methods.DumpMessages.responseStream).toBe(true)
})

describe('decodeWithout', () => {
  const request = {
    collection_name: 'c',
    num_rows: 2,
    fields_data: [{ field_name: 'a', scalars: { long_data: { data: BigInt64Array.of(1n, 2n) } } }],
    hash_keys: [3, 4],
  }
  const bytes = encode('UpsertRequest', { ...request, partial_update: true })

  it('reads all of a message but one field, which is as if it were not there', () => {
    const read = decodeWithout('UpsertRequest', 'fields_data', bytes)
    expect(read).toMatchObject({ collection_name: 'c', num_rows: 2, partial_update: true })
    expect(read.hash_keys).toEqual([3, 4])
    expect(read.fields_data).toEqual([])
  })

  it('says that a message which is cut off is malformed', () => {
    const cut = bytes.subarray(0, bytes.length - 10)
    expect(() => decodeWithout('UpsertRequest', 'fields_data', cut)).toThrow(
      'malformed UpsertRequest message',
    )
  })
})
