import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ImportState } from '../../dist/bulk/import-state.js'
import { DataType } from '../../dist/schema/data-type.js'
import { pkOrderOf } from '../../dist/segment/pk-order.js'
import { pauseBy } from '../../dist/workers/give-way.js'
import { field } from '../support/fields.js'
import type { Table } from '../support/random-table.js'
import { parquetBytes } from '../support/table-parquet.js'
import { csvText, jsonText } from '../support/table-text.js'
import { BulkFixture, collectionOf, idField, requestOf, taskIn } from './bulk-fixture.js'
import { localPool } from './line-format.js'

const dim = 128
const rowCount = 8192
/** Of the vectors: one batch of a reader. */
const mebibytes = (rowCount * dim * 4) / 1024 ** 2
const fields = [idField, field(101, 'vector', DataType.FloatVector, { dim })]

let fixture: BulkFixture
let looks = 0
beforeEach(async () => {
  fixture = await BulkFixture.open(localPool(1))
  looks = 0
  pauseBy({ giveWay: () => looks++ })
})
afterEach(async () => {
  pauseBy(null)
  await fixture.close()
})

/** Half a MiB is read or written at once, a whole one checked: each takes a fraction of a millisecond. */
const looksOfMebibyte = 2 + 1 + 2

describe('an import looks for short work within a batch', () => {
  it('of .npy files', async () => {
    const ids = BigInt64Array.from({ length: rowCount }, (_, row) => BigInt(row))
    const vectors = Float32Array.from({ length: rowCount * dim }, (_, at) => at % 97)
    await expectImported([
      fixture.writeNpy('id.npy', ids),
      fixture.writeNpy('vector.npy', vectors, [rowCount, dim]),
    ])
    expect(looks).toBeGreaterThanOrEqual(mebibytes * looksOfMebibyte)
  })

  it('of Parquet, at each page besides', async () => {
    const layout = { rowsPerGroup: rowCount, rowsPerPage: 256, isGzip: false }
    await expectImported([write('rows.parquet', parquetBytes(table(), layout))])
    const pages = (2 * rowCount) / layout.rowsPerPage
    expect(looks).toBeGreaterThanOrEqual(mebibytes * looksOfMebibyte + pages)
  })

  it('of JSON, at each run of rows besides', async () => {
    const text = Buffer.from(jsonText(table(), false))
    await expectImported([write('rows.json', text)])
    expect(looks).toBeGreaterThanOrEqual(mebibytes * 3 + text.length / (128 * 1024))
  })

  it('of CSV, at each run of rows besides', async () => {
    const text = Buffer.from(csvText(table(), ',', ''))
    await expectImported([write('rows.csv', text)])
    expect(looks).toBeGreaterThanOrEqual(mebibytes * 3 + text.length / (128 * 1024))
  })
})

it('looks while it sorts keys', () => {
  const values = BigInt64Array.from({ length: 2 ** 20 }, (_, row) => BigInt((row * 7919) % 2 ** 20))
  pkOrderOf({ shape: 'fixed', values, width: 1, validity: null }, values.length)
  expect(looks).toBeGreaterThanOrEqual(32)
})

function table(): Table {
  const rows = Array.from({ length: rowCount }, (_, row) => ({
    id: String(row),
    vector: Array.from({ length: dim }, (_, at) => (row + at) % 97),
  }))
  return { fields, rows, leftOut: new Set() }
}

function write(name: string, bytes: Uint8Array): string {
  writeFileSync(join(fixture.root, name), bytes)
  return name
}

async function expectImported(files: readonly string[]): Promise<void> {
  const runner = fixture.start(fixture.target(collectionOf(fields)))
  const { taskId } = await runner.submit(requestOf([files]))
  const task = await taskIn(runner, taskId, ImportState.Completed, ImportState.Failed)
  expect([task.reason, task.rowCount]).toEqual(['', rowCount])
}
