import { File, FS, ready } from 'h5wasm'
import { beforeAll, describe, expect, it } from 'vitest'
import { MillraceError } from '../../dist/errors.js'
import { defaultReadOptions } from '../../dist/formats/format.js'
import { hdf5Format } from '../../dist/formats/hdf5/hdf5.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field } from '../support/fields.js'
import { rowsOfSource } from './file-rows.js'
import { memorySource } from './memory-source.js'

const rowCount = 500
const id = field(100, 'id', DataType.Int64, { isPrimaryKey: true })
const vector = field(101, 'vector', DataType.FloatVector, { dim: 4 })
const text = field(102, 'text', DataType.VarChar, { maxLength: 20 })
const numbers = Float32Array.from({ length: rowCount * 4 }, (_, at) => at / 4)
const rows = Array.from({ length: rowCount }, (_, row) => ({
  id: String(row),
  vector: [...numbers.subarray(row * 4, row * 4 + 4)],
  text: `täxt ${row}`,
}))

let named: Uint8Array
let benchmark: Uint8Array

beforeAll(async () => {
  await ready
  named = written((file) => {
    const ids = BigInt64Array.from(rows, (_, row) => BigInt(row))
    file.create_dataset({ name: 'id', data: ids })
    file.create_dataset({
      name: 'vector',
      data: numbers,
      shape: [rowCount, 4],
      chunks: [64, 4],
      compression: 'gzip',
      compression_opts: 4,
    })
    file.create_dataset({ name: 'text', data: rows.map((row) => row.text) })
    file.create_dataset({ name: 'cube', data: numbers, shape: [rowCount, 2, 2] })
    file.create_group('more')
  })
  benchmark = written((file) => {
    file.create_dataset({ name: 'train', data: numbers, shape: [rowCount, 4] })
    file.create_dataset({ name: 'test', data: numbers.subarray(0, 40), shape: [10, 4] })
    file.create_dataset({ name: 'neighbors', data: new Int32Array(100), shape: [10, 10] })
  })
})

function written(write: (file: File) => void): Uint8Array {
  const file = new File('/made.h5', 'w')
  write(file)
  file.flush()
  file.close()
  const files = FS as unknown as { readFile(path: string): Uint8Array }
  return files.readFile('/made.h5').slice()
}

describe('an HDF5 file', () => {
  it('has a dataset for each field', async () => {
    const source = memorySource('a.h5', named)
    expect(await rowsOfSource(source, [id, vector, text])).toEqual(rows)
    expect(await rowsOfSource(source, [id, vector, text], { parts: 3 })).toEqual(rows)
    const from = { position: 123, row: 123 }
    expect(await rowsOfSource(source, [id, vector], { from })).toMatchObject(
      rows.slice(123).map(({ id, vector }) => ({ id, vector })),
    )
  })

  it('may have other datasets, which are named', async () => {
    const source = memorySource('a.h5', named)
    const outline = await hdf5Format.outline([source], [id, vector], [], defaultReadOptions)
    expect(outline.rowCount).toBe(rowCount)
    expect(outline.warnings.map((warning) => warning.split("'")[1])).toEqual(['cube', 'text'])
  })

  it('of ann-benchmarks has the vectors in train', async () => {
    const source = memorySource('sift.hdf5', benchmark)
    expect(await rowsOfSource(source, [vector])).toEqual(rows.map(({ vector }) => ({ vector })))
  })

  it('may lie elsewhere, and is read as a whole then', async () => {
    const local = memorySource('a.h5', named)
    const remote = { ...local, read: async (at: number, to: Uint8Array) => local.read(at, to) }
    expect(await rowsOfSource(remote, [id, vector, text])).toEqual(rows)
  })

  it('is refused where the datasets have not the same number of rows', async () => {
    const test = { ...vector, fieldId: 103, name: 'test' }
    const train = { ...vector, name: 'train' }
    const read = rowsOfSource(memorySource('a.h5', benchmark), [train, test])
    await expect(read).rejects.toThrow(
      "imported rows are not aligned, field 'train' with '500' rows, field 'test' with '10' rows",
    )
  })

  it('is refused where a dataset is no column', async () => {
    const cube = { ...vector, name: 'cube' }
    const read = rowsOfSource(memorySource('a.h5', named), [cube])
    await expect(read).rejects.toThrow("but got 'shape [500, 2, 2]' type")
  })

  it('is refused when it is none, with the reason', async () => {
    const read = rowsOfSource(memorySource('a.h5', Buffer.alloc(3000)), [vector])
    await expect(read).rejects.toThrow(/a\.h5: expected an HDF5 file, .*: file signature not found/)
  })

  it('is read or refused, whatever its bytes become', async () => {
    let state = 1
    const random = (end: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0
      return (state >>> 8) % end
    }
    for (let time = 0; time < 60; time++) {
      const bytes = Uint8Array.from(named)
      for (let changes = 0; changes < 3; changes++) bytes[random(bytes.length)] = random(256)
      const read = rowsOfSource(memorySource('a.h5', bytes), [id, vector, text])
      const thrown = await read.then(
        () => null,
        (error: unknown) => error,
      )
      if (thrown !== null) expect(thrown).toBeInstanceOf(MillraceError)
    }
    expect(await rowsOfSource(memorySource('a.h5', named), [id, vector, text])).toEqual(rows)
  })
})
