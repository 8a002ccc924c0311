import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tableFromIPC } from 'apache-arrow'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Column, ColumnBatch } from '../../dist/column/column.js'
import { DataType } from '../../dist/schema/data-type.js'
import { rowsOfPk } from '../../dist/segment/pk-order.js'
import { SegmentReader } from '../../dist/segment/segment-reader.js'
import { SegmentWriter } from '../../dist/segment/segment-writer.js'
import { field } from '../support/fields.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-segment-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const fields = [
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'vector', DataType.FloatVector, { dim: 3 }),
  field(102, 'flag', DataType.Bool),
  field(103, 'name', DataType.VarChar, { maxLength: 20, nullable: true }),
  field(104, 'numbers', DataType.Array, { elementType: DataType.Int32, maxCapacity: 4 }),
  field(105, 'rank', DataType.Int16, { nullable: true }),
  field(106, 'words', DataType.Array, { elementType: DataType.VarChar, maxCapacity: 4 }),
  field(107, 'bits', DataType.BinaryVector, { dim: 16 }),
]

function bytesColumn(texts: readonly string[], validity: Uint8Array | null = null): Column {
  const encoded = texts.map((text) => Buffer.from(text))
  const offsets = new Int32Array(texts.length + 1)
  encoded.forEach((bytes, row) => {
    offsets[row + 1] = offsets[row] + bytes.length
  })
  return { shape: 'bytes', offsets, bytes: Buffer.concat(encoded), validity } as Column
}

function fixed(
  values: Extract<Column, { shape: 'fixed' }>['values'],
  width = 1,
  validity: Uint8Array | null = null,
): Column {
  return { shape: 'fixed', values, width, validity }
}

function batch(ids: readonly bigint[]): ColumnBatch {
  const n = ids.length
  const rows = Array.from({ length: n }, (_, row) => row)
  const columns = new Map<number, Column>([
    [100, fixed(BigInt64Array.from(ids))],
    [101, fixed(Float32Array.from(ids.flatMap((id) => [Number(id), 0.5, -1])), 3)],
    [102, fixed(Uint8Array.from(rows.map((row) => row % 2)))],
    [
      103,
      bytesColumn(
        rows.map((row) => (row === 1 ? '' : `näme${row}`)),
        Uint8Array.of(0b11111101),
      ),
    ],
    [
      104,
      {
        shape: 'list',
        offsets: Int32Array.from(Array.from({ length: n + 1 }, (_, row) => row * 2)),
        child: fixed(Int32Array.from({ length: n * 2 }, (_, i) => i)),
        validity: null,
      } as Column,
    ],
    [105, fixed(Int16Array.from(rows.map((row) => row * 100)), 1, Uint8Array.of(0b11111110))],
    [
      106,
      {
        shape: 'list',
        offsets: Int32Array.from(Array.from({ length: n + 1 }, (_, row) => row)),
        child: bytesColumn(rows.map((row) => `w${row}`)),
        validity: null,
      } as Column,
    ],
    [
      107,
      fixed(
        Uint8Array.from({ length: n * 2 }, (_, i) => i),
        2,
      ),
    ],
  ])
  return { rowCount: n, columns }
}

function write(ids: readonly bigint[][], capacity: number) {
  const path = join(directory, '1.arrow')
  const writer = new SegmentWriter(path, fields, capacity)
  for (const part of ids) writer.append(batch(part))
  return { path, file: writer.finish() }
}

it('writes a file that Arrow reads, with nulls, lists and room left over', () => {
  const { path, file } = write(
    [
      [5n, 3n, 2n ** 62n],
      [-7n, 3n],
    ],
    11,
  )
  const table = tableFromIPC(readFileSync(path))
  expect(table.numRows).toBe(5)
  expect(file.rowCount).toBe(5)
  const rows = table.toArray().map((row) => row?.toJSON())
  expect(rows.map((row) => row?.id)).toEqual([5n, 3n, 2n ** 62n, -7n, 3n])
  expect(rows.map((row) => row?.name)).toEqual(['näme0', null, 'näme2', 'näme0', null])
  expect(rows.map((row) => row?.rank)).toEqual([null, 100, 200, null, 100])
  expect(rows.map((row) => row?.flag)).toEqual([false, true, false, false, true])
  expect([...(rows[4]?.vector ?? [])]).toEqual([3, 0.5, -1])
  expect([...(rows[4]?.numbers ?? [])]).toEqual([2, 3])
  expect([...(rows[3]?.words ?? [])]).toEqual(['w0'])
  expect([...(rows[4]?.bits ?? [])]).toEqual([2, 3])
})

it('reads every column back as it was written', async () => {
  const { path, file } = write([[5n, 3n, 9n]], 3)
  const reader = await SegmentReader.open(path, file)
  const written = batch([5n, 3n, 9n])
  for (const each of fields) {
    const column = await reader.readColumn(each)
    const want = written.columns.get(each.fieldId)
    expect(plain(column), each.name).toEqual(plain(want))
  }
  await reader.close()
})

function plain(column: Column | undefined): unknown {
  if (!column) return undefined
  if (column.shape === 'fixed') return [...column.values]
  if (column.shape === 'bytes') return [[...column.offsets], [...column.bytes]]
  return [[...column.offsets], plain(column.child)]
}

it('knows its keys: least, greatest, and the order where the rows lack it', async () => {
  const { path, file } = write(
    [
      [5n, 3n, 2n ** 62n],
      [-7n, 3n],
    ],
    5,
  )
  expect([file.pkMin, file.pkMax]).toEqual([-7n, 2n ** 62n])
  const reader = await SegmentReader.open(path, file)
  const order = await reader.readPkOrder()
  expect([...(order ?? [])]).toEqual([3, 1, 4, 0, 2])
  const keys = (await reader.readColumn(fields[0])) as Column
  expect(rowsOfPk(keys, 5, order, 3n)).toEqual([1, 4])
  expect(rowsOfPk(keys, 5, order, 4n)).toEqual([])
  await reader.close()
})

it('keeps no order where the rows lie in it', () => {
  expect(write([[-1n, 0n, 0n, 7n]], 4).file.pkOrder).toBeNull()
})

it('refuses more rows than it made room for', () => {
  expect(() => write([[1n, 2n, 3n]], 2)).toThrow(/room for 2 rows, got 3/)
})

it('says when a file is not as long as it was', async () => {
  const { path, file } = write([[1n]], 1)
  await expect(
    SegmentReader.open(path, { ...file, fileBytes: file.fileBytes + 1 }),
  ).rejects.toThrow(/expected \d+ bytes, got \d+/)
})

it('leaves no large hole where fewer rows came than there was room for', async () => {
  const [roomy, exact] = [join(directory, 'roomy.arrow'), join(directory, 'exact.arrow')]
  const files = [
    { path: roomy, rowCapacity: 100_000 },
    { path: exact, rowCapacity: 4 },
  ].map(({ path, rowCapacity }) => {
    const writer = new SegmentWriter(path, fields, rowCapacity)
    writer.append(batch([5n, 3n, 9n, 1n]))
    return writer.finish()
  })
  expect(files[0]).toEqual(files[1])
  expect(readFileSync(roomy).equals(readFileSync(exact))).toBe(true)
})
