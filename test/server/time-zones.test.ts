import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DataType } from '../../dist/schema/data-type.js'
import { handlers } from '../../dist/server/grpc/handlers.js'
import { decode, encode, type MessageInput, type MessageName } from '../../dist/wire/codec.js'
import { type MethodName, methods } from '../../dist/wire/methods.js'
import { OpenEngine } from '../engines/open-engine.js'

let opened: OpenEngine

beforeEach(async () => {
  opened = await OpenEngine.open()
})
afterEach(() => opened.remove())

/** A request, over the wire and back, as a handler sees it. */
async function call<Name extends MethodName>(
  name: Name,
  request: MessageInput<(typeof methods)[Name]['request'] & MessageName>,
) {
  const method = methods[name]
  const decoded = decode(method.request, encode(method.request, request))
  const context = { engine: opened.engine, dbName: 'default', userName: null, undecodedRows: null }
  const handler = handlers[name] as (call: unknown, request: unknown) => unknown
  const reply = await handler({ ...context, signal: undefined }, decoded)
  return decode(method.response, encode(method.response, (reply ?? {}) as never))
}

const atZero = encode('PlaceholderGroup', {
  placeholders: [{ tag: '$0', type: 101, values: [Buffer.alloc(8)] }],
})

const pairs = (members: Record<string, string>) =>
  Object.entries(members).map(([key, value]) => ({ key, value }))

async function createTimes(timezone: string): Promise<void> {
  const schema = encode('CollectionSchema', {
    name: 'times',
    fields: [
      { name: 'id', data_type: DataType.Int64, is_primary_key: true },
      { name: 'vector', data_type: DataType.FloatVector, type_params: pairs({ dim: '2' }) },
      { name: 'at', data_type: DataType.Timestamptz, nullable: true },
      {
        name: 'since',
        data_type: DataType.Timestamptz,
        default_value: { string_data: '2025-01-01 00:00:00' },
      },
    ],
  })
  const properties = pairs({ timezone })
  await call('CreateCollection', { collection_name: 'times', schema, properties })
  await call('CreateIndex', {
    collection_name: 'times',
    field_name: 'vector',
    extra_params: pairs({ metric_type: 'L2' }),
  })
  await call('LoadCollection', { collection_name: 'times' })
}

async function insert(times: readonly (string | null)[]): Promise<void> {
  const given = times.filter((time) => time !== null)
  await call('Insert', {
    collection_name: 'times',
    num_rows: times.length,
    fields_data: [
      {
        field_name: 'id',
        type: DataType.Int64,
        scalars: { long_data: { data: BigInt64Array.from(times, (_, row) => BigInt(row)) } },
      },
      {
        field_name: 'vector',
        type: DataType.FloatVector,
        vectors: { dim: 2n, float_vector: { data: new Float32Array(times.length * 2) } },
      },
      {
        field_name: 'at',
        type: DataType.Timestamptz,
        scalars: { string_data: { data: given } },
        valid_data: times.map((time) => time !== null),
      },
    ],
  })
}

async function query(expr: string, params: Record<string, string> = {}) {
  const { fields_data } = await call('Query', {
    collection_name: 'times',
    expr,
    output_fields: ['at'],
    query_params: pairs(params),
  })
  return fields_data.find(({ field_name }) => field_name === 'at')!
}

const times = async (expr: string, timezone = '') =>
  (await query(expr, { timezone })).scalars?.string_data?.data

describe('the time zone of a collection', () => {
  beforeEach(async () => {
    await createTimes('Asia/Shanghai')
    await insert(['2025-01-01 00:00:00', '2025-01-01T00:00:00Z', null])
  })

  it('is that of times without an offset, and of those that are answered', async () => {
    expect(await times('at is not null')).toEqual([
      '2025-01-01T00:00:00+08:00',
      '2025-01-01T08:00:00+08:00',
    ])
  })

  it('is that of filters, also of those that delete', async () => {
    const filter = "at == ISO '2025-01-01T00:00:00'"
    expect(await times(filter)).toEqual(['2025-01-01T00:00:00+08:00'])
    expect(await times("at + INTERVAL 'P1D' == ISO '2025-01-02T00:00:00'")).toHaveLength(1)
    await call('Delete', { collection_name: 'times', expr: filter })
    expect(await times('at is not null')).toEqual(['2025-01-01T08:00:00+08:00'])
  })

  it('gives way to that of a query', async () => {
    expect(await times("at == ISO '2025-01-01T00:00:00'", 'UTC')).toEqual(['2025-01-01T00:00:00Z'])
    expect(await times('id == 0', 'America/Havana')).toEqual(['2024-12-31T11:00:00-05:00'])
  })

  it('is that of defaults, as they are told too', async () => {
    const { schema } = await call('DescribeCollection', { collection_name: 'times' })
    const since = schema?.fields.find(({ name }) => name === 'since')
    expect(since?.default_value?.string_data).toBe('2025-01-01T00:00:00+08:00')
  })

  it('may change, and moves no time', async () => {
    const properties = pairs({ timezone: 'America/New_York' })
    await call('AlterCollection', { collection_name: 'times', properties })
    expect(await times('id == 0')).toEqual(['2024-12-31T11:00:00-05:00'])
  })

  it('is asked for its parts by a query', async () => {
    const at = await query('id >= 0', { time_fields: 'year, Month,day hour' })
    expect(at.type).toBe(DataType.Array)
    expect(at.valid_data).toEqual([true, true, false])
    const [first, second] = at.scalars?.array_data?.data ?? []
    expect([...(first.long_data?.data ?? [])]).toEqual([2025n, 1n, 1n, 0n])
    expect([...(second.long_data?.data ?? [])]).toEqual([2025n, 1n, 1n, 8n])
  })

  it('is asked for its parts by a search', async () => {
    const { results } = await call('Search', {
      collection_name: 'times',
      dsl: 'id == 0',
      nq: 1n,
      output_fields: ['at'],
      placeholder_group: atZero,
      search_params: pairs({ topk: '3', timezone: 'UTC', time_fields: 'day,hour' }),
    })
    const at = results?.fields_data.find(({ field_name }) => field_name === 'at')
    expect([...(at?.scalars?.array_data?.data[0].long_data?.data ?? [])]).toEqual([31n, 16n])
  })

  it('gives way to what pymilvus writes into each part of a hybrid search', async () => {
    const { results } = await call('HybridSearch', {
      collection_name: 'times',
      requests: [
        {
          dsl: "at == ISO '2025-01-01T00:00:00'",
          nq: 1n,
          placeholder_group: atZero,
          search_params: pairs({ topk: '3', timezone: 'UTC', time_fields: 'day,hour' }),
        },
      ],
      rank_params: pairs({ strategy: 'rrf', params: '{"k":60}', limit: '3' }),
      output_fields: ['at'],
    })
    const at = results?.fields_data.find(({ field_name }) => field_name === 'at')
    const rows = at?.scalars?.array_data?.data.map(({ long_data }) => [...(long_data?.data ?? [])])
    expect(rows).toEqual([[1n, 0n]])
  })

  it.each([
    [{ timezone: 'Mars/Base' }, 'unknown or invalid IANA Time Zone ID: Mars/Base'],
    [{ time_fields: 'hour,week' }, 'unsupported field for extraction: week'],
  ])('refuses %o', async (params, text) => {
    await expect(query('id >= 0', params)).rejects.toThrow(text)
  })
})
