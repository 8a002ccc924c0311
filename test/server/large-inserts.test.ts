import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials } from '@grpc/grpc-js'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EmbeddedEngine } from '../../dist/engines/embedded/embedded-engine.js'
import { DataType } from '../../dist/schema/data-type.js'
import { type RunningServer, startServer } from '../../dist/server/serve.js'
import { decode, encode, type MessageInput } from '../../dist/wire/codec.js'
import { type Method, type MethodName, methods } from '../../dist/wire/methods.js'
import { field, schemaOf } from '../support/fields.js'

const collection_name = 'c'

/** Rows with values of every shape, whose texts make a message of 8 MiB. */
const rowCount = 8192
const rows = Array.from({ length: rowCount }, (_, row) => row)
const textOf = (row: number) => `${row} é `.repeat(160)
const bytesOf = (row: number) => Uint8Array.of(row & 0xff, row >> 8)

function rowsOf(textOfRow: (row: number) => string = textOf): MessageInput<'FieldData'>[] {
  const halves = Buffer.concat(rows.flatMap((row) => [bytesOf(row), bytesOf(row)]))
  const tags = (row: number) => ({ int_data: { data: Int32Array.of(row, row + 1) } })
  return [
    { field_name: 'id', scalars: { long_data: { data: BigInt64Array.from(rows, BigInt) } } },
    { field_name: 'text', scalars: { string_data: { data: rows.map(textOfRow) } } },
    {
      field_name: 'note',
      scalars: { json_data: { data: rows.map((row) => Buffer.from(`{"row":${row}}`)) } },
      valid_data: rows.map((row) => row % 3 !== 0),
    },
    { field_name: 'tags', scalars: { array_data: { data: rows.map(tags) } } },
    {
      field_name: 'vector',
      vectors: { dim: 2n, float_vector: { data: Float32Array.from([...rows, ...rows]) } },
    },
    { field_name: 'halves', vectors: { dim: 2n, float16_vector: zeroed(halves) } },
    { field_name: 'bits', vectors: { dim: 16n, binary_vector: Buffer.concat(rows.map(bytesOf)) } },
  ]
}

/** A number of half precision whose bytes are any is finite only without its exponent. */
function zeroed(halves: Buffer): Buffer {
  for (let at = 1; at < halves.length; at += 2) halves[at] &= 0x03
  return halves
}

const schema = schemaOf(collection_name, [
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'text', DataType.VarChar, { maxLength: 2000 }),
  field(102, 'note', DataType.JSON, { nullable: true }),
  field(103, 'tags', DataType.Array, { elementType: DataType.Int32, maxCapacity: 2 }),
  field(104, 'vector', DataType.FloatVector, { dim: 2 }),
  field(105, 'halves', DataType.Float16Vector, { dim: 2 }),
  field(106, 'bits', DataType.BinaryVector, { dim: 16 }),
])
const names = schema.fields.map(({ name }) => name)

describe('a large Insert', () => {
  let directory: string
  let engine: EmbeddedEngine
  let server: RunningServer
  let client: Client

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-large-'))
    engine = await EmbeddedEngine.open({
      dataPath: join(directory, 'data'),
      importRoots: [],
      log: { info: () => {}, error: () => {} },
    })
    const log = pino({ level: 'silent' })
    server = await startServer(engine, { host: '127.0.0.1', port: 0, log })
    client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure())
    const new_ = { dbName: 'default', schema, shardsNum: 1, consistencyLevel: 2 }
    await engine.createCollection({ ...new_, properties: [], numPartitions: 0 })
    for (const fieldName of ['vector', 'halves', 'bits']) {
      const params = [
        ['index_type', fieldName === 'bits' ? 'BIN_FLAT' : 'FLAT'],
        ['metric_type', fieldName === 'bits' ? 'HAMMING' : 'L2'],
      ] as const
      const index = { dbName: 'default', collectionName: collection_name, fieldName }
      await engine.createIndex({ ...index, indexName: '', params })
    }
    await engine.load('default', collection_name, [])
  })

  afterEach(async () => {
    client.close()
    await server.close()
    await engine.close()
    rmSync(directory, { recursive: true, force: true })
  })

  async function call<Name extends MethodName>(
    name: Name,
    request: MessageInput<Method<Name>['request']>,
  ) {
    const method: Method<Name> = methods[name]
    const bytes = encode(method.request, request)
    const reply = await new Promise<Buffer>((resolve, reject) => {
      client.makeUnaryRequest(
        method.path,
        (sent: Buffer) => sent,
        (received: Buffer) => received,
        bytes,
        (error, answer) => (error ? reject(error) : resolve(answer!)),
      )
    })
    return decode(method.response, reply)
  }

  const insert = (fields_data: MessageInput<'FieldData'>[], num_rows = rowCount) =>
    call('Insert', { collection_name, num_rows, fields_data })

  async function stored(row: number) {
    const expr = `id == ${row}`
    const { fields_data } = await call('Query', { collection_name, expr, output_fields: names })
    return Object.fromEntries(fields_data.map((data) => [data.field_name, data]))
  }

  it('stores every row with all its values, as a small one does', async () => {
    const answer = await insert(rowsOf())
    expect(answer.status).toMatchObject({ code: 0 })
    expect(answer.insert_cnt).toBe(BigInt(rowCount))
    expect(answer.IDs?.int_id?.data.at(-1)).toBe(BigInt(rowCount - 1))
    for (const row of [0, 1, 4097, rowCount - 1]) {
      const { text, note, tags, vector, halves, bits } = await stored(row)
      expect(text.scalars?.string_data?.data).toEqual([textOf(row)])
      expect(note.valid_data).toEqual([row % 3 !== 0])
      if (row % 3 !== 0) {
        expect(String(note.scalars?.json_data?.data[0])).toBe(`{"row":${row}}`)
      }
      const elements = tags.scalars?.array_data?.data[0].int_data?.data
      expect([...elements!]).toEqual([row, row + 1])
      const at = (row * 2) % rowCount
      expect([...vector.vectors!.float_vector!.data]).toEqual([at, at + 1])
      const [low, high] = [row & 0xff, (row >> 8) & 0x03]
      expect([...halves.vectors!.float16_vector!]).toEqual([low, high, low, high])
      expect([...bits.vectors!.binary_vector!]).toEqual([...bytesOf(row)])
    }
  })

  it('upserts them too', async () => {
    await insert(rowsOf())
    const request = { collection_name, num_rows: rowCount, fields_data: rowsOf(() => 'new') }
    const padding = { field_name: 'text', scalars: { string_data: { data: rows.map(textOf) } } }
    const others = request.fields_data.filter(({ field_name }) => field_name !== 'text')
    const answer = await call('Upsert', { ...request, fields_data: [...others, padding] })
    expect(answer.status).toMatchObject({ code: 0 })
    const { fields_data } = await call('Query', { collection_name, output_fields: ['count(*)'] })
    expect(fields_data[0].scalars?.long_data?.data[0]).toBe(BigInt(rowCount))
  })

  it('says what is wrong with a row, and stores none', async () => {
    const long = 'x'.repeat(2001)
    const tooLong = await insert(rowsOf((row) => (row === 8000 ? long : textOf(row))))
    expect(tooLong.status?.reason).toContain("row 8000, field 'text'")
    const missing = await insert(rowsOf().slice(0, -1))
    expect(missing.status?.reason).toContain('fieldSchema(bits) has no corresponding fieldData')
    const odd = await insert(rowsOf(), rowCount - 1)
    expect(odd.status?.reason).toContain(`not equal to passed num_rows (${rowCount - 1})`)
    expect(await engine.rowCount('default', collection_name, '')).toBe(0)
  })

  it('lets others be answered before it is through', async () => {
    const order: string[] = []
    const large = insert(rowsOf()).then(() => order.push('insert'))
    const others = Array.from({ length: 5 }, () =>
      call('HasCollection', { collection_name }).then(() => order.push('other')),
    )
    await Promise.all([large, ...others])
    expect(order.at(-1)).toBe('insert')
  })
})
