import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FixedColumn } from '../../dist/column/column.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Metric } from '../../dist/schema/metric.js'
import type { SearchRequest } from '../../dist/search/search-request.js'
import { clusteredVectors } from '../indexes/vectors.js'
import { nearestRows } from '../kernels/reference.js'
import { damages } from '../support/damages.js'
import { field, schemaOf } from '../support/fields.js'
import { OpenEngine } from './open-engine.js'

const db = 'default'
const name = 'c'
const rowCount = 4200
const groupCount = 300

/** An index type, what it is built with, and how it is searched so that it finds nearly all. */
interface Kind {
  readonly type: string
  readonly build: object
  readonly params: Readonly<Record<string, number>>
  readonly metric: Metric
}

const links = { M: 16, efConstruction: 100 }
const refined = { ...links, refine: true }
const graph = { ef: 300 }
const lists = { nlist: 8 }
const all = { nprobe: 8 }
const kinds: readonly Kind[] = [
  { type: 'FLAT', build: {}, params: {}, metric: 'L2' },
  { type: 'HNSW', build: links, params: graph, metric: 'L2' },
  { type: 'HNSW', build: links, params: graph, metric: 'COSINE' },
  { type: 'HNSW', build: links, params: graph, metric: 'HAMMING' },
  { type: 'HNSW_SQ', build: refined, params: graph, metric: 'L2' },
  { type: 'HNSW_SQ', build: { ...refined, sq_type: 'SQ4U' }, params: graph, metric: 'IP' },
  { type: 'HNSW_PQ', build: { ...refined, m: 8 }, params: graph, metric: 'L2' },
  { type: 'DISKANN', build: {}, params: { search_list: 300 }, metric: 'COSINE' },
  { type: 'AUTOINDEX', build: {}, params: {}, metric: 'IP' },
  { type: 'IVF_FLAT', build: lists, params: all, metric: 'IP' },
  { type: 'IVF_SQ8', build: lists, params: all, metric: 'L2' },
  { type: 'IVF_SQ8', build: { ...lists, refine: true }, params: all, metric: 'COSINE' },
  { type: 'IVF_PQ', build: { ...lists, m: 8 }, params: all, metric: 'COSINE' },
  { type: 'IVF_RABITQ', build: lists, params: { ...all, refine_k: 20 }, metric: 'L2' },
  { type: 'SCANN', build: lists, params: all, metric: 'IP' },
  { type: 'SCANN', build: { ...lists, with_raw_data: false }, params: all, metric: 'L2' },
  { type: 'BIN_FLAT', build: {}, params: {}, metric: 'JACCARD' },
  { type: 'BIN_IVF_FLAT', build: lists, params: all, metric: 'JACCARD' },
]

const floats = clusteredVectors(DataType.FloatVector, 16, rowCount, 3)
const bits = clusteredVectors(DataType.BinaryVector, 128, rowCount, 3)

let open: OpenEngine

beforeEach(async () => {
  open = await OpenEngine.open()
})
afterEach(() => open.remove())

function vectorsOf({ metric }: Kind) {
  return metric === 'HAMMING' || metric === 'JACCARD' ? bits : floats
}

/** Loaded, and indexed. */
async function build(kind: Kind): Promise<void> {
  const { dataType, dim, width, stored } = vectorsOf(kind)
  const schema = schemaOf(name, [
    field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
    field(101, 'vector', dataType, { dim }),
    field(102, 'group', DataType.Int64),
  ])
  await open.create(db, schema)
  await open.engine.createIndex({
    ...{ dbName: db, collectionName: name, fieldName: 'vector', indexName: '' },
    params: [
      ['index_type', kind.type],
      ['metric_type', kind.metric],
      ['params', JSON.stringify(kind.build)],
    ],
  })
  const numbers = (of: (row: number) => number) =>
    BigInt64Array.from({ length: rowCount }, (_, row) => BigInt(of(row)))
  const column = (values: BigInt64Array | typeof stored, size: number) =>
    ({ shape: 'fixed', values, width: size, validity: null }) as FixedColumn
  const columns = new Map([
    [
      100,
      column(
        numbers((row) => row),
        1,
      ),
    ],
    [101, column(stored, width)],
    [102, column(numbers(groupOf), 1)],
  ])
  await open.engine.insert(db, name, '', { rowCount, columns })
  await open.engine.flush(db, name)
  await indexed()
  await open.engine.load(db, name, [])
}

function groupOf(row: number): number {
  return (row * 7919) % groupCount
}

async function indexed(): Promise<void> {
  for (;;) {
    const [index] = await open.engine.describeIndex(db, name, 'vector', '')
    expect(index.failure).toBe('')
    if (index.pendingRows === 0) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function search(kind: Kind, query: number, more: Partial<SearchRequest>) {
  const { dataType, width, stored } = vectorsOf(kind)
  const values = stored.slice(query * width, (query + 1) * width)
  const result = await open.engine.search({
    ...{ dbName: db, collectionName: name, partitionNames: [], filter: '', vectorFieldName: '' },
    queries: { dataType, nq: 1, bytes: new Uint8Array(values.buffer) },
    ...{ topK: 10, offset: 0, metricType: '', roundDecimal: -1, outputFields: [] },
    ...more,
    params: { ...kind.params, ...more.params },
  })
  const ids = [...(result.ids as FixedColumn).values].map(Number)
  return { ids, scores: [...result.scores], lastBound: result.lastBound }
}

/** All rows, nearest first, with scores as Milvus has them. */
function ranked(kind: Kind, query: number) {
  const { width, values } = vectorsOf(kind)
  const asked = values.subarray(query * width, (query + 1) * width)
  const isSimilarity = kind.metric === 'IP' || kind.metric === 'COSINE'
  return nearestRows(kind.metric, width, values, rowCount, null, asked, rowCount).map(
    ({ row, distance }) => ({ row, distance, score: isSimilarity ? 0 - distance : distance }),
  )
}

function shareOf(found: readonly number[], truth: readonly number[]): number {
  const rows = new Set(found)
  return truth.filter((row) => rows.has(row)).length / truth.length
}

const queries = [17, 900, 4100]

describe.each(kinds)('an index of type $type by $metric', (kind) => {
  it('answers ranges, groups and pages', async () => {
    await build(kind)
    for (const query of queries) {
      const rows = ranked(kind, query)
      await checkRange(kind, query, rows)
      await checkGroups(kind, query, rows)
    }
    await checkPages(kind, queries[0], ranked(kind, queries[0]))
  })
})

type Ranked = ReturnType<typeof ranked>

async function checkRange(kind: Kind, query: number, rows: Ranked): Promise<void> {
  const { score: outer, distance: far } = rows[60]
  const { score: inner, distance: near } = rows[5]
  for (const params of [{ radius: outer }, { radius: outer, range_filter: inner }]) {
    const isInner = 'range_filter' in params
    const { ids, scores } = await search(kind, query, { topK: 100, params })
    const least = isInner ? near : -Infinity
    const within = rows.filter(({ distance }) => distance < far && distance >= least)
    const truth = within.slice(0, 100).map(({ distance }) => distance)
    const distances = scores.map((score) =>
      kind.metric === 'IP' || kind.metric === 'COSINE' ? -score : score,
    )
    for (const distance of distances) {
      expect(distance).toBeLessThan(far + 1e-4)
      expect(distance).toBeGreaterThanOrEqual(least - 1e-4)
    }
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length / truth.length).toBeGreaterThanOrEqual(0.95)
    expect(ids.length).toBeLessThanOrEqual(truth.length + 1)
  }
}

async function checkGroups(kind: Kind, query: number, rows: Ranked): Promise<void> {
  const grouping = { fieldNames: ['group'], size: 2 }
  const { ids } = await search(kind, query, { topK: 8, grouping })
  const groups = new Map<number, number[]>()
  for (const { row } of rows) {
    const group = groups.get(groupOf(row)) ?? []
    groups.set(groupOf(row), group)
    if (group.length < grouping.size) group.push(row)
  }
  const found = new Map<number, number[]>()
  for (const id of ids) found.set(groupOf(id), [...(found.get(groupOf(id)) ?? []), id])
  expect(found.size).toBe(8)
  for (const group of found.values()) expect(group.length).toBe(grouping.size)
  const nearest = [...groups.keys()].slice(0, 8)
  expect(shareOf([...found.keys()], nearest)).toBeGreaterThanOrEqual(
    kind.type.startsWith('BIN') || kind.metric === 'HAMMING' ? 0.5 : 0.85,
  )
}

/** Pages go on to the last row, each once, and never come back. */
async function checkPages(kind: Kind, query: number, rows: Ranked): Promise<void> {
  const seen: number[] = []
  let farthest = -Infinity
  let lastBound: number | null = null
  for (;;) {
    const {
      ids,
      scores,
      lastBound: bound,
    } = await search(kind, query, {
      topK: 700,
      page: { lastBound },
      params:
        'ef' in kind.params
          ? { ef: 700 }
          : 'search_list' in kind.params
            ? { search_list: 700 }
            : {},
    })
    if (ids.length === 0) break
    seen.push(...ids)
    const distances = scores.map((score) =>
      kind.metric === 'IP' || kind.metric === 'COSINE' ? -score : score,
    )
    expect(distances[0]).toBeGreaterThanOrEqual(farthest)
    farthest = distances.at(-1)!
    lastBound = bound ?? null
  }
  expect(new Set(seen).size).toBe(seen.length)
  expect(seen.length).toBe(rows.length)
}

const damaged = ['HNSW', 'HNSW_SQ', 'IVF_FLAT', 'IVF_SQ8', 'IVF_RABITQ', 'BIN_IVF_FLAT']

describe.each(
  kinds.filter(({ type }, at) => {
    const isFirst = kinds.findIndex((each) => each.type === type) === at
    return isFirst && damaged.includes(type)
  }),
)('the file of an index of type $type', (kind) => {
  it('is built anew when it is damaged, wherever it is, and the log names it', async () => {
    await build(kind)
    const folder = join(open.folder, 'data', 'indexes')
    const [file] = readdirSync(folder)
    const path = join(folder, file)
    const truth = ranked(kind, 40)
      .slice(0, 10)
      .map(({ score }) => score)
    for (const [count, [what, damage]] of damages.entries()) {
      const good = readFileSync(path)
      damage(path, good)
      await open.reopen()
      const { scores } = await search(kind, 40, {})
      expect(scores, what).toEqual(truth.map((score) => expect.closeTo(score, 3)))
      expect(open.errors, what).toHaveLength(count + 1)
      expect(open.errors.at(-1)).toBe('an index is damaged and is built anew')
      const { error } = open.details.at(-1) as { error: Error }
      expect(error.message, what).toContain(file)
      await indexed()
      expect(readFileSync(path).length, what).toBe(good.length)
    }
    await open.reopen()
    await search(kind, 40, {})
    expect(open.errors).toHaveLength(damages.length)
  }, 60_000)
})
