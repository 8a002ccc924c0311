import { afterAll, expect, it } from 'vitest'
import { bitmapWithLength, setBit } from '../../dist/column/bitmap.js'
import { hnsw } from '../../dist/indexes/hnsw/hnsw.js'
import { VectorMemory } from '../../dist/kernels/vector-memory.js'
import { DataType } from '../../dist/schema/data-type.js'
import { choosesIndex } from '../../dist/search/nearest/index-choice.js'
import { type Searched, searchVectors, type VectorSearch } from '../../dist/search/vector-search.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'
import { columnOf, type Row, schemaOf } from '../expr/fixture.js'
import { clusteredVectors, queriesLike } from '../indexes/vectors.js'
import { nearestRows } from '../kernels/reference.js'
import { field } from '../support/fields.js'

const pool = createWorkerPool(2)
const memory = new VectorMemory()
afterAll(() => pool.close())

const [rowCount, dim, nq] = [8000, 24, 20]
const vector = field(101, 'vector', DataType.FloatVector, { dim })
const schema = schemaOf([field(100, 'id', DataType.Int64, { isPrimaryKey: true }), vector])
const spec = { indexType: 'HNSW', metric: 'L2', params: { M: 16, efConstruction: 100 } } as const
const vectors = clusteredVectors(DataType.FloatVector, dim, rowCount, 61)
const queries = queriesLike(vectors, nq, 62)

const region = memory.allocate(vectors.stored.byteLength)
memory.bytesOf(region).set(new Uint8Array(vectors.stored.buffer))
const indexed = { region, rowCount, dataType: DataType.FloatVector, dim, validity: null }
const graph = await hnsw.build({ pool, memory, vectors: indexed, spec })
const rows = Array.from({ length: rowCount }, (_, row): Row => ({ id: BigInt(row), vector: null }))
const keys = [columnOf(schema.fields[0], rows)]

function searchedBy(mask: Uint8Array | null): Searched {
  const parts = [{ region, rowBegin: 0, rowCount }]
  const views = [{ rowCount, parts, mask, index: { indexId: 1n, region: graph } }]
  return { pool, memory, vectors: views, columns: null, elementMasks: null, keys }
}

function searchOf(query: number, far: number): VectorSearch {
  const bytes = new Uint8Array(queries.slice(query * dim, (query + 1) * dim).buffer)
  return {
    ...{ schema, field: vector, metric: 'L2' },
    queries: { dataType: DataType.FloatVector, nq: 1, bytes },
    range: { near: -Infinity, far },
    index: { indexId: 1n, spec, params: {} },
  }
}

const everySecond = bitmapWithLength(rowCount)
for (let row = 0; row < rowCount; row += 2) setBit(everySecond, row)

for (const [which, mask] of [
  ['all', null],
  ['half of', everySecond],
] as const) {
  for (const within of [3, 40]) {
    it(`finds the ${within} of ${which} rows in a range by a graph, and says when they are all`, async () => {
      let found = 0
      for (let query = 0; query < nq; query++) {
        const values = queries.subarray(query * dim, (query + 1) * dim)
        const ranked = nearestRows('L2', dim, vectors.values, rowCount, mask, values, rowCount)
        const search = searchOf(query, ranked[within].distance)
        const [some] = await searchVectors(searchedBy(mask), search, 20)
        const truth = new Set(ranked.slice(0, Math.min(20, within)).map(({ row }) => BigInt(row)))
        found += some.hits.filter(({ pk }) => truth.has(BigInt(pk))).length / truth.size
        expect(some.isAll).toBe(within < 20)
      }
      expect(found / nq).toBeGreaterThanOrEqual(0.95)
    })
  }
}

it('goes by the graph but where a scan of few rows is better', () => {
  const query = { ...searchOf(0, 1), ...{ dataType: DataType.FloatVector, dim, nq: 1 } }
  const nearest = { ...query, bytes: query.queries.bytes }
  const few = bitmapWithLength(rowCount)
  setBit(few, 5)
  expect(choosesIndex(searchedBy(null).vectors[0], nearest, 10)).toBe(true)
  expect(choosesIndex(searchedBy(everySecond).vectors[0], nearest, 10)).toBe(true)
  expect(choosesIndex(searchedBy(few).vectors[0], nearest, 10)).toBe(false)
  expect(choosesIndex(searchedBy(null).vectors[0], nearest, 2000)).toBe(false)
})
