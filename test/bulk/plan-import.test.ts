import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { importColumns } from '../../dist/bulk/import-columns.js'
import type { ImportCollection } from '../../dist/bulk/import-target.js'
import { planImport } from '../../dist/bulk/plan-import.js'
import { defaultReadOptions } from '../../dist/formats/format.js'
import { encodeNpyHeader } from '../../dist/formats/npy/npy-writer.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field } from '../support/fields.js'
import { collectionOf, idField } from './bulk-fixture.js'

const pk = { ...idField, autoId: true }
const vector = field(101, 'vector', DataType.FloatVector, { dim: 128 })
const mib = 1024 ** 2
const insert = { mode: 'insert', dedupe: 'none' } as const

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-plan-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true, maxRetries: 20 }))

/** A sparse file, which takes no room. */
function npy(name: string, descr: string, shape: readonly number[], itemBytes: number) {
  const path = join(directory, name)
  const header = encodeNpyHeader(descr, shape)
  writeFileSync(path, header)
  truncateSync(path, header.byteLength + shape.reduce((all, size) => all * size, itemBytes))
  return { kind: 'local' as const, name, path }
}

async function unitRowsOf(
  collection: ImportCollection,
  addresses: Parameters<typeof planImport>[0]['addresses'],
  coreCount = 2,
) {
  const plan = await planImport({
    schema: collection.schema,
    columns: importColumns(collection.schema, insert),
    partitionCount: collection.partitions.length,
    addresses,
    coreCount,
    keptBytesMax: 128 * mib,
    options: defaultReadOptions,
  })
  const bytes = plan.units.reduce((sum, unit) => sum + unit.part.bytes, 0)
  expect(bytes).toBe(plan.bytesTotal)
  const rows = plan.units.map(({ part }) => part.rowCount!)
  expect(rows.reduce((sum, count) => sum + count, 0)).toBe(plan.rowsTotal)
  return rows
}

it('reads a small file in one unit', async () => {
  const rows = 60_000
  expect(
    await unitRowsOf(collectionOf([pk, vector]), [[npy('vector.npy', '<f4', [rows, 128], 4)]]),
  ).toEqual([rows])
})

it('cuts a file into segments of their final size, in whole rounds of the cores', async () => {
  const files = [npy('vector.npy', '<f4', [2_200_000, 128], 4)] // 1,074 MiB
  const collection = collectionOf([pk, vector])
  expect(await unitRowsOf(collection, [files])).toEqual([550_000, 550_000, 550_000, 550_000])
  expect(await unitRowsOf(collection, [files], 1)).toHaveLength(3)
})

it('lets a unit fill a segment of every partition', async () => {
  const key = field(102, 'key', DataType.Int64, { isPartitionKey: true })
  const files = [
    npy('vector.npy', '<f4', [4_000_000, 128], 4),
    npy('key.npy', '<i8', [4_000_000], 8),
  ]
  expect(await unitRowsOf(collectionOf([pk, vector, key], 64), [files])).toEqual([
    2_000_000, 2_000_000,
  ])
})

it('cuts texts to what a writer may keep in memory', async () => {
  const text = field(102, 'text', DataType.VarChar, { maxLength: 1000 })
  const files = [
    npy('vector.npy', '<f4', [500_000, 128], 4),
    npy('text.npy', '<U250', [500_000], 1000),
  ]
  expect(await unitRowsOf(collectionOf([pk, vector, text]), [files])).toHaveLength(4)
})

it('shares the cores among the groups', async () => {
  const one = [npy('vector.npy', '<f4', [100_000, 128], 4)]
  expect(await unitRowsOf(collectionOf([pk, vector]), [one, one])).toEqual([100_000, 100_000])
})

it('says what was ignored, once', async () => {
  const files = [npy('vector.npy', '<f4', [10, 128], 4), npy('more.npy', '<f4', [10], 4)]
  const { schema } = collectionOf([pk, vector])
  const plan = await planImport({
    schema,
    columns: importColumns(schema, insert),
    partitionCount: 1,
    addresses: [files, files],
    coreCount: 2,
    keptBytesMax: mib,
    options: defaultReadOptions,
  })
  expect(plan.warnings).toHaveLength(1)
  expect(plan.rowsTotal).toBe(20)
})
