import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ImportState } from '../../dist/bulk/import-state.js'
import { DataType } from '../../dist/schema/data-type.js'
import { OpenEngine } from '../engines/open-engine.js'
import { schemaOf } from '../support/fields.js'
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
import { npyFiles } from '../support/table-npy.js'
import { csvText, jsonLines, jsonText } from '../support/table-text.js'

const tablesPerFormat = Number(process.env.MILLRACE_TABLES ?? 20)
const seed = seedOfRun()
const everything: Carried = { types: everyType, nulls: true, minRows: 0, text: anyText }

let opened: OpenEngine

beforeAll(async () => {
  opened = await OpenEngine.open()
})
afterAll(() => opened.remove())

describe(`what is imported is read back, with seed ${seed}`, () => {
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
})

interface Written {
  readonly files: readonly (readonly [name: string, bytes: Uint8Array])[]
  readonly options?: Readonly<Record<string, string>>
}

async function checkTables<How>(
  carried: Carried,
  how: fc.Arbitrary<How>,
  write: (table: Table, how: How) => Written,
): Promise<void> {
  const property = fc.asyncProperty(tableOf(carried), how, async (table, chosen) => {
    expect(await roundTrip(table, write(table, chosen))).toEqual(
      sorted(expectedRows(table).map((row) => parsed(table, row))),
    )
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
      return sorted(rows.map((row) => parsed(table, row)))
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
