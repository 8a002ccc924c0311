import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BulkInsertState, MilvusException, NewField } from '../../dist/client/index.js'
import { DataType } from '../../dist/schema/data-type.js'
import { EmbeddedServer } from './embedded-server.js'
import { dim, idField, plainRow, rowsOf, vectorField, vectorOf } from './rows.js'

const rowCount = 100
const number: NewField = { name: 'number', dataType: DataType.Float }
const flag: NewField = { name: 'flag', dataType: DataType.Bool }
const textId: NewField = { ...idField, dataType: DataType.VarChar, maxLength: 16 }
const autoId: NewField = { ...idField, autoId: true }

let server: EmbeddedServer
beforeAll(async () => {
  server = await EmbeddedServer.open()
})
afterAll(() => server?.close())

let collections = 0
async function newCollection(...fields: NewField[]): Promise<string> {
  const name = `wrong_${++collections}`
  await server.create(name, fields)
  return name
}

function rowAt(id: number) {
  return { ...plainRow(id), number: id / 2, flag: id % 2 === 0 }
}

/** Good rows, of which one of the middle is changed. */
function writeRows(name: string, changed: object, key = 'rows'): string {
  const rows = rowsOf(rowCount, (id) => ({ ...rowAt(id), ...(id === 57 ? changed : {}) }))
  return server.write(`${name}.json`, JSON.stringify({ [key]: rows }))
}

/** A failed import leaves nothing. */
async function expectFailed(name: string, state: BulkInsertState, ...texts: readonly string[]) {
  expect(state.stateName).toBe('Failed')
  for (const text of texts) expect(state.failedReason).toContain(text)
  expect(await server.count(name)).toBe(0)
  expect((await server.client.getCollectionStats(name)).rowCount).toBe(0)
}

function refusalOf(name: string, files: readonly string[]): Promise<unknown> {
  return server.bulkInsert(name, files).catch((error: unknown) => error as MilvusException)
}

describe('what is refused before a file is looked at', () => {
  it('case 11 test_with_wrong_parquet_file_num', async () => {
    const name = await newCollection(idField, vectorField)
    expect(await refusalOf(name, [])).toMatchObject({
      code: 1100,
      message: 'import request is empty: invalid parameter',
    })
    expect(await refusalOf(name, ['1.parquet', '2.parquet'])).toMatchObject({
      code: 2100,
      message: expect.stringContaining('for Parquet import, accepts only one file'),
    })
  })

  it.each(['case 40 test_float_vector_from_multi_files', 'case 50 test_with_multi_json_files'])(
    '%s',
    async () => {
      const name = await newCollection(idField, vectorField)
      const files = [1, 2, 3].map((part) => writeRows(`part-${part}`, {}))
      expect(await refusalOf(name, files)).toMatchObject({
        code: 2100,
        message: expect.stringContaining('for JSON import, accepts only one file'),
      })
    },
  )

  it.each(['csvx', 'txt', 'tsv', 'numpy', ''])(
    'case 41 test_wrong_file_type: %j',
    async (extension) => {
      const name = await newCollection(idField, vectorField)
      const file = `rows.${extension}`
      expect(await refusalOf(name, [file])).toMatchObject({
        code: 2100,
        message: expect.stringContaining(`unexpected file type, files=[${file}]`),
      })
    },
  )

  it('case 47 test_non_existing_collection', async () => {
    expect(await refusalOf('nowhere', ['rows.json'])).toMatchObject({
      code: 100,
      message: expect.stringContaining('collection not found'),
    })
  })
})

it('case 38 test_non_existing_file', async () => {
  const name = await newCollection(idField, vectorField)
  const state = await server.bulkInsert(name, ['not_existing.json'])
  await expectFailed(name, state, "failed to get file size of 'not_existing.json'")
})

describe('fields and keys that do not match', () => {
  it.each([
    ['case 33 test_float_vector_multi_scalars', idField],
    ['case 34 test_string_pk_float_vector_multi_scalars', textId],
  ])('%s', async (_title, key) => {
    const keyOf = (id: number) => (key === textId ? String(id) : id)
    const rows = rowsOf(rowCount, (id) => ({ ...rowAt(id), id: keyOf(id) }))
    const file = server.write(`scalars-${key.dataType}.json`, JSON.stringify({ rows }))

    const name = await newCollection(key, vectorField, number, flag)
    expect((await server.bulkInsert(name, [file])).stateName).toBe('Completed')
    expect(await server.count(name)).toBe(rowCount)

    const more = await newCollection(key, vectorField, number, flag, { ...number, name: 'extra' })
    const state = await server.bulkInsert(more, [file])
    await expectFailed(more, state, "value of field 'extra' is missed")

    // Milvus: an error before 2.6, passed over since.
    const fewer = await newCollection(key, vectorField, number)
    const ignored = await server.bulkInsert(fewer, [file])
    expect(ignored.stateName).toBe('Completed')
    expect(ignored.infos.warnings).toContain('flag')
  })

  it('case 42 test_wrong_row_based_values', async () => {
    const name = await newCollection(idField, vectorField, number, flag)
    const state = await server.bulkInsert(name, [writeRows('root', {}, 'values')])
    const text = "invalid JSON format, the root key should be 'rows', but get 'values'"
    await expectFailed(name, state, text)
  })

  it('case 43 test_wrong_pk_field_name', async () => {
    const name = await newCollection({ ...idField, name: 'key' }, vectorField)
    const file = writeRows('key', {})
    await expectFailed(
      name,
      await server.bulkInsert(name, [file]),
      "value of field 'key' is missed",
    )
    const auto = await newCollection({ ...autoId, name: 'key' }, vectorField)
    expect((await server.bulkInsert(auto, [file])).stateName).toBe('Completed')
    expect(await server.count(auto)).toBe(rowCount)
  })

  it.each([
    ['case 44 test_wrong_vector_field_name', { ...vectorField, name: 'vectors' }, number],
    ['case 45 test_wrong_scalar_field_name', vectorField, { ...number, name: 'numbers' }],
  ])('%s', async (_title, vector, scalar) => {
    const name = await newCollection(idField, vector, scalar)
    const state = await server.bulkInsert(name, [writeRows(name, {})])
    const wrong = vector === vectorField ? scalar.name : vector.name
    await expectFailed(name, state, `value of field '${wrong}' is missed`)
  })
})

/** What each field's wrong value is told as, of row 57. */
const wrongValues: readonly [title: string, changed: object, texts: readonly string[]][] = [
  [
    'case 49 test_wrong_dim_in_one_entities_of_file',
    { vector: vectorOf(57, dim - 1) },
    [
      `expected dim '${dim}' for field 'vector' with type 'FloatVector', got dim '${dim - 1}'`,
      `array size ${dim - 1} doesn't equal to vector dimension ${dim} of field 'vector'`,
    ],
  ],
  [
    'case 55 test_data_type_string_on_int_pk',
    { id: 'fifty-seven' },
    [
      "expected type 'Int64' for field 'id', got type 'string' with value 'fifty-seven'",
      "illegal value 'fifty-seven' for int64 type field 'id'",
    ],
  ],
  ['case 56 test_data_type_float_on_int_pk', { id: 57.5 }, ["failed to parse value '57.5'"]],
  [
    'case 57 test_data_type_str_on_float_scalar',
    { number: 'half' },
    ["expected type 'Float' for field 'number', got type 'string' with value 'half'"],
  ],
  [
    'case 58 test_data_type_typo_on_bool: a string',
    { flag: 'Trrue' },
    ["illegal value 'Trrue' for bool type field 'flag'"],
  ],
  [
    'case 59 test_data_type_str_on_vector_fields: a string',
    { vector: 'a vector' },
    ["expected type 'FloatVector' for field 'vector', got type 'string'"],
  ],
  [
    'case 59 test_data_type_str_on_vector_fields: a list of strings',
    { vector: vectorOf(57).map(String) },
    ["expected type 'FloatVector' for field 'vector', got type 'string'"],
  ],
]

describe('a value that does not fit its field', () => {
  it.each(wrongValues)('%s', async (_title, changed, texts) => {
    const name = await newCollection(idField, vectorField, number, flag)
    const state = await server.bulkInsert(name, [writeRows(name, changed)])
    const [field] = Object.keys(changed)
    await expectFailed(name, state, 'row 57', `field '${field}'`, ...texts)
    const place = { failed_file: `${name}.json`, failed_row: '57', failed_field: field }
    expect(state.infos).toMatchObject(place)
  })

  it('case 58 test_data_type_typo_on_bool: no JSON', async () => {
    const name = await newCollection(idField, vectorField, number, flag)
    const text = JSON.stringify({ rows: rowsOf(rowCount, rowAt) })
    const file = server.write('typo.json', text.replaceAll('false', 'fals'))
    const state = await server.bulkInsert(name, [file])
    await expectFailed(name, state, 'row 1', 'failed to parse row value', 'invalid character')
  })
})

it('case 61 (task_clean) test_success_task_not_cleaned, test_failed_task_was_cleaned', async () => {
  const quick = await EmbeddedServer.open({ cleanedAfterMs: 50 })
  try {
    await quick.create('cleaned', [idField, vectorField])
    const file = quick.write('good.json', JSON.stringify(rowsOf(rowCount, plainRow)))
    const good = await quick.bulkInsert('cleaned', [file])
    const failed = await quick.bulkInsert('cleaned', ['missing.json'])
    const look = async () => (await quick.states('cleaned')).map(({ stateName }) => stateName)
    await expect.poll(look, { timeout: 5_000 }).toEqual(['Completed', 'Failed and cleaned'])
    expect([good.stateName, failed.stateName]).toEqual(['Completed', 'Failed'])
    expect(await quick.count('cleaned')).toBe(rowCount)
  } finally {
    await quick.close()
  }
})
