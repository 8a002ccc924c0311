import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorRecordsOf } from '../../dist/bulk/error-records.js'
import { importInfos } from '../../dist/bulk/import-infos.js'
import { isFinished } from '../../dist/bulk/import-state.js'
import { EmbeddedEngine } from '../../dist/engines/embedded/embedded-engine.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field, schemaOf } from '../support/fields.js'

const schema = schemaOf('c', [
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'text', DataType.VarChar, { maxLength: 2000 }),
  field(102, 'vector', DataType.FloatVector, { dim: 2 }),
])

let directory: string
let engine: EmbeddedEngine
let logged: Record<string, unknown>[]

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-errors-'))
  mkdirSync(join(directory, 'files'))
  logged = []
  engine = await EmbeddedEngine.open({
    dataPath: join(directory, 'data'),
    importRoots: [join(directory, 'files')],
    log: { info: (message, detail) => logged.push({ message, ...detail }), error: () => {} },
  })
  const request = { dbName: 'default', schema, shardsNum: 1, consistencyLevel: 2 }
  await engine.createCollection({ ...request, properties: [], numPartitions: 0 })
})
afterEach(async () => {
  await engine.close()
  rmSync(directory, { recursive: true, force: true })
})

function write(name: string, text: string): string {
  writeFileSync(join(directory, 'files', name), text)
  return name
}

async function imported(file: string, options: Record<string, string> = {}) {
  const { taskId } = await engine.imports.start({
    dbName: 'default',
    collectionName: 'c',
    partitionName: '',
    fileGroups: [[file]],
    options: Object.entries(options),
  })
  while (!isFinished(engine.imports.task(taskId).task.state)) {
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return engine.imports.task(taskId).task
}

const rowText = (id: number, more = {}) =>
  JSON.stringify({ id, text: 't'.repeat(900), vector: [1, 2], ...more })

describe('keys that are ignored', () => {
  it('are told where only reading finds them, once, in infos and the log', async () => {
    const lines = Array.from({ length: 1000 }, (_, id) =>
      rowText(id, id < 2 ? { early: 1 } : id > 900 ? { late: 1, [`k${id % 3}`]: 1 } : {}),
    )
    const task = await imported(write('a.jsonl', lines.join('\n')))
    const names = ['early', 'late', 'k1', 'k2', 'k0']
    const warnings = names.map(
      (key) => `the key '${key}' of 'a.jsonl' is not defined in collection schema and was ignored`,
    )
    expect(task.reason).toBe('')
    expect(task.plan?.warnings).toEqual(warnings)
    expect(importInfos(task, 100).at(-1)).toEqual(['warnings', warnings.join('; ')])
    expect(logged).toContainEqual(expect.objectContaining({ warnings }))
  })

  it('are named up to a hundred', async () => {
    const lines = Array.from({ length: 3000 }, (_, id) => rowText(id, { [`k${id}`]: 1 }))
    const { plan, reason } = await imported(write('a.jsonl', lines.join('\n')))
    expect(reason).toBe('')
    expect(plan?.warnings).toHaveLength(100)
  })
})

describe('bad rows', () => {
  it('of JSON lines are told with row, line, byte, field, expected, got and quote', async () => {
    const lines = [rowText(0), '', rowText(1), rowText(2, { vector: [1] }), rowText(3, { id: 'x' })]
    const text = lines.join('\n')
    const task = await imported(write('a.jsonl', text), { on_error: 'skip' })
    expect([task.rowCount, task.rejectedCount]).toEqual([2, 2])
    expect(errorRecordsOf(task)).toMatchObject([
      {
        file: 'a.jsonl',
        row: 2,
        line: 4,
        byteOffset: text.indexOf('{"id":2'),
        field: 'vector',
        expected: 'a list of 2 numbers',
        got: '1',
      },
      { row: 3, line: 5, field: 'id', got: 'string', quote: 'x' },
    ])
  })

  it('of CSV are told with their lines behind the header and quoted line ends', async () => {
    const text = 'id,text,vector\n0,"two\nlines","[1,2]"\n1,ok,"[1]"\n2,ok,"[1,2]"\nz,ok,"[1,2]"\n'
    const task = await imported(write('a.csv', text), { dry_run: 'true' })
    expect(errorRecordsOf(task)).toMatchObject([
      { file: 'a.csv', row: 1, line: 4, byteOffset: text.indexOf('1,ok'), field: 'vector' },
      { row: 3, line: 6, field: 'id' },
    ])
  })

  it('are told in the order of the input, with their lines, over all parts of a file', async () => {
    const isBad = (id: number) => id % 15_000 === 14_999
    const lines = Array.from({ length: 75_000 }, (_, id) =>
      isBad(id) ? rowText(id, { vector: [1] }) : rowText(id),
    )
    const text = lines.join('\n')
    const task = await imported(write('a.jsonl', text), { on_error: 'skip' })
    expect(task.plan!.units.length).toBeGreaterThan(1)
    const bad = Array.from({ length: 5 }, (_, at) => 15_000 * (at + 1) - 1)
    expect(errorRecordsOf(task).map(({ row, line }) => [row, line])).toEqual(
      bad.map((row) => [row, row + 1]),
    )
    const first = errorRecordsOf(task)[0]
    expect(text.slice(first.byteOffset!).startsWith('{"id":14999,')).toBe(true)
  })

  it('are kept up to a hundred, and all counted', async () => {
    const lines = Array.from({ length: 5000 }, (_, id) => rowText(id, { vector: [1] }))
    const options = { dry_run: 'true', max_errors: '7' }
    const task = await imported(write('a.jsonl', lines.join('\n')), options)
    expect(task.rejectedCount).toBe(5000)
    const records = errorRecordsOf(task)
    expect(records.map(({ row }) => row)).toEqual(Array.from({ length: 100 }, (_, row) => row))
  })

  it('are one record, with its line, of an import that one of them ends', async () => {
    const lines = [rowText(0), '', rowText(1, { vector: [1, 'y'] })]
    const task = await imported(write('a.jsonl', lines.join('\n')))
    expect(errorRecordsOf(task)).toMatchObject([
      { file: 'a.jsonl', row: 1, line: 3, byteOffset: rowText(0).length + 2, field: 'vector' },
    ])
    expect(errorRecordsOf(task)[0].expected).not.toBe(null)
  })
})
