import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EmbeddedServer, type Job } from './embedded-server.js'
import { dim, rowsOf, vectorOf } from './rows.js'

const rowCount = 100

let server: EmbeddedServer
beforeAll(async () => {
  server = await EmbeddedServer.open()
})
afterAll(() => server?.close())

const vector = { fieldName: 'vector', dataType: 'FloatVector', elementTypeParams: { dim } }
const id = { fieldName: 'id', dataType: 'Int64', isPrimary: true }

let collections = 0
async function newCollection(fields: readonly object[], enableDynamicField = false) {
  const collectionName = `rows_${++collections}`
  const schema = { enableDynamicField, fields: [id, vector, ...fields] }
  const indexParams = [{ fieldName: 'vector', indexName: 'vector', metricType: 'L2' }]
  await server.data('/collections/create', { collectionName, schema, indexParams })
  return collectionName
}

type RowFormat = 'json' | 'csv'
type Row = Readonly<Record<string, unknown>>

/** The same rows in a format; what a row lacks or has as null is an empty cell. */
function writeRows(name: string, format: RowFormat, rows: readonly Row[]): string {
  const path = `${name}.${format}`
  if (format === 'json') return server.write(path, JSON.stringify(rows))
  const names = Object.keys(rows[0])
  const lines = rows.map((row) => names.map((each) => cellOf(row[each])).join(','))
  return server.write(path, [names.join(','), ...lines].join('\n'))
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const plainRow = (key: number): Row => ({ id: key, vector: vectorOf(key) })

async function importRows(
  collectionName: string,
  format: RowFormat,
  rowAt: (key: number) => Row,
  options: Readonly<Record<string, string>> = {},
): Promise<Job> {
  const file = writeRows(collectionName, format, rowsOf(rowCount, rowAt))
  return server.job(collectionName, [[file]], { options })
}

async function expectCompleted(name: string, job: Job): Promise<void> {
  expect([job.state, job.reason]).toEqual(['Completed', undefined])
  expect([job.importedRows, await server.count(name)]).toEqual([rowCount, rowCount])
}

async function expectFailed(name: string, job: Job, ...texts: readonly string[]): Promise<void> {
  expect([job.state, job.importedRows]).toEqual(['Failed', 0])
  for (const text of texts) expect(job.reason).toContain(text)
  expect(await server.count(name)).toBe(0)
}

const text = { fieldName: 'text', dataType: 'VarChar', elementTypeParams: { max_length: 8 } }
const nullable = { ...text, fieldName: 'nullable', nullable: true }
const count = { fieldName: 'default_int', dataType: 'Int64', defaultValue: 7 }

describe('lengths', () => {
  it.each(['json', 'csv'] as const)(
    'case 65 test_import_with_longer_text_than_max_length: %s',
    async (format) => {
      const name = await newCollection([text])
      // Four characters of eight bytes fit; five do not.
      const rowAt = (key: number) => ({ ...plainRow(key), text: key === 42 ? 'ééééé' : 'éééé' })
      const job = await importRows(name, format, rowAt)
      const words = 'value length(10) for field text exceeds max_length(8)'
      await expectFailed(name, job, 'row 42', words)
    },
  )

  it.each(['json', 'csv'] as const)(
    'case 94 array<varchar> element over max_length: %s',
    async (format) => {
      const texts = {
        ...{ fieldName: 'texts', dataType: 'Array', elementDataType: 'VarChar' },
        elementTypeParams: { max_length: 4, max_capacity: 4 },
      }
      const name = await newCollection([texts])
      const rowAt = (key: number) => ({
        ...plainRow(key),
        texts: ['ok', key === 9 ? 'too long' : 'fine'],
      })
      const words = 'value length(8) for field texts exceeds max_length(4)'
      await expectFailed(name, await importRows(name, format, rowAt), 'row 9', 'element 1', words)
    },
  )
})

describe('null and missing', () => {
  it('case 73 json nullable and default fields', async () => {
    const name = await newCollection([nullable, count])
    const rowAt = (key: number) => {
      if (key % 3 === 0) return { ...plainRow(key), nullable: 'a', default_int: 1 }
      return key % 3 === 1 ? { ...plainRow(key), nullable: null, default_int: null } : plainRow(key)
    }
    await expectCompleted(name, await importRows(name, 'json', rowAt))
    const rows = await server.query(name, 'id < 3', 'nullable', 'default_int')
    expect(rows).toEqual([
      { id: 0n, nullable: 'a', default_int: 1n },
      { id: 1n, nullable: null, default_int: 7n },
      { id: 2n, nullable: null, default_int: 7n },
    ])
  })

  it('case 90 csv nullable fields missing in header', async () => {
    const name = await newCollection([nullable, count])
    await expectCompleted(name, await importRows(name, 'csv', plainRow))
    const [row] = await server.query(name, 'id == 5', 'nullable', 'default_int')
    expect(row).toEqual({ id: 5n, nullable: null, default_int: 7n })
  })

  it.each(['', 'NULL', 'None'])('case 91 csv default and nullkey %j', async (nullkey) => {
    const name = await newCollection([nullable, count])
    const rowAt = (key: number) => ({
      ...plainRow(key),
      ...(key % 2 === 0 ? { nullable: nullkey, default_int: nullkey } : {}),
      ...(key % 2 === 1 ? { nullable: `b${key}`, default_int: key } : {}),
    })
    await expectCompleted(name, await importRows(name, 'csv', rowAt, { nullkey }))
    expect(await server.query(name, 'id in [4, 5]', 'nullable', 'default_int')).toEqual([
      { id: 4n, nullable: null, default_int: 7n },
      { id: 5n, nullable: 'b5', default_int: 5n },
    ])
  })

  it.each([
    { title: 'case 97 required field missing json', format: 'json' },
    { title: 'case 98 required field missing csv', format: 'csv' },
  ] as const)('$title', async ({ format }) => {
    const name = await newCollection([text])
    const words =
      format === 'csv' ? "value of field is missed: 'text'" : "value of field 'text' is missed"
    await expectFailed(name, await importRows(name, format, plainRow), "field 'text'", words)
  })
})

describe('more than the fields', () => {
  const rowAt = (key: number) => ({
    ...{ ...plainRow(key), text: `t${key}`, extra_text: `x${key}`, extra_number: key },
  })

  it.each([
    { title: 'case 89 json extra fields without a dynamic field', format: 'json' },
    { title: 'case 96 csv extra columns without a dynamic field', format: 'csv' },
  ] as const)('$title', async ({ format }) => {
    const name = await newCollection([text])
    await expectCompleted(name, await importRows(name, format, rowAt))
    const [row] = await server.query(name, 'id == 5', '*')
    expect(Object.keys(row).sort()).toEqual(['id', 'text', 'vector'])
  })

  it.each([
    { title: 'case 104 extra fields with a dynamic field: json', format: 'json', number: 5 },
    { title: 'case 105 extra fields with a dynamic field: csv', format: 'csv', number: '5' },
  ] as const)('$title', async ({ format, number }) => {
    const name = await newCollection([text], true)
    await expectCompleted(name, await importRows(name, format, rowAt))
    const [row] = await server.query(name, 'id == 5', '$meta')
    // Milvus: a cell without a field is a string, whatever it looks like.
    expect(JSON.parse(String(row.$meta))).toEqual({ extra_text: 'x5', extra_number: number })
    expect(await server.query(name, 'extra_text == "x5"', 'id')).toEqual([{ id: 5n }])
  })

  it('case 110 json with the same dynamic key twice', async () => {
    const name = await newCollection([], true)
    const rows = rowsOf(3, (key) => `{"id": ${key}, "vector": [${vectorOf(key)}], "more": 1}`)
    const twice = rows.map((row, at) => (at === 1 ? row.replace('}', ', "more": 2}') : row))
    const file = server.write('twice.json', `[${twice.join(',')}]`)
    const words = 'duplicated key is not allowed, key=more'
    await expectFailed(name, await server.job(name, [[file]]), 'row 1', words)
  })
})

it.each([
  { title: 'case 100 vector dim mismatch json', format: 'json' },
  { title: 'case 101 vector dim mismatch csv', format: 'csv' },
] as const)('$title', async ({ format }) => {
  const name = await newCollection([])
  const rowAt = (key: number) => ({ id: key, vector: vectorOf(key, key === 31 ? dim + 2 : dim) })
  const words = `expected dim '${dim}' for field 'vector' with type 'FloatVector', got dim '${dim + 2}'`
  await expectFailed(name, await importRows(name, format, rowAt), 'row 31', words)
})
