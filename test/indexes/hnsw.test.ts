import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { bitmapWithLength, hasBit, setBit } from '../../dist/column/bitmap.js'
import { isRefined } from '../../dist/indexes/hnsw/graph-shape.js'
import { hnsw } from '../../dist/indexes/hnsw/hnsw.js'
import { efOf, walkCost } from '../../dist/indexes/hnsw/walk-cost.js'
import type { IndexSpec } from '../../dist/indexes/index-family.js'
import { VectorMemory } from '../../dist/kernels/vector-memory.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Metric } from '../../dist/schema/metric.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'
import { nearestRows } from '../kernels/reference.js'
import { expected, recall, rowRecall } from '../support/recall.js'
import { buildIndex, type SearchedIndex, type TestSearch } from './searched-index.js'
import { clusteredVectors, queriesLike, randomFrom, type TestVectors } from './vectors.js'

const pool = createWorkerPool(2)
const memory = new VectorMemory()
const open: SearchedIndex[] = []

afterEach(() => {
  for (const index of open.splice(0)) index.close()
})
afterAll(() => pool.close())

function specOf(metric: Metric, indexType = 'HNSW', params: IndexSpec['params'] = {}): IndexSpec {
  return { indexType, metric, params: { M: 16, efConstruction: 100, ...params } }
}

async function build(vectors: TestVectors, spec: IndexSpec, validity: Uint8Array | null = null) {
  const index = await buildIndex(hnsw, pool, memory, vectors, spec, validity)
  open.push(index)
  return index
}

function maskOf(rowCount: number, isIn: (row: number) => boolean): Uint8Array {
  const mask = bitmapWithLength(rowCount)
  for (let row = 0; row < rowCount; row++) if (isIn(row)) setBit(mask, row)
  return mask
}

/** The search for each of some queries alone. */
function eachAlone(search: TestSearch, width: number): TestSearch[] {
  const { queries } = search
  return Array.from({ length: queries.length / width }, (_, at) => ({
    ...search,
    queries: queries.slice(at * width, (at + 1) * width),
  }))
}

const floatTypes: [string, DataType][] = [
  ['Float', DataType.FloatVector],
  ['Float16', DataType.Float16Vector],
  ['BFloat16', DataType.BFloat16Vector],
  ['Int8', DataType.Int8Vector],
]
const floatMetrics: Metric[] = ['L2', 'IP', 'COSINE']

describe('a graph', () => {
  for (const [name, dataType] of floatTypes) {
    for (const metric of floatMetrics) {
      it(`finds the neighbors of ${name} vectors by ${metric}`, async () => {
        const vectors = clusteredVectors(dataType, 24, 3000, 1)
        const index = await build(vectors, specOf(metric))
        const search = { queries: queriesLike(vectors, 30, 2), k: 10, params: { ef: 64 } }
        const found = index.search(search)
        const truth = expected(vectors, metric, search)
        expect(recall(found, truth)).toBeGreaterThanOrEqual(0.97)
        found[0].forEach(({ distance }, place) => {
          expect(distance).toBeCloseTo(truth[0][place].distance, 2)
        })
      })
    }
  }

  for (const metric of ['HAMMING', 'JACCARD'] as const) {
    it(`finds the neighbors of bits by ${metric}`, async () => {
      const vectors = clusteredVectors(DataType.BinaryVector, 120, 3000, 1)
      const index = await build(vectors, specOf(metric))
      const search = { queries: queriesLike(vectors, 30, 2), k: 10, params: { ef: 64 } }
      expect(recall(index.search(search), expected(vectors, metric, search))).toBeGreaterThan(0.97)
    })
  }

  for (const dim of [1, 3, 127, 129, 4095]) {
    for (const metric of ['L2', 'IP'] as const) {
      it(`holds vectors of ${dim} components by ${metric}`, async () => {
        const vectors = clusteredVectors(DataType.FloatVector, dim, dim > 1000 ? 300 : 2000, 3)
        const index = await build(vectors, specOf(metric))
        const search = { queries: queriesLike(vectors, 10, 4), k: 10, params: { ef: 100 } }
        expect(recall(index.search(search), expected(vectors, metric, search))).toBeGreaterThan(
          0.95,
        )
      })
    }
  }

  for (const indexType of ['AUTOINDEX', 'DISKANN']) {
    it(`serves ${indexType}`, async () => {
      const vectors = clusteredVectors(DataType.FloatVector, 64, 4000, 5)
      const index = await build(vectors, { indexType, metric: 'COSINE', params: {} })
      const search = { queries: queriesLike(vectors, 30, 6), k: 10 }
      expect(recall(index.search(search), expected(vectors, 'COSINE', search))).toBeGreaterThan(
        0.95,
      )
    })
  }

  it('is built with as few and as many links as Milvus allows', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 16, 600, 7)
    for (const M of [2, 2048]) {
      const index = await build(vectors, specOf('L2', 'HNSW', { M, efConstruction: 40 }))
      const search = { queries: queriesLike(vectors, 20, 8), k: 5, params: { ef: 200 } }
      expect(recall(index.search(search), expected(vectors, 'L2', search))).toBeGreaterThan(0.9)
    }
  })

  it('takes as much memory beside the vectors as it says', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 128, 2000, 7)
    const { index } = await build(vectors, specOf('L2'))
    const linkBytes = 2 * 16 * 4
    const base = 128 * 4 + linkBytes + 8
    expect((128 * 4 + index.byteLength / 2000) / base).toBeLessThan(1.15)
  })

  it('has rows of bytes and of bits once, which are their own codes', async () => {
    for (const [dataType, metric, bytes] of [
      [DataType.Int8Vector, 'L2', 128],
      [DataType.BinaryVector, 'HAMMING', 16],
    ] as const) {
      const vectors = clusteredVectors(dataType, 128, 2000, 7)
      if (vectors.stored instanceof Int8Array) vectors.stored[5] = vectors.values[5] = -128
      const spec = specOf(metric)
      expect(hnsw.searchesVectors(spec, dataType)).toBe(false)
      const index = await build(vectors, spec)
      expect(index.index.byteLength / 2000).toBeLessThan(bytes + 2 * 16 * 4 + 20)
      const search = { queries: queriesLike(vectors, 20, 8), k: 5, params: { ef: 64 } }
      const found = index.search(search)
      const truth = expected(vectors, metric, search)
      expect(recall(found, truth)).toBeGreaterThan(0.97)
      expect(found[0][0].distance).toBeCloseTo(truth[0][0].distance, 3)
    }
  })

  it('lies in its bytes as well anywhere else', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 16, 1000, 9)
    const spec = specOf('L2')
    const built = await build(vectors, spec)
    const search = { queries: queriesLike(vectors, 5, 10), k: 5 }
    const found = built.search(search)
    const copy = memory.allocateIn(built.index.memoryId, built.index.byteLength)
    memory.bytesOf(copy).set(memory.bytesOf(built.index))
    memory.bytesOf(built.index).fill(0)
    expect(() => built.search(search)).toThrow('there is no graph')
    memory.bytesOf(built.index).set(memory.bytesOf(copy))
    memory.free(copy)
    expect(built.search(search)).toEqual(found)
  })
})

describe('a graph with coarse distances', () => {
  it('finds neighbors by its codes alone', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 64, 3000, 11)
    const spec = specOf('COSINE', 'HNSW_SQ', { sq_type: 'SQ8' })
    expect(hnsw.searchesVectors(spec, DataType.FloatVector)).toBe(false)
    const index = await build(vectors, spec)
    const search = { queries: queriesLike(vectors, 30, 12), k: 10, params: { ef: 64 } }
    const found = index.search(search)
    const truth = expected(vectors, 'COSINE', search)
    expect(rowRecall(found, truth)).toBeGreaterThan(0.9)
    expect(found[0][0].distance).toBeCloseTo(truth[0][0].distance, 1)
  })

  it('computes exact distances where it is to refine', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 64, 3000, 11)
    const spec = specOf('L2', 'HNSW_SQ', { sq_type: 'SQ8', refine: true, refine_type: 'FP32' })
    expect(hnsw.searchesVectors(spec, DataType.FloatVector)).toBe(false)
    const index = await build(vectors, spec)
    const search = { queries: queriesLike(vectors, 30, 12), k: 10, params: { ef: 64, refine_k: 2 } }
    expect(recall(index.search(search), expected(vectors, 'L2', search))).toBeGreaterThan(0.97)
  })

  for (const [sqType, least, bytes] of [
    ['SQ4U', 0.8, 48],
    ['SQ6', 0.94, 96],
    ['SQ8', 0.95, 96],
    ['BF16', 0.96, 192],
    ['FP16', 0.97, 192],
  ] as const) {
    for (const metric of floatMetrics) {
      it(`has codes of sq_type ${sqType} by ${metric}, and refines them by rows of the file`, async () => {
        const vectors = clusteredVectors(DataType.FloatVector, 96, 1000, 13)
        const params = { sq_type: sqType, refine: false }
        const coarse = await build(vectors, specOf(metric, 'HNSW_SQ', params))
        const linkBytes = 2 * 16 * 4
        expect(Math.floor(coarse.index.byteLength / 1000 - linkBytes)).toBeLessThan(bytes + 20)
        const search = { queries: queriesLike(vectors, 20, 14), k: 10, params: { ef: 64 } }
        const truth = expected(vectors, metric, search)
        expect(rowRecall(coarse.search(search), truth)).toBeGreaterThan(least)
        const fine = await build(vectors, specOf(metric, 'HNSW_SQ', { ...params, refine: true }))
        expect(recall(fine.search(search), truth)).toBeGreaterThan(0.97)
      })
    }
  }

  it.each([
    ['FP16', DataType.Float16Vector, 'L2'],
    ['FP16', DataType.Float16Vector, 'IP'],
    ['BF16', DataType.BFloat16Vector, 'L2'],
    ['BF16', DataType.BFloat16Vector, 'IP'],
  ] as const)('has shorter floats of %s themselves for codes: %i by %s', async (...which) => {
    const [sqType, dataType, metric] = which
    const vectors = clusteredVectors(dataType, 40, 1000, 13)
    const spec = specOf(metric, 'HNSW_SQ', { sq_type: sqType, refine: true })
    expect([isRefined(spec, dataType), hnsw.searchesVectors(spec, dataType)]).toEqual([
      false,
      false,
    ])
    const index = await build(vectors, spec)
    const search = { queries: queriesLike(vectors, 20, 14), k: 10, params: { ef: 64 } }
    const truth = expected(vectors, metric, search)
    const found = index.search(search)
    expect(recall(found, truth)).toBeGreaterThan(0.98)
    for (const [query, [{ distance }]] of found.entries()) {
      expect(distance / truth[query][0].distance).toBeCloseTo(1, 4)
    }
  })

  it('reads the rows where codes are coarser than they are', () => {
    const refines = (metric: Metric, sqType: string, dataType: DataType) =>
      isRefined(specOf(metric, 'HNSW_SQ', { sq_type: sqType, refine: true }), dataType)
    expect(refines('COSINE', 'FP16', DataType.Float16Vector)).toBe(true)
    expect(refines('L2', 'BF16', DataType.Float16Vector)).toBe(true)
    expect(refines('L2', 'FP16', DataType.FloatVector)).toBe(true)
    expect(refines('L2', 'SQ8', DataType.Float16Vector)).toBe(true)
  })

  it('holds codes of any number of components', async () => {
    for (const sqType of ['SQ4U', 'SQ6', 'FP16']) {
      for (const dim of [1, 3, 33, 65, 127, 129]) {
        const vectors = clusteredVectors(DataType.FloatVector, dim, 400, 15)
        const spec = specOf('L2', 'HNSW_SQ', { sq_type: sqType, refine: true })
        const index = await build(vectors, spec)
        const search = {
          queries: queriesLike(vectors, 10, 16),
          k: 5,
          params: { ef: 200, refine_k: 40 },
        }
        const truth = expected(vectors, 'L2', search)
        expect(recall(index.search(search), truth)).toBeGreaterThan(0.95)
      }
    }
  })

  it('finds the rows that pass a filter by their codes', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 64, 4000, 17)
    const index = await build(vectors, specOf('L2', 'HNSW_SQ', { refine: true }))
    for (const step of [2, 30, 1000]) {
      const mask = maskOf(4000, (row) => row % step === 0)
      const search = { queries: queriesLike(vectors, 10, 18), k: 10, params: { ef: 64 }, mask }
      const truth = expected(vectors, 'L2', search)
      expect(recall(index.search(search), truth)).toBeGreaterThan(0.97)
    }
  })

  it('keeps to a mask that leaves one row', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 16, 1000, 13)
    const index = await build(vectors, specOf('IP', 'HNSW_SQ', { sq_type: 'SQ8' }))
    const queries = queriesLike(vectors, 3, 14)
    const found = index.search({ queries, k: 4, mask: maskOf(1000, (row) => row === 321) })
    expect(found.map((neighbors) => neighbors.map(({ row }) => row))).toEqual([[321], [321], [321]])
  })
})

describe('a filtered search', () => {
  for (const share of [0.5, 0.1, 0.01, 0.001]) {
    it(`finds the nearest of ${share * 100} % of the rows`, async () => {
      const rowCount = 6000
      const vectors = clusteredVectors(DataType.FloatVector, 24, rowCount, 21)
      const index = await build(vectors, specOf('L2'))
      const random = randomFrom(22)
      const mask = maskOf(rowCount, () => random() < share)
      const search = { queries: queriesLike(vectors, 20, 23), k: 10, params: { ef: 64 }, mask }
      const found = index.search(search)
      expect(found.flat().every(({ row }) => hasBit(mask, row))).toBe(true)
      expect(recall(found, expected(vectors, 'L2', search))).toBeGreaterThanOrEqual(0.95)
    })
  }

  for (const [where, sign] of [
    ['near', 1],
    ['far from', -1],
  ] as const) {
    it(`finds rows that lie ${where} the query`, async () => {
      const rowCount = 6000
      const vectors = clusteredVectors(DataType.FloatVector, 24, rowCount, 21)
      const index = await build(vectors, specOf('L2'))
      const queries = queriesLike(vectors, 10, 24)
      for (let at = 0; at < 20; at++) {
        const ef = at < 10 ? 100 : 20
        const query = queries.subarray((at % 10) * 24, ((at % 10) + 1) * 24)
        const ranked = nearestRows('L2', 24, vectors.values, rowCount, null, query, rowCount)
        const chosen = ranked.slice(
          sign > 0 ? 0 : rowCount * 0.7,
          sign > 0 ? rowCount * 0.3 : rowCount,
        )
        const rows = new Set(chosen.map(({ row }) => row))
        const mask = maskOf(rowCount, (row) => rows.has(row))
        const search = { queries: query, k: 10, params: { ef }, mask }
        const found = index.search(search)
        expect(found.flat().every(({ row }) => rows.has(row))).toBe(true)
        expect(recall(found, expected(vectors, 'L2', search))).toBeGreaterThanOrEqual(0.9)
      }
    })
  }

  for (const metric of floatMetrics) {
    it(`finds the nearest by ${metric} where all that may be found is looked at by its codes`, async () => {
      const rowCount = 6000
      const vectors = clusteredVectors(DataType.FloatVector, 72, rowCount, 21)
      const index = await build(vectors, specOf(metric))
      const queries = queriesLike(vectors, 4, 23)
      const random = randomFrom(24)
      const [ranked] = expected(vectors, metric, { queries: queries.slice(0, 72), k: rowCount })
      const farthest = new Set(ranked.slice(-rowCount * 0.4).map(({ row }) => row))
      for (const mask of [
        maskOf(rowCount, () => random() < 0.5),
        maskOf(rowCount, (row) => farthest.has(row)),
      ]) {
        const truth = expected(vectors, metric, { queries, k: 30, mask })
        for (const k of [1, 10, 30]) {
          const search = { queries, k, params: { ef: 200 }, mask }
          const found = eachAlone(search, 72).map((alone) => index.search(alone)[0])
          expect(found.flat().every(({ row }) => hasBit(mask, row))).toBe(true)
          const nearest = truth.map((neighbors) => neighbors.slice(0, k))
          expect(recall(found, nearest)).toBeGreaterThanOrEqual(0.99)
        }
      }
    })
  }

  it('looks at the rows themselves where their codes tell too little', async () => {
    const rowCount = 6000
    const random = randomFrom(25)
    const one = (component: number) => (component === 0 ? 1e4 * Math.round(random()) : random())
    const values = Float32Array.from({ length: rowCount * 72 }, (_, at) => one(at % 72))
    const shape = { dataType: DataType.FloatVector, dim: 72, width: 72 }
    const vectors = { ...shape, rowCount, stored: values, values }
    const index = await build(vectors, specOf('L2'))
    const mask = maskOf(rowCount, () => random() < 0.5)
    const queries = Float32Array.from({ length: 4 * 72 }, (_, at) => one(at % 72))
    const search = { queries, k: 10, params: { ef: 200 }, mask }
    const found = eachAlone(search, 72).map((alone) => index.search(alone)[0])
    expect(recall(found, expected(vectors, 'L2', search))).toBe(1)
  })

  it('finds nothing where nothing may be found', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 8, 500, 25)
    const index = await build(vectors, specOf('L2'))
    const search = { queries: queriesLike(vectors, 2, 26), k: 3, mask: bitmapWithLength(500) }
    expect(index.search(search)).toEqual([[], []])
  })

  for (const metric of floatMetrics) {
    it(`begins behind a least distance of ${metric}`, async () => {
      const vectors = clusteredVectors(DataType.FloatVector, 24, 3000, 27)
      const index = await build(vectors, specOf(metric))
      const queries = queriesLike(vectors, 10, 28)
      let recalls = 0
      for (let at = 0; at < 10; at++) {
        const query = queries.subarray(at * 24, (at + 1) * 24)
        const ranked = nearestRows(metric, 24, vectors.values, 3000, null, query, 3000)
        const near = ranked[200].distance
        const search = { queries: query, k: 10, params: { ef: 64 }, near }
        const found = index.search(search)
        expect(found.flat().every(({ distance }) => distance >= near)).toBe(true)
        recalls += recall(found, expected(vectors, metric, search))
      }
      expect(recalls / 10).toBeGreaterThanOrEqual(0.9)
    })
  }

  it('begins behind a least distance among the rows of a mask', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 24, 3000, 27)
    const index = await build(vectors, specOf('L2'))
    const mask = maskOf(3000, (row) => row % 2 === 0)
    const queries = queriesLike(vectors, 1, 28)
    const near = nearestRows('L2', 24, vectors.values, 3000, mask, queries, 3000)[100].distance
    const search = { queries, k: 10, params: { ef: 64 }, near, mask }
    const [found] = index.search(search)
    expect(found.every(({ row, distance }) => row % 2 === 0 && distance >= near)).toBe(true)
    expect(recall([found], expected(vectors, 'L2', search))).toBeGreaterThanOrEqual(0.9)
  })
})

describe('the candidates of a walk', () => {
  it('are as many as a request says, and no fewer than it wants rows', () => {
    expect(efOf({ ef: 30 }, 10)).toBe(30)
    expect(efOf({ search_list: 30 }, 40)).toBe(40)
    expect(efOf({}, 100)).toBe(200)
  })

  it('are twice as many two levels higher', () => {
    const counts = [1, 2, 3, 5, 10].map((level) => efOf({ level }, 10))
    expect(counts).toEqual([96, 136, 192, 384, 2173])
  })

  it('cost more among masked rows, and more than any scan where those are nearly all', () => {
    expect(walkCost(64, 0.5)).toBeGreaterThan(walkCost(64, 1))
    expect(walkCost(64, 0.01)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('an odd set of rows', () => {
  it('may be empty', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 8, 100, 31)
    const index = await build(vectors, specOf('L2'), bitmapWithLength(100))
    expect(index.search({ queries: queriesLike(vectors, 2, 32), k: 3 })).toEqual([[], []])
  })

  it('may be one row', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 8, 1, 31)
    const index = await build(vectors, specOf('L2'))
    const [found] = index.search({ queries: queriesLike(vectors, 1, 32), k: 3, firstId: 7000 })
    expect(found.map(({ row }) => row)).toEqual([7000])
  })

  it('may be equal vectors, of which the first are found', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 8, 1, 31)
    const values = Float32Array.from({ length: 8 * 1000 }, (_, at) => vectors.values[at % 8])
    const equal = { ...vectors, rowCount: 1000, stored: values, values }
    const index = await build(equal, specOf('COSINE'))
    const [found] = index.search({ queries: values.slice(0, 8), k: 5 })
    expect(found).toHaveLength(5)
    const mask = maskOf(1000, (row) => row % 100 === 99)
    const [masked] = index.search({ queries: values.slice(0, 8), k: 10, mask })
    expect(masked.map(({ row }) => row)).toEqual([99, 199, 299, 399, 499, 599, 699, 799, 899, 999])
  })

  it('leaves out rows without a vector', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 16, 2000, 33)
    const validity = maskOf(2000, (row) => row % 3 === 0)
    const index = await build(vectors, specOf('L2'), validity)
    const search = { queries: queriesLike(vectors, 20, 34), k: 10, params: { ef: 64 } }
    const found = index.search(search)
    expect(found.flat().every(({ row }) => row % 3 === 0)).toBe(true)
    const truth = expected(vectors, 'L2', { ...search, mask: validity })
    expect(recall(found, truth)).toBeGreaterThan(0.95)
  })
})

describe('cancellation', () => {
  it('stops a build, and gives its memory back', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 64, 20_000, 41)
    const region = memory.allocate(vectors.stored.byteLength)
    memory.bytesOf(region).set(new Uint8Array(vectors.stored.buffer))
    const indexed = { ...vectors, region, validity: null }
    const abort = new AbortController()
    const told: number[] = []
    const onProgress = (rows: number) => {
      told.push(rows)
      abort.abort()
    }
    const context = { pool, memory, vectors: indexed, spec: specOf('L2'), onProgress }
    await expect(hnsw.build({ ...context, signal: abort.signal })).rejects.toThrow('cancelled')
    expect(told[0]).toBeLessThan(20_000)
    memory.free(region)
  })

  it('stops a search between its queries', async () => {
    const vectors = clusteredVectors(DataType.FloatVector, 16, 1000, 43)
    const index = await build(vectors, specOf('L2'))
    const throwIfCancelled = () => {
      throw new Error('given up')
    }
    const search = { queries: queriesLike(vectors, 3, 44), k: 3, throwIfCancelled }
    expect(() => index.search(search)).toThrow('given up')
  })
})

describe('the links', () => {
  it('lead to other nodes, each once, and from each node to any other', async () => {
    const rowCount = 2000
    const vectors = clusteredVectors(DataType.FloatVector, 24, rowCount, 51)
    const { index } = await build(vectors, specOf('L2', 'HNSW', { M: 8 }))
    const header = new Uint32Array(memory.bytesOf(index).slice(0, 128).buffer)
    const links = new Uint32Array(memory.bytesOf(index).slice(header[16]).buffer)
    const linksOf = (node: number) =>
      Array.from(links.subarray(node * 16, node * 16 + 16)).filter((other) => other !== 0xffffffff)
    for (let node = 0; node < rowCount; node++) {
      const others = linksOf(node)
      expect(new Set(others).size).toBe(others.length)
      expect(others.every((other) => other !== node && other < rowCount)).toBe(true)
    }
    const reached = new Set([0])
    for (const node of reached) for (const other of linksOf(node)) reached.add(other)
    expect(reached.size).toBeGreaterThan(rowCount * 0.99)
  })
})
