import { describe, expect, it } from 'vitest'
import { indexSpecOf } from '../../dist/indexes/index-spec.js'
import { searchParamsOf } from '../../dist/indexes/search-params.js'
import { servedAs } from '../../dist/indexes/served-as.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field } from '../support/fields.js'

const floats = field(101, 'v', DataType.FloatVector, { dim: 128 })
const bits = field(102, 'b', DataType.BinaryVector, { dim: 128 })

function spec(type: string, params: Record<string, unknown> = {}, of = floats, metric = 'L2') {
  return indexSpecOf(of, [
    ['index_type', type],
    ['metric_type', metric],
    ['params', JSON.stringify(params)],
  ])
}

describe('the parameters of an index', () => {
  it('have defaults', () => {
    expect(spec('HNSW')).toEqual({
      indexType: 'HNSW',
      metric: 'L2',
      params: { M: 30, efConstruction: 360 },
    })
    expect(spec('ivf_flat', {}, floats, 'cosine').params).toEqual({ nlist: 128 })
    expect(indexSpecOf(floats, [['metric_type', 'IP']]).indexType).toBe('AUTOINDEX')
  })

  it('may be texts, stand beside params, be null, and be unknown', () => {
    const beside = indexSpecOf(floats, [
      ['index_type', 'HNSW'],
      ['metric_type', 'L2'],
      ['M', '24'],
      ['efConstruction', 'None'],
      ['mmap.enabled', 'true'],
    ])
    expect(beside.params).toEqual({ M: 24, efConstruction: 360 })
    expect(spec('HNSW', { M: '8', efConstruction: null, other: 'x' }).params.M).toBe(8)
  })

  it.each([
    ['HNSW', { M: 1 }, "Out of range in json: param 'M' (1) should be in range [2, 2048]"],
    ['HNSW', { M: 2049 }, "param 'M' (2049) should be in range [2, 2048]: invalid parameter"],
    ['HNSW', { M: true }, "invalid integer value, key: 'M', value: 'true': invalid parameter"],
    ['HNSW', { M: [16] }, "invalid integer value, key: 'M', value: '[16]': invalid parameter"],
    ['HNSW', { M: '16.0' }, "wrong data type in json, key: 'M', value: '16.0'"],
    ['IVF_FLAT', { nlist: 0 }, "param 'nlist' (0) should be in range [1, 65536]"],
    ['IVF_PQ', { m: 7 }, 'should be a multiple of the number of subquantizers (m)'],
    ['IVF_PQ', { nbits: 25 }, "param 'nbits' (25) should be in range [1, 24]"],
    [
      'HNSW_SQ',
      { refine_type: 'INT8' },
      'invalid refine type : INT8, optional types are [sq4u, sq6, sq8, fp16, bf16, fp32, flat]: invalid parameter',
    ],
    ['HNSW_SQ', { refine: 'test' }, 'should be a boolean: invalid parameter'],
    [
      'GPU_CAGRA',
      {},
      'invalid parameter[expected=valid index][actual=invalid index type: GPU_CAGRA]',
    ],
    ['BIN_FLAT', {}, "data type FloatVector can't build with this index BIN_FLAT"],
  ])('%s with %j is refused', (type, params, text) => {
    expect(() => spec(type, params)).toThrow(text)
  })

  it('has a metric that suits the vectors', () => {
    expect(() => spec('HNSW', {}, floats, 'HAMMING')).toThrow(
      'float vector index does not support metric type: HAMMING',
    )
    expect(spec('HNSW', {}, bits, 'JACCARD').metric).toBe('JACCARD')
    expect(() => spec('AUTOINDEX', {}, bits, 'L2')).toThrow(
      'binary vector index does not support metric type: L2',
    )
    expect(() => indexSpecOf(floats, [['index_type', 'FLAT']])).toThrow(
      'metric type not set for vector index',
    )
  })
})

describe('the parameters of a search', () => {
  it('have defaults, and may be texts', () => {
    expect(searchParamsOf(spec('HNSW'), {}, 10)).toEqual({})
    expect(searchParamsOf(spec('HNSW'), { ef: '32' }, 10)).toEqual({ ef: 32 })
    expect(searchParamsOf(spec('IVF_FLAT'), { other: 1 }, 10)).toEqual({ nprobe: 8 })
  })

  it.each([
    [
      'HNSW',
      { ef: -1 },
      "Out of range in json: param 'ef' (-1) should be in range [1, 2147483647]",
    ],
    ['HNSW', { ef: 5 }, 'ef(5) should be larger than k(10)'],
    ['HNSW', { ef: 32.5 }, "Type conflict in json: param 'ef' (32.5) should be integer"],
    ['HNSW', { ef: true }, "Type conflict in json: param 'ef' (true) should be integer"],
    ['HNSW', { ef: null }, "Type conflict in json: param 'ef' (null) should be integer"],
    ['HNSW', { ef: [32] }, "param 'ef' ([32]) should be integer"],
    ['IVF_FLAT', { nprobe: 0 }, "param 'nprobe' (0) should be in range [1, 65536]"],
    ['SCANN', { reorder_k: 9 }, 'reorder_k(9) should be larger than k(10)'],
    ['DISKANN', { search_list: 9 }, 'search_list_size(9) should be larger than k(10)'],
  ])('%s with %j is refused', (type, params, text) => {
    expect(() => searchParamsOf(spec(type), params, 10)).toThrow(text)
  })
})

describe('an index that is served otherwise', () => {
  const served = (...params: [string, string][]) => servedAs(params)

  it('says so', () => {
    expect(served(['index_type', 'DISKANN'])).toContain('in memory')
  })

  it('is none where it is what it is called', () => {
    expect(served(['index_type', 'HNSW'])).toBeNull()
    expect(served(['index_type', 'HNSW_SQ'], ['params', '{"sq_type":"sq4u"}'])).toBeNull()
    expect(served(['metric_type', 'L2'])).toBeNull()
  })
})
