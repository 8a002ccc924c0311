import { afterAll, describe, expect, it } from 'vitest'
import { bitmapWithLength, setBit } from '../../dist/column/bitmap.js'
import type { IndexSpec } from '../../dist/indexes/index-family.js'
import { indexSpecOf } from '../../dist/indexes/index-spec.js'
import { ivf } from '../../dist/indexes/ivf/ivf.js'
import { VectorMemory } from '../../dist/kernels/vector-memory.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Metric } from '../../dist/schema/metric.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'
import { field } from '../support/fields.js'
import { buildIndex } from './searched-index.js'
import { clusteredVectors, queriesLike } from './vectors.js'

const pool = createWorkerPool(2)
const memory = new VectorMemory()
afterAll(() => pool.close())

const { FloatVector, Float16Vector, BFloat16Vector, Int8Vector } = DataType
const [dim, rowCount] = [24, 3000]

function specOf(dataType: DataType, indexType: string, metric: Metric, params: object): IndexSpec {
  return indexSpecOf(field(101, 'v', dataType, { dim }), [
    ['index_type', indexType],
    ['metric_type', metric],
    ['params', JSON.stringify({ nlist: 16, ...params })],
  ])
}

const onDisk = { IVF_SQ8: {}, IVF_PQ: { m: 6 }, IVF_RABITQ: {}, SCANN: { with_raw_data: false } }
const inMemory = {
  IVF_SQ8: { refine: true },
  IVF_PQ: { m: 6, refine: true },
  IVF_RABITQ: { refine: true },
  SCANN: {},
}

describe('an inverted file whose rows are read from the file', () => {
  it.each([
    ['IVF_SQ8', FloatVector, 'L2'],
    ['IVF_SQ8', Float16Vector, 'IP'],
    ['IVF_SQ8', Int8Vector, 'L2'],
    ['IVF_PQ', FloatVector, 'IP'],
    ['IVF_PQ', BFloat16Vector, 'COSINE'],
    ['IVF_RABITQ', FloatVector, 'COSINE'],
    ['IVF_RABITQ', Int8Vector, 'IP'],
    ['SCANN', FloatVector, 'L2'],
    ['SCANN', Float16Vector, 'COSINE'],
  ] as const)(
    'of type %s, of data type %i by %s, answers as with rows in memory',
    async (...which) => {
      const [indexType, dataType, metric] = which
      const vectors = clusteredVectors(dataType, dim, rowCount, 1)
      const mask = bitmapWithLength(rowCount)
      for (let row = 0; row < rowCount; row += 5) setBit(mask, row)
      const queries = queriesLike(vectors, 40, 2)
      const answers: unknown[] = []
      for (const params of [onDisk[indexType], inMemory[indexType]]) {
        const spec = specOf(dataType, indexType, metric, params)
        expect(ivf.searchesVectors(spec, dataType)).toBe(answers.length === 1)
        const index = await buildIndex(ivf, pool, memory, vectors, spec)
        const search = { queries, k: 10, params: { nprobe: 5 }, firstId: 7 }
        const all = index.search(search)
        const near = all[0][4].distance
        answers.push([all, index.search({ ...search, mask }), index.search({ ...search, near })])
        index.close()
      }
      const digits = (value: unknown) =>
        typeof value === 'number' ? Number(value.toPrecision(5)) : value
      const [read, kept] = answers.map((answer) => JSON.stringify(answer, (_, it) => digits(it)))
      expect(read).toBe(kept)
    },
  )

  it('has no rows in memory but where the parameters ask for rows as fine as they are', () => {
    const keeps = (dataType: DataType, indexType: string, params: object) =>
      ivf.searchesVectors(specOf(dataType, indexType, 'L2', params), dataType)
    for (const type of ['IVF_SQ8', 'IVF_RABITQ']) {
      expect(keeps(FloatVector, type, { refine_type: 'FP32' })).toBe(false)
      expect(keeps(FloatVector, type, { refine: true, refine_type: 'sq8' })).toBe(false)
      expect(keeps(FloatVector, type, { refine: true, refine_type: 'FP16' })).toBe(false)
      expect(keeps(Float16Vector, type, { refine: true, refine_type: 'fp16' })).toBe(true)
      expect(keeps(Float16Vector, type, { refine: true, refine_type: 'BF16' })).toBe(false)
      expect(keeps(BFloat16Vector, type, { refine: true, refine_type: 'BF16' })).toBe(true)
      expect(keeps(FloatVector, type, { refine: true, refine_type: 'flat' })).toBe(true)
    }
    expect(keeps(FloatVector, 'IVF_FLAT', {})).toBe(true)
  })
})
