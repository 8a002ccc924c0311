import { afterAll, describe, expect, it } from 'vitest'
import { bitmapWithLength, hasBit, setBit } from '../../dist/column/bitmap.js'
import { familyNamed } from '../../dist/indexes/families.js'
import { indexSpecOf } from '../../dist/indexes/index-spec.js'
import { indexTypes } from '../../dist/indexes/index-types.js'
import { searchParamsOf } from '../../dist/indexes/search-params.js'
import { VectorMemory } from '../../dist/kernels/vector-memory.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Metric } from '../../dist/schema/metric.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'
import { field } from '../support/fields.js'
import { expected, recall } from '../support/recall.js'
import { buildIndex, type Neighbor, type TestSearch } from './searched-index.js'
import { clusteredVectors, queriesLike, randomFrom, type TestVectors } from './vectors.js'

const pool = createWorkerPool(2)
const memory = new VectorMemory()
afterAll(() => pool.close())

const [rowCount, dim, k, queryCount] = [3000, 24, 10, 8]

/** An index type as a request names it, how it is searched, and the recall that it must reach. */
interface Kind {
  readonly type: string
  readonly build: Readonly<Record<string, number | string | boolean>>
  readonly search: Readonly<Record<string, number>>
  readonly least: number
}

const links = { M: 16, efConstruction: 100 }
const refined = { ...links, refine: true }
const graph = { ef: 100 }
const lists = { nlist: 16 }
const all = { nprobe: 16 }

const floatKinds: readonly Kind[] = [
  { type: 'HNSW', build: links, search: graph, least: 0.97 },
  ...['SQ4U', 'SQ6', 'SQ8', 'FP16', 'BF16'].map((sqType) => ({
    ...{ type: 'HNSW_SQ', build: { ...refined, sq_type: sqType }, search: graph },
    least: 0.96,
  })),
  { type: 'HNSW_PQ', build: { ...refined, m: 12 }, search: graph, least: 0.96 },
  { type: 'HNSW_PRQ', build: { ...refined, m: 12 }, search: graph, least: 0.96 },
  { type: 'DISKANN', build: {}, search: { search_list: 100 }, least: 0.96 },
  { type: 'AUTOINDEX', build: {}, search: {}, least: 0.96 },
  { type: 'IVF_FLAT', build: lists, search: all, least: 1 },
  { type: 'IVF_SQ8', build: lists, search: all, least: 0.99 },
  { type: 'IVF_PQ', build: { ...lists, m: 6 }, search: all, least: 0.95 },
  { type: 'IVF_PQ', build: { ...lists, m: 6, refine: true }, search: all, least: 0.95 },
  { type: 'IVF_RABITQ', build: lists, search: { ...all, refine_k: 12 }, least: 0.95 },
  { type: 'SCANN', build: lists, search: all, least: 0.95 },
  { type: 'SCANN', build: { ...lists, with_raw_data: false }, search: all, least: 0.95 },
  {
    type: 'SCANN',
    build: { ...lists, sub_dim: 3 },
    search: { ...all, reorder_k: 100 },
    least: 0.95,
  },
]
const bitKinds: readonly Kind[] = [
  { type: 'HNSW', build: links, search: graph, least: 0.97 },
  { type: 'AUTOINDEX', build: {}, search: {}, least: 0.96 },
  { type: 'BIN_IVF_FLAT', build: lists, search: all, least: 1 },
]

/** Every type with every metric of float32, and with every other type of vector by one of the metrics in turn. */
const cases: [kind: Kind, dataType: DataType, metric: Metric][] = [
  ...floatKinds.flatMap((kind, at) => {
    const metrics = ['L2', 'IP', 'COSINE'] as const
    const others = [DataType.Float16Vector, DataType.BFloat16Vector, DataType.Int8Vector]
    return [
      ...metrics.map((metric): [Kind, DataType, Metric] => [kind, DataType.FloatVector, metric]),
      ...others.map((dataType, other): [Kind, DataType, Metric] => [
        ...([kind, dataType, metrics[(at + other) % 3]] as const),
      ]),
    ]
  }),
  ...bitKinds.flatMap((kind) =>
    (['HAMMING', 'JACCARD'] as const).map((metric): [Kind, DataType, Metric] => [
      ...([kind, DataType.BinaryVector, metric] as const),
    ]),
  ),
]

/** Rows that a filter leaves, and what they are of. */
interface Filtered {
  readonly which: string
  readonly searches: readonly TestSearch[]
  readonly truth: readonly Neighbor[][][]
}

const far = 'the rows far from it'
/**
 * Those are about equally near, and of eight queries there is one whose nearest list holds two clusters, one of them
 * far: that is not told from what lies near.
 */
const farLess = 0.06

const known = new Map<string, Filtered[]>()

function filteredOf(vectors: TestVectors, metric: Metric): Filtered[] {
  const key = `${vectors.dataType} ${metric}`
  const before = known.get(key)
  if (before) return before
  const queries = queriesLike(vectors, queryCount, 2)
  const filtered = [1, 0.5, 0.1, 0.01, 0.001].map((share) => {
    const random = randomFrom(7)
    const mask = maskOf(() => random() < share)
    const search = { queries, k, ...(share < 1 ? { mask } : {}) }
    return filteredBy(vectors, metric, `${share * 100} % of the rows`, [search])
  })
  filtered.push(
    filteredBy(vectors, metric, 'the rows near a query', around(vectors, metric, queries, true)),
    filteredBy(vectors, metric, far, around(vectors, metric, queries, false)),
  )
  known.set(key, filtered)
  return filtered
}

function filteredBy(
  vectors: TestVectors,
  metric: Metric,
  which: string,
  searches: readonly TestSearch[],
): Filtered {
  return { which, searches, truth: searches.map((search) => expected(vectors, metric, search)) }
}

/** For each query a mask of its own: a tenth of the rows, the nearest or the farthest. */
function around(
  vectors: TestVectors,
  metric: Metric,
  queries: TestVectors['values'],
  isNear: boolean,
) {
  const { width } = vectors
  return Array.from({ length: queryCount }, (_, at) => {
    const query = queries.slice(at * width, (at + 1) * width)
    const [ranked] = expected(vectors, metric, { queries: query, k: rowCount })
    const tenth = isNear ? ranked.slice(0, rowCount / 10) : ranked.slice(-rowCount / 10)
    const rows = new Set(tenth.map(({ row }) => row))
    return { queries: query, k, mask: maskOf((row) => rows.has(row)) }
  })
}

function maskOf(isIn: (row: number) => boolean): Uint8Array {
  const mask = bitmapWithLength(rowCount)
  for (let row = 0; row < rowCount; row++) if (isIn(row)) setBit(mask, row)
  return mask
}

describe('the recall of an index', () => {
  it('is asked of every type that is built', () => {
    const built = Object.keys(indexTypes).filter((type) => indexTypes[type].family !== null)
    const asked = new Set([...floatKinds, ...bitKinds].map(({ type }) => type))
    expect([...asked].sort()).toEqual(built.sort())
  })

  for (const [kind, dataType, metric] of cases) {
    const { type, build, least } = kind
    it(`of type ${type} ${JSON.stringify(build)} on data type ${dataType} by ${metric} is ${least}, whatever is filtered`, async () => {
      const bits = dataType === DataType.BinaryVector ? dim * 8 : dim
      const vectors = clusteredVectors(dataType, bits, rowCount, 1)
      const spec = indexSpecOf(field(101, 'v', dataType, { dim: bits }), [
        ['index_type', type],
        ['metric_type', metric],
        ['params', JSON.stringify(build)],
      ])
      const params = searchParamsOf(spec, kind.search, k)
      const family = familyNamed(indexTypes[type].family!)
      const index = await buildIndex(family, pool, memory, vectors, spec)
      try {
        for (const { which, searches, truth } of filteredOf(vectors, metric)) {
          const found = searches.map((search) => index.search({ ...search, params }))
          for (const [at, { mask }] of searches.entries()) {
            const isAllowed = ({ row }: Neighbor) => !mask || hasBit(mask, row)
            expect(found[at].flat().every(isAllowed)).toBe(true)
          }
          const reached = recall(found.flat(), truth.flat())
          expect(reached, which).toBeGreaterThanOrEqual(which === far ? least - farLess : least)
        }
      } finally {
        index.close()
      }
    })
  }
})
