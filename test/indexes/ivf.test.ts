import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { bitmapWithLength, hasBit, setBit } from '../../dist/column/bitmap.js'
import type { IndexSpec } from '../../dist/indexes/index-family.js'
import { ivf } from '../../dist/indexes/ivf/ivf.js'
import { VectorMemory } from '../../dist/kernels/vector-memory.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Metric } from '../../dist/schema/metric.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'
import { expected, recall } from '../support/recall.js'
import { buildIndex, type Neighbor, type SearchedIndex } from './searched-index.js'
import { clusteredVectors, queriesLike, type TestVectors } from './vectors.js'

const pool = createWorkerPool(2)
const memory = new VectorMemory()
const open: SearchedIndex[] = []

afterEach(() => {
  for (const index of open.splice(0)) index.close()
})
afterAll(() => pool.close())

async function build(
  vectors: TestVectors,
  metric: Metric,
  indexType: string,
  validity: Uint8Array | null = null,
  params: Record<string, number> = {},
) {
  const spec: IndexSpec = {
    indexType,
    metric,
    params: {
      nlist: 24,
      m: vectors.dim % 4 === 0 ? vectors.dim / 4 : vectors.dim,
      nbits: 8,
      ...params,
    },
  }
  const index = await buildIndex(ivf, pool, memory, vectors, spec, validity)
  open.push(index)
  return index
}

function rowsOf(neighbors: Neighbor[][]): number[][] {
  return neighbors.map((ofQuery) => ofQuery.map(({ row }) => row))
}

const floatTypes: [string, DataType][] = [
  ['Float', DataType.FloatVector],
  ['Float16', DataType.Float16Vector],
  ['BFloat16', DataType.BFloat16Vector],
  ['Int8', DataType.Int8Vector],
]
const floatMetrics: Metric[] = ['L2', 'IP', 'COSINE']
const floatIndexes = ['IVF_FLAT', 'IVF_SQ8', 'IVF_PQ', 'IVF_RABITQ', 'SCANN']
const kinds: [string, DataType, Metric, string][] = [
  ...floatTypes.flatMap(([name, dataType]) =>
    floatMetrics.flatMap((metric) =>
      floatIndexes.map((indexType): [string, DataType, Metric, string] => [
        ...([name, dataType, metric, indexType] as const),
      ]),
    ),
  ),
  ['Binary', DataType.BinaryVector, 'HAMMING', 'BIN_IVF_FLAT'],
  ['Binary', DataType.BinaryVector, 'JACCARD', 'BIN_IVF_FLAT'],
]

/** Where codes choose the candidates. */
const leastRecalls: Readonly<Record<string, number>> = {
  IVF_PQ: 0.97,
  IVF_RABITQ: 0.9,
  SCANN: 0.99,
}

describe('an inverted file', () => {
  for (const [name, dataType, metric, indexType] of kinds) {
    it(`finds ${name} vectors by ${metric} as ${indexType}`, async () => {
      const vectors = clusteredVectors(dataType, 32, 4000, 1)
      const index = await build(vectors, metric, indexType)
      const search = { queries: queriesLike(vectors, 20, 2), k: 10 }
      const truth = expected(vectors, metric, search)
      const all = index.search({ ...search, params: { nprobe: 24 } })
      expect(recall(all, truth)).toBeGreaterThanOrEqual(leastRecalls[indexType] ?? 0.999)
      const some = index.search({ ...search, params: { nprobe: 8 } })
      expect(recall(some, truth)).toBeGreaterThanOrEqual(0.85)
    })
  }

  it('finds exactly what a scan does when it looks into every list, ties by row', async () => {
    const vectors = clusteredVectors(DataType.BinaryVector, 16, 3000, 3)
    const index = await build(vectors, 'HAMMING', 'BIN_IVF_FLAT')
    const search = { queries: queriesLike(vectors, 10, 4), k: 50, params: { nprobe: 24 } }
    const sorted = (neighbors: Neighbor[]) =>
      neighbors
        .map(({ row, distance }) => [distance, row])
        .filter(([d]) => d < neighbors.at(-1)!.distance)
    const truth = expected(vectors, 'HAMMING', search)
    expect(index.search(search).map(sorted)).toEqual(truth.map(sorted))
  })

  it('finds only rows of the mask, and none nearer than asked', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 20, 4000, 5)
    const mask = bitmapWithLength(4000)
    for (let row = 0; row < 4000; row += 7) setBit(mask, row)
    for (const indexType of floatIndexes) {
      const index = await build(vectors, 'L2', indexType)
      const queries = queriesLike(vectors, 10, 6)
      const search = { queries, k: 10, mask, near: 15, params: { nprobe: 24 } }
      const found = index.search(search)
      for (const { row, distance } of found.flat()) {
        expect(hasBit(mask, row)).toBe(true)
        expect(distance).toBeGreaterThanOrEqual(15)
      }
      if (indexType === 'IVF_FLAT')
        expect(rowsOf(found)).toEqual(rowsOf(expected(vectors, 'L2', search)))
    }
  })

  it('answers as IVF_FLAT what its lists hold, where codes say much and where they say little', async () => {
    for (const metric of floatMetrics) {
      for (const widest of [1, 30, 100_000]) {
        const vectors = clusteredVectors(DataType.FloatVector, 24, 3000, 21)
        for (let row = 0; row < 3000; row++) {
          vectors.stored[row * 24] *= widest
          // A few rows far outside of what the others are, which codes cannot hold.
          if (row % 500 === 499) vectors.stored[row * 24 + 5] = 1e4
        }
        const index = await build({ ...vectors, values: vectors.stored }, metric, 'IVF_FLAT')
        const search = { queries: vectors.stored.slice(0, 24 * 24), k: 10, params: { nprobe: 24 } }
        const found = index.search(search)
        const truth = expected({ ...vectors, values: vectors.stored }, metric, search)
        expect(recall(found, truth)).toBe(1)
        const alone = Array.from({ length: 24 }, (_, at) => {
          const queries = search.queries.slice(at * 24, at * 24 + 24)
          return index.search({ ...search, queries })[0]
        })
        expect(found).toEqual(alone)
      }
    }
  })

  it('leaves out rows without a vector', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 8, 2000, 7)
    const validity = bitmapWithLength(2000)
    for (let row = 0; row < 2000; row++) if (row % 3 !== 0) setBit(validity, row)
    for (const indexType of floatIndexes) {
      const index = await build(vectors, 'COSINE', indexType, validity)
      const search = { queries: queriesLike(vectors, 5, 8), k: 20, params: { nprobe: 24 } }
      const found = index.search(search)
      const truth = expected(vectors, 'COSINE', { ...search, mask: validity })
      if (indexType === 'IVF_FLAT') expect(rowsOf(found)).toEqual(rowsOf(truth))
      expect(recall(found, truth)).toBeGreaterThanOrEqual(leastRecalls[indexType] ?? 0.99)
      for (const { row } of found.flat()) expect(hasBit(validity, row)).toBe(true)
    }
  })

  it.each([1, 3, 127, 129])('has vectors of dimension %i', async (dim) => {
    const vectors = clusteredVectors(DataType.FloatVector, dim, 500, 9)
    for (const indexType of floatIndexes) {
      const index = await build(vectors, 'L2', indexType)
      const search = { queries: queriesLike(vectors, 5, 10), k: 5, params: { nprobe: 24 } }
      expect(recall(index.search(search), expected(vectors, 'L2', search))).toBe(1)
    }
  })

  it('tells how far a build is, never less than before, up to all rows, and can be cancelled', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 16, 20_000, 19)
    const region = memory.allocate(vectors.stored.byteLength)
    memory.bytesOf(region).set(new Uint8Array(vectors.stored.buffer))
    const spec: IndexSpec = { indexType: 'IVF_SQ8', metric: 'L2', params: { nlist: 24 } }
    const context = { pool, memory, vectors: { ...vectors, region, validity: null }, spec }
    const told: number[] = []
    const index = await ivf.build({ ...context, onProgress: (rows) => told.push(rows) })
    expect(told).toEqual([...told].sort((left, right) => left - right))
    expect(told[0]).toBeLessThan(7000)
    expect(told.at(-1)).toBe(20_000)
    memory.free(index)
    const abort = new AbortController()
    const cancelled = ivf.build({
      ...context,
      signal: abort.signal,
      onProgress: () => abort.abort(),
    })
    await expect(cancelled).rejects.toThrow('cancelled')
    memory.free(region)
  })

  it('finds nothing where no row has a vector', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 8, 100, 7)
    for (const indexType of floatIndexes) {
      const index = await build(vectors, 'L2', indexType, bitmapWithLength(100))
      const search = { queries: queriesLike(vectors, 2, 8), k: 3, params: { nprobe: 24 } }
      expect(index.search(search)).toEqual([[], []])
    }
  })

  it('has codes of any number of bits, and vectors of 4095 components', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 12, 2000, 13)
    const search = { queries: queriesLike(vectors, 10, 14), k: 10, params: { nprobe: 24 } }
    const truth = expected(vectors, 'IP', search)
    for (const [nbits, least] of [
      [1, 0.3],
      [3, 0.8],
      [7, 0.97],
      [9, 0.99],
      [24, 0.99],
    ]) {
      const index = await build(vectors, 'IP', 'IVF_PQ', null, { m: 4, nbits })
      expect(recall(index.search(search), truth)).toBeGreaterThanOrEqual(least)
    }
    const wide = clusteredVectors(DataType.FloatVector, 4095, 150, 15)
    const some = { queries: queriesLike(wide, 3, 16), k: 5, params: { nprobe: 24 } }
    for (const indexType of floatIndexes) {
      const index = await build(wide, 'COSINE', indexType, null, { m: 315 })
      expect(recall(index.search(some), expected(wide, 'COSINE', some))).toBe(1)
    }
  })

  it('rounds the query to so many bits', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 32, 2000, 17)
    const index = await build(vectors, 'L2', 'IVF_RABITQ')
    const search = { queries: queriesLike(vectors, 20, 18), k: 10 }
    const truth = expected(vectors, 'L2', search)
    const ofBits = [1, 4, 8, 0].map((bits) => {
      const params = { nprobe: 24, rbq_query_bits: bits }
      return recall(index.search({ ...search, params }), truth)
    })
    expect(ofBits[1]).toBeGreaterThanOrEqual(0.9)
    expect(ofBits[0]).toBeLessThanOrEqual(ofBits[3])
  })

  it('takes equal vectors, a single one, and fewer than there are lists', async () => {
    for (const [rowCount, indexType] of [1, 10, 400].flatMap((count) =>
      floatIndexes.map((type) => [count, type] as const),
    )) {
      const rows = clusteredVectors(DataType.FloatVector, 4, rowCount, 11)
      rows.stored.fill(3)
      const index = await build(rows, 'L2', indexType)
      const search = { queries: Float32Array.of(3, 3, 3, 3), k: 5, params: { nprobe: 24 } }
      const found = index.search(search)[0]
      expect(found.map(({ row }) => row)).toEqual(
        Array.from({ length: Math.min(5, rowCount) }, (_, row) => row),
      )
    }
  })
})
