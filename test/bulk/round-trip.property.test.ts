import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ImportState } from '../../dist/bulk/import-state.js'
import { DataType } from '../../dist/schema/data-type.js'
import { OpenEngine } from '../engines/open-engine.js'
import { field, schemaOf } from '../support/fields.js'
import { importFiles, type Row, storedRows, withCollection } from '../support/import-files.js'
import { seedOfRun } from '../support/random.js'
import {
  anyText,
  type Carried,
  everyType,
  expectedRows,
  type Table,
  tableOf,
} from '../support/random-table.js'
import { arrowBytes } from '../support/table-arrow.js'
import { hdf5Bytes } from '../support/table-hdf5.js'
import { npyFiles } from '../support/table-npy.js'
import { parquetBytes } from '../support/table-parquet.js'
import { csvText, jsonLines, jsonText } from '../support/table-text.js'
import { fvecsBytes } from '../support/table-vecs.js'

const tablesPerFormat = Number(process.env.MILLRACE_TABLES ?? 20)
const seed = seedOfRun()
const everything: Carried = { types: everyType, nulls: true, minRows: 0, text: anyText }

let opened: OpenEngine

beforeAll(async () => {
  opened = await OpenEngine.open()
})
afterAll(() => opened.remove())

describe(`what is imported is read back, with seed ${seed}`, { timeout: 120_000 }, () => {
  it('from JSON', () =>
    checkTables(everything, fc.boolean(), (table, isRowsForm) => ({
      files: [['rows.json', Buffer.from(jsonText(table, isRowsForm))]],
    })))

  it('from JSON lines, compressed or not', () =>
    checkTables({ ...everything, minRows: 1 }, fc.boolean(), (table, isCompressed) => {
      const lines = Buffer.from(jsonLines(table))
      return isCompressed
        ? { files: [['rows.jsonl.gz', gzipSync(lines)]] }
        : { files: [['rows.jsonl', lines]] }
    }))

  it('from CSV', () =>
    checkTables(everything, fc.constantFrom(',', ';', '\t', '|'), (table, sep) => ({
      files: [['rows.csv', Buffer.from(csvText(table, sep, '\\N'))]],
      options: { sep, nullkey: '\\N' },
    })))

  it('from .npy files', () => {
    const lacking: DataType[] = [DataType.Timestamptz, DataType.SparseFloatVector, DataType.Array]
    const carried: Carried = {
      types: everyType.filter((type) => !lacking.includes(type)),
      nulls: false,
      minRows: 1,
      // numpy fills texts up with zeros.
      text: anyText.filter((text) => !text.endsWith('\0')),
    }
    const layout = fc.record({
      isFortranOrder: fc.boolean(),
      isBigEndian: fc.boolean(),
      version: fc.constantFrom(1, 2, 3),
    })
    return checkTables(carried, layout, (table, how) => ({ files: [...npyFiles(table, how)] }))
  })

  it('from Arrow files and streams', () =>
    checkTables(everything, fc.constantFrom('file', 'stream'), (table, format) => ({
      files: [['rows.arrow', arrowBytes(table, format)]],
    })))

  it('from Parquet', () => {
    const layout = fc.record({
      rowsPerGroup: fc.integer({ min: 1, max: 12 }),
      rowsPerPage: fc.integer({ min: 1, max: 12 }),
      isGzip: fc.boolean(),
    })
    return checkTables(everything, layout, (table, how) => ({
      files: [['rows.parquet', parquetBytes(table, how)]],
    }))
  })

  it('from HDF5', () => {
    const carried: Carried = {
      types: everyType.filter((type) => type !== DataType.Bool && type !== DataType.Array),
      nulls: false,
      minRows: 1,
      // Texts end at the first zero there.
      text: anyText.filter((text) => !text.includes('\0')),
    }
    return checkTables(carried, fc.boolean(), async (table, isChunked) => ({
      files: [['rows.h5', await hdf5Bytes(table, isChunked)]],
    }))
  })

  it('from files of vectors alone', async () => {
    const dim = 3
    const vector = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
      minLength: dim,
      maxLength: dim,
    })
    const fields = [
      field(100, 'key', DataType.Int64, { isPrimaryKey: true, autoId: true }),
      field(101, 'vector', DataType.FloatVector, { dim }),
    ]
    const property = fc.asyncProperty(fc.array(vector, { minLength: 1 }), async (vectors) => {
      const rows = vectors.map((each) => ({ vector: each }))
      const files = [['rows.fvecs', fvecsBytes(vectors)]] as const
      const read = await roundTrip({ fields, rows, leftOut: new Set() }, { files })
      expect(read.map(({ vector: each }) => each)).toEqual(vectors)
    })
    await fc.assert(property, { seed, numRuns: tablesPerFormat })
  })
})

interface Written {
  readonly files: readonly (readonly [name: string, bytes: Uint8Array])[]
  readonly options?: Readonly<Record<string, string>>
}

async function checkTables<How>(
  carried: Carried,
  how: fc.Arbitrary<How>,
  write: (table: Table, how: How) => Written | Promise<Written>,
): Promise<void> {
  const property = fc.asyncProperty(tableOf(carried), how, async (table, chosen) => {
    const read = await roundTrip(table, await write(table, chosen))
    const expected = expectedRows(table).map((row) => parsed(table, row))
    expect(sorted(read)).toEqual(sorted(expected))
  })
  await fc.assert(property, { seed, numRuns: tablesPerFormat })
}

async function roundTrip(table: Table, { files, options }: Written): Promise<Row[]> {
  const schema = schemaOf('tables', table.fields)
  const paths = files.map(([name, bytes]) => {
    const path = join('tables', name)
    mkdirSync(dirname(join(opened.importRoot, path)), { recursive: true })
    writeFileSync(join(opened.importRoot, path), bytes)
    return path
  })
  try {
    return await withCollection(opened.engine, schema, async () => {
      const task = await importFiles(opened.engine, 'tables', paths, options)
      expect([task.state, task.reason]).toEqual([ImportState.Completed, ''])
      const rows = await storedRows(opened.engine, schema)
      return rows.map((row) => parsed(table, row))
    })
  } finally {
    rmSync(join(opened.importRoot, 'tables'), { recursive: true, force: true })
  }
}

function sorted(rows: readonly Row[]): Row[] {
  return [...rows].sort((one, other) => (String(one.key) < String(other.key) ? -1 : 1))
}

/** JSON texts as what they mean. */
function parsed({ fields }: Table, row: Row): Row {
  const values = fields.map(({ name, dataType }) => {
    const value = row[name]
    return [name, dataType === DataType.JSON && value !== null ? JSON.parse(String(value)) : value]
  })
  return Object.fromEntries(values)
}
