import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { File, FS, ready } from 'h5wasm'
import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../dist/errors.js'
import type { ByteSource } from '../../dist/source/byte-source.js'
import { rowsOfSource } from './file-rows.js'
import { memorySource } from './memory-source.js'
import { npyFile } from './npy-files.js'
import { type TypeRows, typeRows } from './types-by-format.js'

const fixtures = join(import.meta.dirname, 'fixtures')
type Format = keyof TypeRows['words']

/** A file of a type's rows in each format. */
const writers: readonly (readonly [
  format: Format,
  extension: string,
  write: (type: TypeRows) => ByteSource | Promise<ByteSource>,
])[] = [
  ['json', '.json', (type) => memorySource('a.json', Buffer.from(`[${jsonRows(type).join()}]`))],
  ['json', '.jsonl', (type) => memorySource('a.jsonl', Buffer.from(jsonRows(type).join('\n')))],
  ['csv', '.csv', (type) => memorySource('a.csv', Buffer.from(csvText(type)))],
  ['arrow', '.parquet', (type) => fixtureColumn('types.plain.parquet', type)],
  ['arrow', '.arrow', (type) => fixtureColumn('types.file.arrow', type)],
  ['npy', '.npy', ({ npy }) => memorySource('x.npy', npyFile(npy))],
  ['hdf5', '.h5', hdf5File],
  ['vecs', '.fvecs', ({ hdf5 }) => vecsFile('a.fvecs', hdf5.data, 4)],
  ['vecs', '.bvecs', ({ hdf5 }) => vecsFile('a.bvecs', hdf5.data, 1)],
]

describe.each(typeRows)('$name', (type) => {
  it.each(writers)(
    'of %s (%s) reads back equal, or is refused by name',
    async (format, extension, write) => {
      const source = await write(type)
      const { field, words } = type
      const inFile = format === 'arrow' ? { ...field, name: type.name } : field
      const read = rowsOfSource(source, [inFile])
      if (isGiven(type, extension)) {
        expect((await read).map((row) => row[inFile.name])).toEqual(rowsIn(type, extension))
        return
      }
      const error = await read.then(
        () => null,
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(MillraceError)
      expect((error as MillraceError).kind).toBe('importFailed')
      if (words[format] === '–') {
        expect((error as MillraceError).message).toContain(
          'expected a collection with one dense vector',
        )
      } else {
        expect((error as MillraceError).message).toMatch(
          /length of vector is not aligned|not match/,
        )
      }
    },
  )
})

it('is the table of the documentation', () => {
  const head = [
    '| type | JSON, JSON lines | CSV | Parquet, Arrow | .npy | HDF5 | vectors alone |',
    '|---|---|---|---|---|---|---|',
  ]
  const lines = typeRows.map(({ name, words: { json, csv, arrow, npy, hdf5, vecs } }) =>
    `| ${[name, json, csv, arrow, npy, hdf5, vecs].join(' | ')} |`.replaceAll(
      'of Int32',
      'of numbers',
    ),
  )
  const table = [...head, ...lines].join('\n')
  const documented = readFileSync(join(import.meta.dirname, '../../docs/import.md'), 'utf8')
  expect(documented).toContain(table)
})

/** .fvecs and .bvecs have what their items are; items of the other kind make other vectors. */
function isGiven({ name, words, hdf5 }: TypeRows, extension: string): boolean {
  const isFloat = hdf5.data instanceof Float32Array
  if (extension === '.fvecs') return words.vecs.includes('.fvecs') && isFloat
  if (extension === '.bvecs') {
    return words.vecs.includes('.bvecs') && (!isFloat || name === 'FloatVector')
  }
  return true
}

/** The bytes of .bvecs are numbers of a FloatVector. */
function rowsIn({ name, rows }: TypeRows, extension: string): readonly unknown[] {
  if (extension !== '.bvecs' || name !== 'FloatVector') return rows
  return (rows as readonly (readonly number[])[]).map((row) => row.map((value) => value & 255))
}

function jsonRows({ json, rows }: TypeRows): string[] {
  // int64 as text would be a text.
  return (json ?? rows).map((value) => {
    const text = typeof value === 'string' && json === undefined ? value : JSON.stringify(value)
    return `{"x":${text}}`
  })
}

function csvText({ json, rows }: TypeRows): string {
  const cells = (json ?? rows).map((value) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return `"${text.replaceAll('"', '""')}"`
  })
  return `x\n${cells.join('\n')}\n`
}

function fixtureColumn(name: string, _type: TypeRows): ByteSource {
  return memorySource(name, readFileSync(join(fixtures, name)))
}

async function hdf5File({ hdf5, name }: TypeRows): Promise<ByteSource> {
  // Of h5py: an enumeration.
  if (name === 'Bool') return memorySource('a.h5', readFileSync(join(fixtures, 'types.bool.h5')))
  await ready
  const file = new File('/type.h5', 'w')
  file.create_dataset({ name: 'x', ...(hdf5 as { data: never; shape: number[] }) })
  file.flush()
  file.close()
  const files = FS as unknown as { readFile(path: string): Uint8Array }
  return memorySource('a.h5', files.readFile('/type.h5').slice())
}

/** A vector a row, each behind its length. */
function vecsFile(name: string, data: unknown, itemBytes: 1 | 4): ByteSource {
  const items = Array.from(
    ArrayBuffer.isView(data) ? (data as unknown as ArrayLike<number>) : [1, 2, 3],
    Number,
  )
  const width = items.length / 3
  const bytes = Buffer.alloc(3 * (4 + width * itemBytes))
  for (let row = 0; row < 3; row++) {
    const begin = row * (4 + width * itemBytes)
    bytes.writeInt32LE(width, begin)
    for (let at = 0; at < width; at++) {
      const place = begin + 4 + at * itemBytes
      if (itemBytes === 4) bytes.writeFloatLE(items[row * width + at]!, place)
      else bytes.writeUInt8(items[row * width + at]! & 255, place)
    }
  }
  return memorySource(name, bytes)
}
