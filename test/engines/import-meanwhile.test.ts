/** What happens to imports while collections, partitions and schemas change, and while many more wait. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ImportState, isFinished } from '../../dist/bulk/import-state.js'
import type { FixedColumn } from '../../dist/column/column.js'
import { EmbeddedEngine } from '../../dist/engines/embedded/embedded-engine.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field, schemaOf } from '../support/fields.js'

const place = { dbName: 'default', collectionName: 'c', partitionName: '' }

let directory: string
let engine: EmbeddedEngine

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-meanwhile-'))
  mkdirSync(join(directory, 'files'))
  engine = await EmbeddedEngine.open({
    dataPath: join(directory, 'data'),
    importRoots: [join(directory, 'files')],
    log: { info: () => {}, error: () => {} },
  })
  const schema = schemaOf('c', [
    field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
    field(101, 'vector', DataType.FloatVector, { dim: 2 }),
  ])
  const request = { dbName: 'default', schema, shardsNum: 1, consistencyLevel: 2 }
  await engine.createCollection({ ...request, properties: [], numPartitions: 0 })
  const params: [string, string][] = [
    ['index_type', 'FLAT'],
    ['metric_type', 'L2'],
  ]
  const index = { fieldName: 'vector', indexName: '', params }
  await engine.createIndex({ dbName: 'default', collectionName: 'c', ...index })
})
afterEach(async () => {
  await engine.close()
  rmSync(directory, { recursive: true, force: true })
})

const rowsOfFile = 4000
const fileCount = 24

/** Groups that are read one after the other, two at a time; each row has a key that has no field yet. */
function writeGroups(): string[][] {
  return Array.from({ length: fileCount }, (_, file) => {
    const rows = Array.from({ length: rowsOfFile }, (_row, row) => {
      return { id: file * rowsOfFile + row, vector: [file, row], late: 7 }
    })
    const name = `${file}.jsonl`
    writeFileSync(join(directory, 'files', name), rows.map((row) => JSON.stringify(row)).join('\n'))
    return [name]
  })
}

async function started(partitionName = ''): Promise<bigint> {
  const fileGroups = writeGroups()
  const { taskId } = await engine.imports.start({
    ...place,
    partitionName,
    fileGroups,
    options: [],
  })
  while (engine.imports.task(taskId).task.rowCount === 0) await pause()
  return taskId
}

async function finished(taskId: bigint) {
  while (!isFinished(engine.imports.task(taskId).task.state)) await pause()
  return engine.imports.task(taskId).task
}

const segmentFiles = () => readdirSync(join(directory, 'data', 'segments'))

it('gives all rows of an import a field that is added meanwhile, none of them from its files', async () => {
  const taskId = await started()
  const late = field(0, 'late', DataType.Int64, { nullable: true, defaultValue: 5n })
  await engine.changes.addField('default', 'c', late)
  expect(engine.imports.task(taskId).task.state).toBe(ImportState.Started)
  const task = await finished(taskId)
  expect([task.reason, task.rowCount]).toEqual(['', fileCount * rowsOfFile])
  await engine.load('default', 'c', [])
  const { fields } = await engine.query({
    dbName: 'default',
    collectionName: 'c',
    partitionNames: [],
    filter: 'id >= 0',
    outputFields: ['id', 'late'],
    limit: null,
    offset: 0,
  })
  const { column } = fields.find((each) => each.field.name === 'late')!
  const values = new Set((column as FixedColumn).values as BigInt64Array)
  expect([...values]).toEqual([5n])
  const again = await engine.imports.start({ ...place, fileGroups: [['0.jsonl']], options: [] })
  expect((await finished(again.taskId)).reason).toBe('')
})

it('goes on with an import while properties of its collection change', async () => {
  const taskId = await started()
  const change = { set: [['collection.ttl.seconds', '86400']] as const, remove: [] }
  await engine.changes.alter('default', 'c', change)
  expect((await finished(taskId)).reason).toBe('')
  expect(await engine.rowCount('default', 'c', '')).toBe(fileCount * rowsOfFile)
})

it('ends the import of a collection that is dropped, and removes its files', async () => {
  const taskId = await started()
  await engine.dropCollection('default', 'c')
  const { state, reason } = engine.imports.task(taskId).task
  expect([state, reason]).toEqual([ImportState.Failed, 'collection c dropped'])
  expect(segmentFiles()).toEqual([])
})

it('ends the import of a partition that is dropped, and no other one', async () => {
  await engine.createPartition('default', 'c', 'p')
  const taskId = await started('p')
  const other = await engine.imports.start({ ...place, fileGroups: [['0.jsonl']], options: [] })
  await engine.dropPartition('default', 'c', 'p')
  const { state, reason } = engine.imports.task(taskId).task
  expect([state, reason]).toEqual([ImportState.Failed, 'partition p dropped'])
  expect((await finished(other.taskId)).rowCount).toBe(rowsOfFile)
  expect(segmentFiles()).toHaveLength(1)
})

it('takes 1,024 imports at once, and refuses the next one as Milvus does', async () => {
  writeFileSync(join(directory, 'files', 'a.json'), '[{"id": 1, "vector": [1, 2]}]')
  const request = { ...place, fileGroups: [['a.json']], options: [] }
  const waiting = { ...request, options: [['auto_commit', 'false']] as const }
  const tasks = await Promise.all(Array.from({ length: 1024 }, () => engine.imports.start(waiting)))
  expect(new Set(tasks.map(({ taskId }) => taskId)).size).toBe(1024)
  await expect(engine.imports.start(request)).rejects.toMatchObject({
    code: 2101,
    message: expect.stringMatching(/^The number of jobs has reached the limit, please try again/),
  })
  // A failed import takes no place.
  await engine.imports.cancel(tasks[0].taskId)
  const next = await engine.imports.start(request)
  await finished(next.taskId)
  const others = tasks.slice(1)
  for (const { taskId } of others) {
    while (engine.imports.task(taskId).phase !== 'uncommitted') await pause()
  }
  await Promise.all(others.map(({ taskId }) => engine.imports.commit(taskId)))
  for (const { taskId } of others) {
    expect((await finished(taskId)).state).toBe(ImportState.Completed)
  }
  expect(await engine.rowCount('default', 'c', '')).toBe(1024)
}, 120_000)

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2))
}
