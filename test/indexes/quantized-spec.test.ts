import { describe, expect, it } from 'vitest'
import { scalarTypeOf } from '../../dist/indexes/hnsw/scalar-type.js'
import { indexSpecOf } from '../../dist/indexes/index-spec.js'
import { searchParamsOf } from '../../dist/indexes/search-params.js'
import { servedAs } from '../../dist/indexes/served-as.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field } from '../support/fields.js'

const floats = field(101, 'v', DataType.FloatVector, { dim: 128 })
const odd = field(101, 'v', DataType.FloatVector, { dim: 127 })

function paramsOf(type: string, params: object): [string, string][] {
  return [
    ['index_type', type],
    ['metric_type', 'L2'],
    ['params', JSON.stringify(params)],
  ]
}

function spec(type: string, params: object = {}, of = floats) {
  return indexSpecOf(of, paramsOf(type, params))
}

const graph = { M: 30, efConstruction: 360 }
const unrefined = { refine: false, refine_type: 'FP32' }

describe('the parameters of an index of codes', () => {
  it.each([
    ['HNSW_SQ', { ...graph, sq_type: 'SQ8', ...unrefined }],
    ['HNSW_PQ', { ...graph, m: 32, nbits: 8, ...unrefined }],
    ['HNSW_PRQ', { ...graph, m: 2, nbits: 8, nrq: 2, ...unrefined }],
    ['IVF_SQ8', { nlist: 128, sq_type: 'SQ8', ...unrefined }],
    ['IVF_PQ', { nlist: 128, m: 32, nbits: 8, ...unrefined }],
    ['IVF_RABITQ', { nlist: 128, rbq_bits: 1, ...unrefined }],
    ['SCANN', { nlist: 128, sub_dim: 2, with_raw_data: true }],
  ])('have defaults: %s', (type, params) => {
    expect(spec(type).params).toEqual(params)
  })

  const ofGraphs = '[sq4u, sq6, sq8, fp16, bf16, fp32, flat]'
  const ofLists = '[sq6, sq8, fp16, bf16, fp32, flat]'
  it.each([
    ...['HNSW_SQ', 'HNSW_PQ', 'HNSW_PRQ'].map((type) => [type, ofGraphs]),
    ...['IVF_SQ8', 'IVF_PQ', 'IVF_RABITQ'].map((type) => [type, ofLists]),
  ])('have a type to refine by: %s', (type, all) => {
    for (const name of ['SQ6', 'sq8', 'Fp16', 'bf16', 'FP32', 'flat']) {
      expect(spec(type, { refine: true, refine_type: name }).params).toMatchObject({
        refine: true,
        refine_type: name.toUpperCase(),
      })
    }
    expect(() => spec(type, { refine_type: 'SQ5' })).toThrow(
      `invalid refine type : SQ5, optional types are ${all}: invalid parameter`,
    )
  })

  it.each([
    ['HNSW', { refine: true }, 'refine is not supported for this index: invalid parameter'],
    ['HNSW', { refine_type: 'FP32' }, 'refine is not supported for this index'],
    ['HNSW_SQ', { sq_type: 'SQ5' }, 'invalid scalar quantizer type'],
    ['IVF_SQ8', { sq_type: 'SQ4U' }, 'invalid sq_type : SQ4U, optional types are [sq4, sq6, sq8]'],
    ['HNSW_PQ', { nbits: 25 }, "param 'nbits' (25) should be in range [1, 24]"],
    ['HNSW_PQ', { m: 0 }, "param 'm' (0) should be in range [1, 65536]"],
    [
      ...(['HNSW_PQ', { m: 7 }] as const),
      'The dimension of the vector (dim) should be a multiple of the number of subquantizers (m).' +
        ' Dimension: 128, m: 7: invalid parameter',
    ],
    ['HNSW_PRQ', { nrq: 17 }, "param 'nrq' (17) should be in range [1, 16]"],
    ['IVF_RABITQ', { rbq_bits: 10 }, "param 'rbq_bits' (10) should be in range [1, 9]"],
    [
      ...(['SCANN', { sub_dim: 3 }] as const),
      'The dimension of a vector (dim) should be a multiple of sub_dim. Dimension:128, sub_dim:3',
    ],
  ])('%s with %j is refused', (type, params, text) => {
    expect(() => spec(type, params)).toThrow(text)
  })

  it('leave an odd dimension alone where nobody says how wide parts are', () => {
    expect(spec('SCANN', {}, odd).params.sub_dim).toBe(2)
    expect(spec('HNSW', { refine: false }).params).toEqual(graph)
  })
})

describe('the parameters of a search by codes', () => {
  const most = '340282346638528859811704183484516925440.000000'
  it.each([
    [
      ...(['HNSW_SQ', { refine_k: 0.5 }] as const),
      `Out of range in json: param 'refine_k' (0.5) should be in range [1.000000, ${most}]`,
    ],
    ['IVF_RABITQ', { rbq_query_bits: 9 }, "param 'rbq_query_bits' (9) should be in range [0, 8]"],
    ['IVF_RABITQ', { rbq_bits_query: -1 }, "param 'rbq_bits_query' (-1) should be in range [0, 8]"],
    ['SCANN', { reorder_k: 0 }, "param 'reorder_k' (0) should be in range [1, 2147483647]"],
  ])('%s with %j is refused', (type, params, text) => {
    expect(() => searchParamsOf(spec(type), params, 10)).toThrow(text)
  })

  it('may be fractions, and very large', () => {
    const given = { refine_k: 1.5, ef: 100 }
    expect(searchParamsOf(spec('HNSW_PQ'), given, 10)).toEqual(given)
    expect(searchParamsOf(spec('HNSW_SQ'), { refine_k: 1e30 }, 10)).toEqual({ refine_k: 1e30 })
  })
})

describe('product codes of a graph', () => {
  it.each([
    ['HNSW_PQ', { m: 32, nbits: 8 }, 'SQ4U'],
    ['HNSW_PQ', { m: 64, nbits: 8 }, 'SQ4U'],
    ['HNSW_PQ', { m: 64, nbits: 12 }, 'SQ6'],
    ['HNSW_PQ', { m: 128, nbits: 8 }, 'SQ8'],
    ['HNSW_PRQ', { m: 32, nbits: 8, nrq: 3 }, 'SQ6'],
    ['HNSW_SQ', { sq_type: 'bf16' }, 'BF16'],
    ['HNSW', {}, null],
  ])('%s with %j are served by scalar ones: %s', (type, params, scalar) => {
    expect(scalarTypeOf(spec(type, params), 128)).toBe(scalar)
  })

  it.each([
    ['HNSW_PQ', {}, 'a graph with scalar codes of 4, 6 or 8 bits in memory, the vectors on disk'],
    ['HNSW_PRQ', {}, 'a graph with scalar codes of 4, 6 or 8 bits in memory, the vectors on disk'],
    ['IVF_SQ8', { sq_type: 'sq4' }, 'an inverted file with codes of 8 bits'],
    ['IVF_SQ8', { sq_type: 'sq8' }, null],
    ['IVF_RABITQ', { rbq_bits: 4 }, 'an inverted file with codes of 1 bit'],
    ['IVF_RABITQ', { rbq_bits: 1 }, null],
  ])('%s with %j say so', (type, params, served) => {
    expect(servedAs(paramsOf(type, params))).toBe(served)
  })
})
