import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ImportState } from '../../dist/bulk/import-state.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'
import { OpenEngine } from '../engines/open-engine.js'
import { field, schemaOf } from '../support/fields.js'
import { importFiles, type Row, storedRows, withCollection } from '../support/import-files.js'

type TypeName = keyof typeof DataType

/** What scripts/make-test-files.py says of a file, or of a folder of .npy files. */
interface Expected {
  readonly fields: readonly (Omit<Partial<Field>, 'elementType'> & {
    readonly name: string
    readonly type: TypeName
    readonly elementType?: TypeName
  })[]
  readonly files?: readonly string[]
  readonly options?: Readonly<Record<string, string>>
  /** Each is a part of one warning. */
  readonly warnings?: readonly string[]
  readonly rows?: readonly Row[]
  readonly error?: {
    readonly row: number | null
    readonly field: string | null
    readonly message: string
  }
}

const folder = join(import.meta.dirname, '../files')
const ending = '.expected.json'
const cases = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith(ending))
  .map((path) => path.slice(0, -ending.length))
  .sort()

let opened: OpenEngine

beforeAll(async () => {
  opened = await OpenEngine.open()
  cpSync(folder, opened.importRoot, { recursive: true })
})
afterAll(() => opened.remove())

describe('an import of the file', () => {
  it.each(cases)('%s gives what is expected', async (path) => {
    const expected: Expected = JSON.parse(readFileSync(join(folder, path + ending), 'utf8'))
    const schema = schemaOf('files', expected.fields.map(fieldOf))
    await withCollection(opened.engine, schema, async () => {
      const files = expected.files ?? [path]
      const task = await importFiles(opened.engine, 'files', files, expected.options)
      if (expected.error) {
        expect(task.state).toBe(ImportState.Failed)
        expect(task.reason).toContain(expected.error.message)
        const { row = null, field: name = null } = task.failedAt
        expect({ row, field: name }).toEqual({
          row: expected.error.row,
          field: expected.error.field,
        })
      } else expect(task.reason).toBe('')
      for (const warning of expected.warnings ?? []) {
        expect(task.plan?.warnings.join('\n')).toContain(warning)
      }
      const rows = await storedRows(opened.engine, schema)
      expect(rows.map(normalized)).toEqual((expected.rows ?? []).map(normalized))
    })
  })
})

function fieldOf({ name, type, elementType, ...more }: Expected['fields'][number], index: number) {
  return field(100 + index, name, DataType[type], {
    ...more,
    elementType: DataType[elementType ?? 'None'],
  })
}

/** JSON texts without what spaces they have; their numbers stay as they are written. */
function normalized(row: Row): Row {
  const values = Object.entries(row).map(([name, value]) => {
    const isJson = (name === 'json' || name === '$meta') && typeof value === 'string'
    return [name, isJson ? JSON.parse(value.replace(/-?\d{16,}/g, '"$&"')) : value]
  })
  return Object.fromEntries(values)
}
