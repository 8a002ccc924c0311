import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ImportRunner, type ImportRunnerOptions } from '../../dist/bulk/import-runner.js'
import type {
  ImportCollection,
  ImportedSegment,
  ImportTarget,
} from '../../dist/bulk/import-target.js'
import type { CommitCounts, ImportRequest, ImportTask } from '../../dist/bulk/import-task.js'
import type { BytesColumn, FixedColumn } from '../../dist/column/column.js'
import { encodeNpyHeader, type NpyValues, npyBytes } from '../../dist/formats/npy/npy-writer.js'
import type { CollectionSchema } from '../../dist/schema/collection-schema.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'
import { SegmentReader } from '../../dist/segment/segment-reader.js'
import { Catalog } from '../../dist/storage/catalog.js'
import { DataDirectory } from '../../dist/storage/data-directory.js'
import type { SegmentRecord } from '../../dist/storage/records.js'
import { type Edit, keyFromId } from '../../dist/storage/store.js'
import { TimestampOracle } from '../../dist/storage/timestamp-oracle.js'
import type { WorkerPool } from '../../dist/workers/worker-job.js'
import { field } from '../support/fields.js'

export const collectionId = 7n

export const idField = field(100, 'id', DataType.Int64, { isPrimaryKey: true })
export const vectorField = field(101, 'vector', DataType.FloatVector, { dim: 4 })

export function collectionOf(
  fields: readonly Field[] = [idField, vectorField],
  partitionCount = 1,
): ImportCollection {
  const schema: CollectionSchema = {
    name: 'rivers',
    description: '',
    fields,
    enableDynamicField: false,
    version: 3,
  }
  const partitions = Array.from({ length: partitionCount }, (_, index) => ({
    partitionId: BigInt(index + 1),
    name: index === 0 ? '_default' : `part_${index}`,
  }))
  return { collectionId, schema, partitions }
}

/** An ImportTarget over a real store, which remembers what it was asked for. */
export class StoredTarget implements ImportTarget {
  collections = new Map<bigint, ImportCollection>()
  unitCount = 0
  /** Awaited before every write, with the name of the method. */
  gate: (method: string) => Promise<void> | void = () => {}
  hasIndexes = false
  readonly #directory: DataDirectory
  readonly #catalog: Catalog
  readonly #oracle: TimestampOracle

  constructor(directory: DataDirectory, catalog: Catalog, oracle: TimestampOracle) {
    this.#directory = directory
    this.#catalog = catalog
    this.#oracle = oracle
  }

  get segmentsPath(): string {
    return this.#directory.segmentsPath
  }

  get rejectsPath(): string {
    return join(this.#directory.path, 'rejects')
  }

  collection(id: bigint): ImportCollection | undefined {
    return this.collections.get(id)
  }

  allocate(count: number): bigint {
    return this.#oracle.nextRange(count)
  }

  tasks(): Iterable<ImportTask> {
    return this.#directory.store.values<ImportTask>('tasks')
  }

  async putTask(task: ImportTask): Promise<void> {
    await this.gate('putTask')
    await this.#directory.store.commit([taskEdit(task)])
  }

  async addSegments(task: ImportTask, segments: readonly ImportedSegment[]): Promise<void> {
    await this.gate('addSegments')
    this.unitCount++
    await this.#directory.syncSegments()
    const records = segments.map((segment) => ({
      ...segment,
      collectionId: task.request.collectionId,
      timestamp: 0n,
      taskId: task.taskId,
    }))
    await this.#catalog.editSegments(records, [], [taskEdit(task)])
  }

  async prepare(): Promise<void> {
    await this.gate('prepare')
  }

  async commit(
    task: ImportTask,
    completed: (counts: CommitCounts) => ImportTask,
  ): Promise<ImportTask> {
    await this.gate('commit')
    const done = completed({ deletedRows: 0, skippedRows: 0 })
    const timestamp = this.#oracle.next()
    const shown = this.#hidden(task).map((record) => ({ ...record, timestamp, taskId: null }))
    await this.#catalog.editSegments(shown, [], [taskEdit(done)])
    return done
  }

  async discard(task: ImportTask): Promise<void> {
    await this.gate('discard')
    const hidden = this.#hidden(task)
    await this.#catalog.editSegments([], hidden, [taskEdit(task)])
    for (const { segmentId } of hidden) this.#directory.removeSegment(segmentId)
    await this.#directory.removed()
  }

  async removeTask({ taskId }: ImportTask): Promise<void> {
    const edit: Edit = { table: 'tasks', key: keyFromId(taskId), remove: true }
    await this.#directory.store.commit([edit])
  }

  async removeFiles(begin: bigint, end: bigint): Promise<void> {
    this.#directory.sweep((id) => id < begin || id >= end)
  }

  indexesRows(): boolean {
    return this.hasIndexes
  }

  #hidden(task: ImportTask): SegmentRecord[] {
    return this.#catalog
      .segments(task.request.collectionId)
      .filter((record) => record.taskId === task.taskId)
  }
}

/** A process that is doomed may still write, and what it writes while Node removes is not removed. */
async function removeFolder(path: string): Promise<void> {
  for (let attempt = 0; attempt < 100 && existsSync(path); attempt++) {
    try {
      rmSync(path, { recursive: true, force: true })
    } catch {
      await new Promise((settle) => setTimeout(settle, 20))
    }
  }
}

function taskEdit(task: ImportTask): Edit {
  return { table: 'tasks', key: keyFromId(task.taskId), value: task }
}

/** A data directory and an import root in a temporary directory. */
export class BulkFixture {
  readonly root: string
  readonly pool: WorkerPool
  readonly directory: DataDirectory
  readonly catalog: Catalog
  readonly oracle: TimestampOracle
  readonly #path: string
  readonly #runners: ImportRunner[] = []

  private constructor(path: string, directory: DataDirectory, pool: WorkerPool) {
    this.#path = path
    this.pool = pool
    this.root = join(path, 'root')
    mkdirSync(this.root)
    this.directory = directory
    this.catalog = Catalog.open(directory.store)
    this.oracle = TimestampOracle.open(directory.store)
  }

  static async open(pool: WorkerPool): Promise<BulkFixture> {
    const path = mkdtempSync(join(tmpdir(), 'millrace-bulk-'))
    return new BulkFixture(path, await DataDirectory.open(join(path, 'data')), pool)
  }

  async close(): Promise<void> {
    for (const runner of this.#runners) await runner.close()
    await this.oracle.close()
    await this.directory.close()
    await removeFolder(this.#path)
  }

  target(collection: ImportCollection): StoredTarget {
    const target = new StoredTarget(this.directory, this.catalog, this.oracle)
    target.collections.set(collection.collectionId, collection)
    return target
  }

  /** A runner of a process that is never killed: closed with the fixture. */
  start(target: ImportTarget, more: Partial<ImportRunnerOptions> = {}): ImportRunner {
    const runner = this.startDoomed(target, more)
    this.#runners.push(runner)
    return runner
  }

  startDoomed(target: ImportTarget, more: Partial<ImportRunnerOptions> = {}): ImportRunner {
    return ImportRunner.start({
      target,
      pool: this.pool,
      compat: 'newest',
      roots: { roots: [this.root], forbidden: [this.directory.path] },
      nowMs: Date.now,
      cleanedAfterMs: 60_000,
      retentionMs: 3_600_000,
      onChange: () => {},
      onWriteError: () => {},
      ...more,
    })
  }

  writeNpy(name: string, values: NpyValues, shape?: readonly number[]): string {
    return this.#write(name, npyBytes(values, shape))
  }

  writeTexts(name: string, texts: readonly string[]): string {
    const length = Math.max(1, ...texts.map((text) => text.length))
    const codes = new Uint32Array(texts.length * length)
    texts.forEach((text, row) => {
      for (let at = 0; at < text.length; at++) codes[row * length + at] = text.charCodeAt(at)
    })
    const header = encodeNpyHeader(`<U${length}`, [texts.length])
    return this.#write(name, Buffer.concat([header, new Uint8Array(codes.buffer)]))
  }

  /** `id.npy` with ids from `idBegin` on, and `vector.npy` whose first component is the id. */
  writeRows(folder: string, rowCount: number, idBegin = 0): string[] {
    const ids = BigInt64Array.from({ length: rowCount }, (_, row) => BigInt(idBegin + row))
    return [this.writeNpy(`${folder}/id.npy`, ids), this.writeVectors(folder, rowCount, idBegin)]
  }

  writeVectors(folder: string, rowCount: number, idBegin = 0): string {
    const vectors = new Float32Array(rowCount * 4)
    for (let row = 0; row < rowCount; row++) vectors[row * 4] = idBegin + row
    return this.writeNpy(`${folder}/vector.npy`, vectors, [rowCount, 4])
  }

  segmentFiles(): string[] {
    return readdirSync(this.directory.segmentsPath)
  }

  /** Rows of all segments that searches see: one object a row, by the names of the fields. */
  async visibleRows(fields: readonly Field[]): Promise<Record<string, unknown>[]> {
    const rows: Record<string, unknown>[] = []
    for (const segment of this.catalog.segments(collectionId)) {
      if (segment.taskId !== null) continue
      const path = this.directory.segmentPath(segment.segmentId)
      const reader = await SegmentReader.open(path, segment.file)
      const begin = rows.length
      for (let row = 0; row < segment.file.rowCount; row++) {
        rows.push({ partition: segment.partitionId })
      }
      for (const each of fields) {
        const column = (await reader.readColumn(each)) as FixedColumn | BytesColumn
        for (let row = 0; row < segment.file.rowCount; row++) {
          rows[begin + row][each.name] = valueAt(column, row)
        }
      }
      await reader.close()
    }
    return rows
  }

  #write(name: string, bytes: Uint8Array): string {
    const path = join(this.root, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
    return name
  }
}

function valueAt(column: FixedColumn | BytesColumn, row: number): unknown {
  if (column.shape === 'bytes') {
    return Buffer.from(column.bytes.slice(column.offsets[row], column.offsets[row + 1])).toString()
  }
  return column.values[row * column.width]
}

export function requestOf(
  fileGroups: readonly (readonly string[])[],
  partitionId: bigint | null = 1n,
): ImportRequest {
  return {
    dbName: 'default',
    collectionName: 'rivers',
    collectionId,
    partitionId,
    partitionName: partitionId === null ? '' : '_default',
    fileGroups,
    options: [],
  }
}

/** Settles with the task when it is in one of the states. */
export async function taskIn(
  runner: ImportRunner,
  taskId: bigint,
  ...states: number[]
): Promise<ImportTask> {
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 2) {
    const task = runner.task(taskId)
    if (task && states.includes(task.state)) return task
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  throw new Error(`the task is not in ${states}: ${JSON.stringify(runner.task(taskId)?.state)}`)
}
