import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isFinished } from '../../dist/bulk/import-state.js'
import { EmbeddedEngine } from '../../dist/engines/embedded/embedded-engine.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field, schemaOf } from '../support/fields.js'

let directory: string
let engine: EmbeddedEngine

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-keys-'))
  mkdirSync(join(directory, 'files'))
  await open()
  const schema = schemaOf('c', [
    field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
    field(101, 'vector', DataType.FloatVector, { dim: 2 }),
  ])
  const request = { dbName: 'default', schema, shardsNum: 1, consistencyLevel: 2 }
  await engine.createCollection({ ...request, properties: [], numPartitions: 0 })
})
afterEach(async () => {
  await engine.close()
  rmSync(directory, { recursive: true, force: true })
})

async function open(): Promise<void> {
  engine = await EmbeddedEngine.open({
    dataPath: join(directory, 'data'),
    importRoots: [join(directory, 'files')],
    log: { info: () => {}, error: () => {} },
  })
}

function write(name: string, id: number): void {
  writeFileSync(join(directory, 'files', name), JSON.stringify([{ id, vector: [1, 2] }]))
}

async function startImport(file: string, idempotencyKey?: string): Promise<bigint> {
  const { taskId } = await engine.imports.start({
    dbName: 'default',
    collectionName: 'c',
    partitionName: '',
    fileGroups: [[file]],
    options: [],
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  })
  return taskId
}

async function finished(taskId: bigint): Promise<void> {
  while (!isFinished(engine.imports.task(taskId).task.state)) {
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

it('is the same job for one pattern under one key, whatever files it means by now', async () => {
  write('a.json', 1)
  const [one, twin] = await Promise.all([startImport('*.json', 'k'), startImport('*.json', 'k')])
  expect(twin).toBe(one)
  await finished(one)
  write('b.json', 2)
  expect(await startImport('*.json', 'k')).toBe(one)
  rmSync(join(directory, 'files'), { recursive: true })
  mkdirSync(join(directory, 'files'))
  expect(await startImport('*.json', 'k')).toBe(one)
  await engine.close()
  await open()
  expect(await startImport('*.json', 'k')).toBe(one)
  expect(await engine.rowCount('default', 'c', '')).toBe(1)
})

it('refuses another request under a key, though it means the same files', async () => {
  write('a.json', 1)
  const one = await startImport('*.json', 'k')
  await expect(startImport('a.json', 'k')).rejects.toMatchObject({ code: 1100 })
  expect(await startImport('a.json', 'other')).not.toBe(one)
  expect(await startImport('a.json')).not.toBe(one)
})
