import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rowsOf } from './file-rows.js'
import { fieldsOfFixture, fixtureFields } from './fixture-fields.js'

const folder = join(import.meta.dirname, 'fixtures')
const files = readdirSync(folder).filter((name) => {
  const [, table] = /^(\w+)\.[\w-]+\.(parquet|arrow|feather|h5)$/.exec(name) ?? []
  return table !== undefined && Object.hasOwn(fixtureFields, table)
})

describe('the files of fixtures', () => {
  it.each(files)('%s has the rows of its table', async (name) => {
    const table = name.split('.')[0]
    const fields = fieldsOfFixture(name)
    const names = fields.map((field) => field.name)
    const lines = readFileSync(join(folder, `${table}.jsonl`), 'utf8')
      .trimEnd()
      .split('\n')
    const expected = lines.map((line) => JSON.parse(line))
    const rows = await rowsOf(join(folder, name), fields)
    expect(rows).toEqual(expected.map((row: object) => picked(row, names)))
  })
})

function picked(row: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(row).filter(([name]) => names.includes(name)))
}
