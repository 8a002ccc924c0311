/**
 * The engine against a plain model: random sequences of what users do, and after each step the counts, the
 * keys and a filtered search must agree. MILLRACE_TEST_SEED repeats a run.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ImportState, isFinished } from '../../dist/bulk/import-state.js'
import type { ColumnBatch, FixedColumn } from '../../dist/column/column.js'
import { EmbeddedEngine } from '../../dist/engines/embedded/embedded-engine.js'
import { npyBytes } from '../../dist/formats/npy/npy-writer.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field, schemaOf } from '../support/fields.js'
import { seedOfRun } from '../support/random.js'

const db = 'default'
const name = 'c'
const dim = 4
const tagCount = 5
/** After so long no step is begun any more: a busy machine takes fewer. */
const timeMs = 10_000
const defaultPartition = '_default'
const partitionNames = [defaultPartition, 'p', 'q'] as const
const schema = schemaOf(name, [
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'vector', DataType.FloatVector, { dim }),
  field(102, 'tag', DataType.Int64),
])

/** Partition `null`: none is named. */
type Step =
  | { readonly do: 'create' | 'drop' | 'flush' | 'compact' | 'load' | 'release' | 'reopen' }
  | { readonly do: 'createPartition' | 'dropPartition'; readonly partition: string }
  | { readonly do: 'insert' | 'import'; readonly partition: string; readonly ids: number[] }
  | { readonly do: 'insertWhileSealing'; readonly partition: string; readonly ids: number[] }
  | { readonly do: 'deleteIds'; readonly partition: string | null; readonly ids: number[] }
  | { readonly do: 'deleteTag'; readonly partition: string | null; readonly tag: number }

/** How often each key is in each partition; Milvus lets equal keys be. */
class Model {
  partitions: Map<string, Map<number, number>> | null = null
  readonly loaded = new Set<string>()

  /** The kind of error that the step must end with, or null. */
  errorOf(step: Step): string | null {
    if (step.do === 'reopen' || step.do === 'create' || step.do === 'drop') return null
    if (this.partitions === null) return 'collectionNotFound'
    if (step.do === 'dropPartition') {
      const { partition } = step
      return partition === defaultPartition || this.loaded.has(partition)
        ? 'parameterInvalid'
        : null
    }
    if (step.do === 'createPartition' || !('partition' in step) || step.partition === null) {
      return null
    }
    return this.partitions.has(step.partition) ? null : 'partitionNotFound'
  }

  apply(step: Step): void {
    switch (step.do) {
      case 'create':
        this.partitions ??= new Map([[defaultPartition, new Map()]])
        return
      case 'drop':
        this.partitions = null
        this.loaded.clear()
        return
      case 'createPartition':
        this.#createPartition(step.partition)
        return
      case 'dropPartition':
        this.partitions!.delete(step.partition)
        return
      case 'load':
        for (const partition of this.partitions!.keys()) this.loaded.add(partition)
        return
      case 'release':
        this.loaded.clear()
        return
      case 'insert':
      case 'import':
      case 'insertWhileSealing':
        this.#add(step.partition, step.ids)
        return
      case 'deleteIds':
        this.#remove(step.partition, (id) => step.ids.includes(id))
        return
      case 'deleteTag':
        this.#remove(step.partition, (id) => id % tagCount === step.tag)
    }
  }

  countOf(partition: string): number {
    return [...this.partitions!.get(partition)!.values()].reduce((sum, count) => sum + count, 0)
  }

  /** The keys in loaded partitions, in their order. */
  loadedIds(): number[] {
    const ids = [...this.loaded].flatMap((partition) => [
      ...this.partitions!.get(partition)!.keys(),
    ])
    return [...new Set(ids)].sort((one, other) => one - other)
  }

  #createPartition(partition: string): void {
    if (this.partitions!.has(partition)) return
    const isWhollyLoaded = [...this.partitions!.keys()].every((each) => this.loaded.has(each))
    if (isWhollyLoaded) this.loaded.add(partition)
    this.partitions!.set(partition, new Map())
  }

  #add(partition: string, ids: readonly number[]): void {
    const counts = this.partitions!.get(partition)!
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  }

  #remove(partition: string | null, isDoomed: (id: number) => boolean): void {
    for (const [each, counts] of this.partitions!) {
      if (partition !== null && partition !== each) continue
      for (const id of counts.keys()) if (isDoomed(id)) counts.delete(id)
    }
  }
}

/** The engine over a directory, by the model's steps. */
class Subject {
  readonly #directory = mkdtempSync(join(tmpdir(), 'millrace-model-'))
  #engine!: EmbeddedEngine

  async open(): Promise<void> {
    mkdirSync(join(this.#directory, 'files'), { recursive: true })
    this.#engine = await EmbeddedEngine.open({
      dataPath: join(this.#directory, 'data'),
      importRoots: [join(this.#directory, 'files')],
      log: { info: () => {}, error: (message, detail) => console.error(message, detail) },
    })
  }

  async remove(): Promise<void> {
    await this.#engine.close()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'create':
        return this.#create()
      case 'drop':
        return this.#engine.dropCollection(db, name)
      case 'createPartition':
        return this.#engine.createPartition(db, name, step.partition)
      case 'dropPartition':
        return this.#engine.dropPartition(db, name, step.partition)
      case 'load':
        return this.#engine.load(db, name, [])
      case 'release':
        return this.#engine.release(db, name, [])
      case 'flush':
        await this.#engine.flush(db, name)
        return
      case 'compact':
        await this.#engine.compact(db, name)
        return
      case 'reopen':
        await this.#engine.close()
        return this.open()
      case 'insert':
        await this.#engine.insert(db, name, step.partition, batchOf(step.ids))
        return
      case 'insertWhileSealing':
        return this.#insertWhileSealing(step.partition, step.ids)
      case 'import':
        return this.#import(step.partition, step.ids)
      case 'deleteIds':
        await this.#engine.delete(db, name, step.partition ?? '', `id in [${step.ids}]`)
        return
      case 'deleteTag':
        await this.#engine.delete(db, name, step.partition ?? '', `tag == ${step.tag}`)
    }
  }

  rowCount(partition: string): Promise<number> {
    return this.#engine.rowCount(db, name, partition)
  }

  async numbers(outputField: string): Promise<number[]> {
    const base = { dbName: db, collectionName: name, partitionNames: [], filter: '' }
    const outputFields = [outputField]
    const { fields } = await this.#engine.query({ ...base, outputFields, limit: null, offset: 0 })
    return Array.from((fields[0].column as FixedColumn).values, Number)
  }

  /** The ids and distances of the nearest rows with a tag. */
  async nearest(id: number, tag: number, topK: number): Promise<[id: number, score: number][]> {
    const bytes = new Uint8Array(Float32Array.from(vectorOf(id)).buffer)
    const { ids, scores } = await this.#engine.search({
      ...{ dbName: db, collectionName: name, partitionNames: [], filter: `tag == ${tag}` },
      ...{ vectorFieldName: '', queries: { dataType: DataType.FloatVector, nq: 1, bytes } },
      ...{ topK, offset: 0, metricType: '', params: {}, roundDecimal: -1, outputFields: [] },
    })
    return Array.from((ids as FixedColumn).values, (key, rank) => [Number(key), scores[rank]])
  }

  async #create(): Promise<void> {
    const collection = { dbName: db, schema, shardsNum: 1, consistencyLevel: 2, properties: [] }
    await this.#engine.createCollection({ ...collection, numPartitions: 0 })
    await this.#engine.createIndex({
      ...{ dbName: db, collectionName: name, fieldName: 'vector', indexName: '' },
      params: [
        ['index_type', 'FLAT'],
        ['metric_type', 'L2'],
      ],
    })
  }

  /** Half of the rows come while the seal of the others is under way. */
  async #insertWhileSealing(partition: string, ids: readonly number[]): Promise<void> {
    const half = ids.length >> 1
    const insert = (some: readonly number[]) =>
      this.#engine.insert(db, name, partition, batchOf(some))
    await insert(ids.slice(0, half))
    await Promise.all([this.#engine.flush(db, name), insert(ids.slice(half))])
  }

  async #import(partitionName: string, ids: readonly number[]): Promise<void> {
    const write = (fileName: string, bytes: Uint8Array) =>
      writeFileSync(join(this.#directory, 'files', fileName), bytes)
    write('id.npy', npyBytes(BigInt64Array.from(ids, BigInt)))
    write('vector.npy', npyBytes(Float32Array.from(ids.flatMap(vectorOf)), [ids.length, dim]))
    write('tag.npy', npyBytes(BigInt64Array.from(ids, (id) => BigInt(id % tagCount))))
    const { taskId } = await this.#engine.imports.start({
      ...{ dbName: db, collectionName: name, partitionName, options: [] },
      fileGroups: [['id.npy', 'vector.npy', 'tag.npy']],
    })
    for (;;) {
      const { task } = this.#engine.imports.task(taskId)
      if (isFinished(task.state)) {
        expect([task.state, task.reason]).toEqual([ImportState.Completed, ''])
        return
      }
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
}

async function compare(subject: Subject, model: Model): Promise<void> {
  if (model.partitions === null) {
    await expect(subject.rowCount('')).rejects.toMatchObject({ kind: 'collectionNotFound' })
    return
  }
  for (const partition of model.partitions.keys()) {
    expect(await subject.rowCount(partition), partition).toBe(model.countOf(partition))
  }
  if (model.loaded.size === 0) {
    await expect(subject.numbers('id')).rejects.toMatchObject({ kind: 'collectionNotLoaded' })
    return
  }
  const counts = [...model.loaded].map((partition) => model.countOf(partition))
  expect(await subject.numbers('count(*)')).toEqual([counts.reduce((sum, count) => sum + count, 0)])
  const ids = model.loadedIds()
  expect(await subject.numbers('id')).toEqual(ids)
  await compareSearch(subject, ids)
}

async function compareSearch(subject: Subject, ids: readonly number[]): Promise<void> {
  const [asked, tag, topK] = [7, 2, 6]
  const expected = ids
    .filter((id) => id % tagCount === tag)
    .map((id) => distance(vectorOf(asked), vectorOf(id)))
    .sort((one, other) => one - other)
    .slice(0, topK)
  const found = await subject.nearest(asked, tag, topK)
  expect(found.map(([, score]) => score)).toEqual(expected)
  for (const [id, score] of found) {
    expect([ids.includes(id), id % tagCount]).toEqual([true, tag])
    expect(distance(vectorOf(asked), vectorOf(id))).toBe(score)
  }
}

function vectorOf(id: number): number[] {
  return [id, (id * id) % 17, id % 3, 1]
}

function distance(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, index) => sum + (value - other[index]) ** 2, 0)
}

function batchOf(ids: readonly number[]): ColumnBatch {
  const fixed = (values: FixedColumn['values'], width = 1): FixedColumn => {
    return { shape: 'fixed', values, width, validity: null }
  }
  return {
    rowCount: ids.length,
    columns: new Map([
      [100, fixed(BigInt64Array.from(ids, BigInt))],
      [101, fixed(Float32Array.from(ids.flatMap(vectorOf)), dim)],
      [102, fixed(BigInt64Array.from(ids, (id) => BigInt(id % tagCount)))],
    ]),
  }
}

const partition = fc.constantFrom(...partitionNames)
const scope = fc.option(partition, { nil: null })
const ids = fc.array(fc.nat(60), { minLength: 2, maxLength: 40 })
const is = <Name extends Step['do']>(step: Name) => fc.constant(step)

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: is('insert'), partition, ids }) },
    { weight: 4, arbitrary: fc.record({ do: is('import'), partition, ids }) },
    { weight: 3, arbitrary: fc.record({ do: is('insertWhileSealing'), partition, ids }) },
    { weight: 4, arbitrary: fc.record({ do: is('deleteIds'), partition: scope, ids }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: is('deleteTag'), partition: scope, tag: fc.nat(tagCount) }),
    },
    { weight: 3, arbitrary: fc.record({ do: is('flush') }) },
    { weight: 3, arbitrary: fc.record({ do: is('load') }) },
    { weight: 1, arbitrary: fc.record({ do: is('release') }) },
    { weight: 2, arbitrary: fc.record({ do: is('compact') }) },
    { weight: 1, arbitrary: fc.record({ do: is('reopen') }) },
    { weight: 3, arbitrary: fc.record({ do: is('createPartition'), partition }) },
    { weight: 1, arbitrary: fc.record({ do: is('dropPartition'), partition }) },
    { weight: 1, arbitrary: fc.record({ do: is('drop') }) },
    { weight: 1, arbitrary: fc.record({ do: is('create') }) },
  ),
  { minLength: 60, maxLength: 120, size: 'max' },
)

it('agrees with a plain model at every step', async () => {
  const seed = seedOfRun()
  let stepCount = 0
  const endMs = performance.now() + timeMs
  const property = fc.asyncProperty(steps, async (sequence) => {
    const subject = new Subject()
    const model = new Model()
    await subject.open()
    try {
      for (const step of [{ do: 'create' }, { do: 'load' }, ...sequence] as Step[]) {
        if (performance.now() > endMs) return
        const kind = model.errorOf(step)
        if (kind !== null) await expect(subject.take(step)).rejects.toMatchObject({ kind })
        else {
          await subject.take(step)
          model.apply(step)
        }
        await compare(subject, model)
        stepCount++
      }
    } finally {
      await subject.remove()
    }
  })
  try {
    await fc.assert(property, { seed, numRuns: 20 })
  } finally {
    console.info(`model: seed ${seed}, ${stepCount} steps`)
  }
}, 60_000)
