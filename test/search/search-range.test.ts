import { describe, expect, it } from 'vitest'
import { searchRangeFrom } from '../../dist/search/search-range.js'

describe('the range of a search', () => {
  it('is everything without a radius, as in Milvus', () => {
    const whole = { near: -Infinity, far: Infinity }
    expect(searchRangeFrom({}, 'L2')).toEqual(whole)
    expect(searchRangeFrom({ range_filter: 1 }, 'IP')).toEqual(whole)
  })

  it('has the sign of the metric, and the precision of distances', () => {
    expect(searchRangeFrom({ radius: 4, range_filter: 1 }, 'L2')).toEqual({ near: 1, far: 4 })
    expect(searchRangeFrom({ radius: 1, range_filter: 4 }, 'IP')).toEqual({ near: -4, far: -1 })
    expect(searchRangeFrom({ radius: 0.1 }, 'HAMMING').far).toBe(Math.fround(0.1))
    expect(searchRangeFrom({ radius: 0.5 }, 'COSINE')).toEqual({ near: -Infinity, far: -0.5 })
  })

  it.each([
    ['L2', { radius: 1, range_filter: 1 }, 'range_filter must be less than radius'],
    ['SUBSTRUCTURE', { radius: 1 }, 'failed to range search: invalid metric type: SUBSTRUCTURE'],
    ['JACCARD', { radius: 1, range_filter: 2 }, 'range_filter must be less than radius'],
    ['IP', { radius: 1, range_filter: 1 }, 'range_filter must be greater than radius'],
    ['COSINE', { radius: 2, range_filter: 1 }, 'range_filter must be greater than radius'],
    ['L2', { radius: '1' }, 'radius: expected a number, got "1"'],
  ] as const)('refuses for %s %o', (metric, params, message) => {
    expect(() => searchRangeFrom(params, metric)).toThrow(message)
  })
})
