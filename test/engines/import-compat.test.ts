import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { ImportState, isFinished } from '../../dist/bulk/import-state.js'
import type { Compat } from '../../dist/config.js'
import { EmbeddedEngine } from '../../dist/engines/embedded/embedded-engine.js'
import { npyBytes } from '../../dist/formats/npy/npy-writer.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field, schemaOf } from '../support/fields.js'

const plain = schemaOf('c', [
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'vector', DataType.FloatVector, { dim: 2 }),
])
const limited = schemaOf('c', [
  ...plain.fields,
  field(102, 'text', DataType.VarChar, { maxLength: 3 }),
  field(103, 'list', DataType.Array, { elementType: DataType.Int64, maxCapacity: 2 }),
])

let directory: string
let engine: EmbeddedEngine

afterEach(async () => {
  await engine.close()
  rmSync(directory, { recursive: true, force: true })
})

async function open(compat: Compat, schema = plain): Promise<void> {
  directory = mkdtempSync(join(tmpdir(), 'millrace-compat-'))
  mkdirSync(join(directory, 'files'))
  engine = await EmbeddedEngine.open({
    dataPath: join(directory, 'data'),
    importRoots: [join(directory, 'files')],
    compat,
    log: { info: () => {}, error: () => {} },
  })
  const request = { dbName: 'default', schema, shardsNum: 1, consistencyLevel: 2 }
  await engine.createCollection({ ...request, properties: [], numPartitions: 0 })
}

async function imported(files: Record<string, string | Uint8Array>, options = {}) {
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(directory, 'files', name), content)
  }
  const names = { dbName: 'default', collectionName: 'c', partitionName: '' }
  const fileGroups = [Object.keys(files)]
  const { taskId } = await engine.imports.start({
    ...names,
    fileGroups,
    options: Object.entries(options),
  })
  while (!isFinished(engine.imports.task(taskId).task.state)) {
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return engine.imports.task(taskId).task
}

const ids = npyBytes(BigInt64Array.of(1n))
const vectors = npyBytes(Float32Array.of(1, 2), [1, 2])
const extras: [string, Record<string, string | Uint8Array>, string][] = [
  [
    'file of a set',
    { 'id.npy': ids, 'vector.npy': vectors, 'more.npy': ids },
    "the file 'more.npy' has no corresponding field in collection",
  ],
  [
    'key of a JSON row',
    { 'a.json': '[{"id": 1, "vector": [1, 2], "more": 3}]' },
    "the field 'more' is not defined in collection schema",
  ],
  [
    'column of CSV',
    { 'a.csv': 'id,vector,more\n1,"[1,2]",3\n' },
    "the field 'more' is not defined in collection schema",
  ],
]

it.each(extras)('ignores a %s without a field, as the newest Milvus does', async (_, files) => {
  await open('newest')
  const task = await imported(files)
  expect([task.reason, task.rowCount, task.plan?.warnings.length]).toEqual(['', 1, 1])
})

it.each(extras)('refuses a %s without a field by the rules of 2.3', async (_, files, milvus) => {
  await open('2.3')
  const task = await imported(files)
  expect(task.state).toBe(ImportState.Failed)
  expect(task.reason).toContain(milvus)
})

it('leaves out rows with unknown keys by the rules of 2.3, where bad rows may be', async () => {
  await open('2.3')
  const rows = '[{"id": 1, "vector": [1, 2], "more": 3}, {"id": 2, "vector": [1, 2]}]'
  const task = await imported({ 'a.json': rows }, { on_error: 'skip' })
  expect([task.reason, task.rowCount, task.rejectedCount]).toEqual(['', 1, 1])
})

it('reads a file of keys to delete with all its columns by the rules of 2.3 too', async () => {
  await open('2.3')
  const task = await imported({ 'a.csv': 'id,more\n1,3\n' }, { mode: 'delete' })
  expect([task.state, task.reason]).toEqual([ImportState.Completed, ''])
})

const longRows = '[{"id": 1, "vector": [1, 2], "text": "four", "list": [1, 2, 3]}]'

it.each([
  ['newest', ImportState.Failed, /exceeds max_length\(3\)/],
  ['2.3', ImportState.Completed, /^$/],
] as const)('looks at lengths and capacities as %s does', async (compat, state, reason) => {
  await open(compat, limited)
  const task = await imported({ 'a.json': longRows })
  expect(task.reason).toMatch(reason)
  expect(task.state).toBe(state)
})
