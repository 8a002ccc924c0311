import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BulkInsertState, NewField } from '../../dist/client/index.js'
import { npyBytes } from '../../dist/formats/npy/npy-writer.js'
import { DataType } from '../../dist/schema/data-type.js'
import { npyFile } from '../formats/npy-files.js'
import { EmbeddedServer } from './embedded-server.js'
import { dim, idField, rowsOf, vectorField, vectorOf } from './rows.js'

const rowCount = 200

let server: EmbeddedServer
beforeAll(async () => {
  server = await EmbeddedServer.open()
})
afterAll(() => server?.close())

const keys = (count = rowCount, begin = 0) =>
  npyBytes(BigInt64Array.from(rowsOf(count, BigInt, begin)))

function vectors(count = rowCount, begin = 0, width = dim): Uint8Array {
  const values = rowsOf(count, (id) => vectorOf(id, width), begin).flat()
  return npyBytes(Float32Array.from(values), [count, width])
}

function writeSet(folder: string, files: Readonly<Record<string, Uint8Array>>): string[] {
  return Object.entries(files).map(([name, bytes]) => server.write(`${folder}/${name}.npy`, bytes))
}

async function expectRows(name: string, state: BulkInsertState, count: number): Promise<void> {
  expect([state.stateName, state.failedReason]).toEqual(['Completed', ''])
  expect(await server.count(name)).toBe(count)
}

async function expectFailed(name: string, state: BulkInsertState, text: string): Promise<void> {
  expect(state.stateName).toBe('Failed')
  expect(state.failedReason).toContain(text)
  expect(await server.count(name)).toBe(0)
}

describe('sets of several imports', () => {
  it('case 12 test_multi_numpy_files_from_diff_folders', async () => {
    await server.create('folders', [idField, vectorField])
    const sets = [0, 1, 2, 3].map((folder) => {
      const begin = folder * rowCount
      return writeSet(`folders/${folder}`, {
        id: keys(rowCount, begin),
        vector: vectors(rowCount, begin),
      })
    })
    const states = await Promise.all(sets.map((files) => server.bulkInsert('folders', files)))
    for (const state of states) expect(state.stateName).toBe('Completed')
    expect(await server.count('folders')).toBe(4 * rowCount)
    const search = { collectionName: 'folders', data: [vectorOf(650)], limit: 1 }
    expect((await server.client.search(search))[0][0]).toMatchObject({ id: 650n, distance: 0 })
  })

  it('case 60 test_float_vector_from_multi_numpy_files', async () => {
    await server.create('sets', [{ ...idField, autoId: true }, vectorField])
    for (const part of [0, 1, 2]) {
      const files = writeSet(`sets/${part}`, { vector: vectors(rowCount, part * rowCount) })
      await expectRows('sets', await server.bulkInsert('sets', files), (part + 1) * rowCount)
    }
  })

  it.each([
    ['case 53 test_duplicate_numpy_files', 'twice', 'twice'],
    ['case 54 test_multi_numpy_files_from_diff_folders_in_one_request', 'one', 'other'],
  ])('%s', async (_title, first, second) => {
    const name = `duplicates_${second}`
    await server.create(name, [idField, vectorField])
    const set = { id: keys(), vector: vectors() }
    const files = [...writeSet(first, set), ...writeSet(second, set)]
    const state = await server.bulkInsert(name, files)
    await expectFailed(name, state, `duplicate file: '${second}/id.npy'`)
  })
})

describe('values', () => {
  it.each([
    ['f4', vectors()],
    [
      'f8',
      npyBytes(Float64Array.from(rowsOf(rowCount, (id) => vectorOf(id)).flat()), [rowCount, dim]),
    ],
  ])('case 35 test_float_vector_from_numpy_file: %s', async (type, bytes) => {
    const name = `floats_${type}`
    await server.create(name, [idField, vectorField])
    const files = writeSet(name, { id: keys(), vector: bytes })
    await expectRows(name, await server.bulkInsert(name, files), rowCount)
    const search = { collectionName: name, data: [vectorOf(77)], limit: 10 }
    expect((await server.client.search(search))[0][0]).toMatchObject({ id: 77n, distance: 0 })
  })

  it('case 37 test_with_all_field_numpy', async () => {
    const scalars: readonly [field: NewField, descr: string, value: number | bigint | boolean][] = [
      [{ name: 'flag', dataType: DataType.Bool }, '|b1', true],
      [{ name: 'int8', dataType: DataType.Int8 }, '|i1', -8],
      [{ name: 'int16', dataType: DataType.Int16 }, '<i2', -1600],
      [{ name: 'int32', dataType: DataType.Int32 }, '>i4', 320_000],
      [{ name: 'int64', dataType: DataType.Int64 }, '<i8', 2n ** 60n + 1n],
      [{ name: 'float', dataType: DataType.Float }, '<f4', 0.25],
      [{ name: 'double', dataType: DataType.Double }, '<f8', 0.1],
    ]
    const text: NewField = { name: 'text', dataType: DataType.VarChar, maxLength: 32 }
    const json: NewField = { name: 'json', dataType: DataType.JSON }
    const fields = [idField, vectorField, ...scalars.map(([field]) => field), text, json]
    await server.create('every', fields)
    const columns = scalars.map(([{ name }, descr, value]) => {
      const items = rowsOf(rowCount, () => value)
      return [name, npyFile({ descr, shape: [rowCount], items })] as const
    })
    const texts = (items: string[]) => npyFile({ descr: '<U16', shape: [rowCount], items })
    const files = writeSet('every', {
      ...{ id: keys(), vector: vectors(), ...Object.fromEntries(columns) },
      text: texts(rowsOf(rowCount, (id) => `größe ${id}`)),
      json: texts(rowsOf(rowCount, (id) => `{"number": ${id}}`)),
    })
    await expectRows('every', await server.bulkInsert('every', files), rowCount)
    const [row] = await server.query('every', 'json["number"] == 7', '*')
    expect(row).toMatchObject({
      ...Object.fromEntries(scalars.map(([{ name }, , value]) => [name, value])),
      ...{ id: 7n, text: 'größe 7', vector: Float32Array.from(vectorOf(7)) },
    })
  })

  it('case 93 numpy nullable fields without files', async () => {
    await server.create('sparse', [
      idField,
      vectorField,
      { name: 'number', dataType: DataType.Int64, nullable: true },
      { name: 'text', dataType: DataType.VarChar, maxLength: 8, nullable: true },
    ])
    const files = [writeSet('nullable', { id: keys(), vector: vectors() })]
    expect(await server.job('sparse', files)).toMatchObject({ state: 'Completed' })
    const [row] = await server.query('sparse', 'id == 5', 'number', 'text')
    expect(row).toEqual({ id: 5n, number: null, text: null })
  })
})

describe('sets that do not fit', () => {
  it('case 51 test_wrong_dim_in_numpy', async () => {
    await server.create('narrow', [idField, vectorField])
    const files = writeSet('narrow', { id: keys(), vector: vectors(rowCount, 0, dim + 1) })
    const state = await server.bulkInsert('narrow', files)
    await expectFailed('narrow', state, `illegal dimension ${dim + 1} of numpy file`)
    expect(state.failedReason).toContain(
      `expected dim '${dim}' for FloatVector field 'vector', got dim '${dim + 1}'`,
    )
  })

  it('case 52 test_wrong_field_name_in_numpy', async () => {
    await server.create('named', [idField, vectorField])
    const files = writeSet('named', { id: keys(), vectors: vectors() })
    const state = await server.bulkInsert('named', files)
    await expectFailed('named', state, "there is no file corresponding to field 'vector'")
  })

  it('case 33 test_float_vector_multi_scalars: columns of numpy files that are not equal', async () => {
    await server.create('uneven', [idField, vectorField])
    const files = writeSet('uneven', { id: keys(rowCount - 1), vector: vectors() })
    const text = `the row count(${rowCount - 1}) of file 'id.npy' is not equal to row count(${rowCount}) of file 'vector.npy'`
    await expectFailed('uneven', await server.bulkInsert('uneven', files), text)
  })
})
