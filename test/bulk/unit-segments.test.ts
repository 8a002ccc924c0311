import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { UnitSegments } from '../../dist/bulk/unit-segments.js'
import type { Column, ColumnBatch } from '../../dist/column/column.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field } from '../support/fields.js'
import { collectionOf, idField } from './bulk-fixture.js'

const text = field(101, 'text', DataType.VarChar, { maxLength: 1000 })
const { schema } = collectionOf([idField, text])

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-unit-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true, maxRetries: 20 }))

function segmentsOf(partitionRows: readonly number[], segmentRowsMax: number, keptBytesMax = 1e6) {
  return new UnitSegments({
    fields: schema.fields,
    schemaVersion: schema.version,
    segmentsPath: directory,
    segmentIdBegin: 10n,
    segmentIdCount: 1000,
    partitionIds: partitionRows.map((_, index) => BigInt(index + 1)),
    partitionRows,
    segmentRowsMax,
    keptBytesMax,
  })
}

/** Rows of 100 bytes of text. */
function rows(rowCount: number): ColumnBatch {
  const offsets = Int32Array.from({ length: rowCount + 1 }, (_, row) => row * 100)
  const bytes = new Uint8Array(rowCount * 100).fill(0x61)
  return {
    rowCount,
    columns: new Map<number, Column>([
      [100, { shape: 'fixed', values: new BigInt64Array(rowCount), width: 1, validity: null }],
      [101, { shape: 'bytes', offsets, bytes, validity: null }],
    ]),
  }
}

it('begins a new segment where one is full', () => {
  const segments = segmentsOf([25], 10)
  for (let batch = 0; batch < 5; batch++) segments.append(0, rows(5))
  const written = segments.finish()
  expect(written.map(({ file }) => file.rowCount)).toEqual([10, 10, 5])
  expect(written.map(({ segmentId, schemaVersion }) => [segmentId, schemaVersion])).toEqual([
    [10n, 3],
    [11n, 3],
    [12n, 3],
  ])
})

it('finishes the largest segment early when memory runs short', () => {
  const segments = segmentsOf([100, 100], 1000, 2500)
  segments.append(0, rows(5))
  segments.append(1, rows(20))
  expect(readdirSync(directory)).toHaveLength(2)
  for (let batch = 0; batch < 4; batch++) segments.append(1, rows(20))
  segments.append(0, rows(95))
  const written = segments.finish()
  expect(written[0]).toMatchObject({ partitionId: 2n, file: { rowCount: 20 } })
  const rowsIn = (id: bigint) =>
    written
      .filter(({ partitionId }) => partitionId === id)
      .reduce((sum, { file }) => sum + file.rowCount, 0)
  expect([rowsIn(1n), rowsIn(2n)]).toEqual([100, 100])
})

it('removes every file when it is closed before it is finished', () => {
  const segments = segmentsOf([25, 5], 10)
  segments.append(0, rows(15))
  segments.append(1, rows(3))
  expect(readdirSync(directory)).toHaveLength(3)
  segments.close()
  expect(readdirSync(directory)).toEqual([])
})

it('refuses more rows of a partition than were counted', () => {
  const segments = segmentsOf([5], 10)
  expect(() => segments.append(0, rows(6))).toThrow(/expected 5 rows, got more/)
  segments.close()
})
