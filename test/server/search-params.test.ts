import { describe, expect, it } from 'vitest'
import {
  groupingFrom,
  indexParamsFrom,
  iteratorPageFrom,
  orderByFrom,
  paramsFrom,
  queryWindow,
  refuseParams,
  roundDecimalFrom,
  searchWindow,
} from '../../dist/server/grpc/search-params.js'

function params(pairs: Record<string, string>) {
  return paramsFrom(Object.entries(pairs).map(([key, value]) => ({ key, value })))
}

describe('the window of a search', () => {
  it('is topk and offset', () => {
    expect(searchWindow(params({ topk: '10' }))).toEqual({ topK: 10, offset: 0 })
    expect(searchWindow(params({ topk: '16384', offset: '0' })).topK).toBe(16_384)
  })

  it.each([
    [{ topk: '0' }, 'topk [0] is invalid, top k should be in range [1, 16384], but got 0'],
    [
      { topk: '16385' },
      'topk [16385] is invalid, top k should be in range [1, 16384], but got 16385',
    ],
    [{ topk: 'ten' }, 'topk [ten] is invalid'],
    [{ topk: '10', offset: '-1' }, 'offset [-1] is invalid'],
    [
      { topk: '10', offset: '16380' },
      'offset+topk [16390] is invalid, top k should be in range [1, 16384], but got 16390',
    ],
    [{}, 'topk is required'],
  ])('refuses %o', (pairs, message) => {
    expect(() => searchWindow(params(pairs as Record<string, string>))).toThrow(message)
  })
})

describe('the window of an iterator', () => {
  it('is cut where it is wider than can be', () => {
    expect(searchWindow(params({ topk: '20000', iterator: 'True' })).topK).toBe(16_384)
  })
})

describe('the window of a query', () => {
  it('is everything where no limit is given', () => {
    expect(queryWindow(params({}))).toEqual({ limit: null, offset: 0 })
    expect(queryWindow(params({ limit: '-1' }))).toEqual({ limit: null, offset: 0 })
    expect(queryWindow(params({ limit: '5', offset: '2' }))).toEqual({ limit: 5, offset: 2 })
  })

  it.each([
    [{ limit: '0' }, 'limit [0] is invalid, should be greater than 0'],
    [{ limit: '1', offset: '-1' }, 'offset [-1] is invalid, should be gte than 0'],
    [{ limit: '16385' }, '(offset+limit) should be in range [1, 16384], but got 16385'],
  ])('refuses %o', (pairs, message) => {
    expect(() => queryWindow(params(pairs as Record<string, string>))).toThrow(message)
  })
})

describe('the groups of a search', () => {
  it('are of one row each where nothing is said', () => {
    expect(groupingFrom(params({}), {})).toBeNull()
    expect(groupingFrom(params({ group_by_field: 'a' }), {})).toEqual({
      fieldNames: ['a'],
      size: 1,
    })
  })

  it('may come as a list of one name', () => {
    const asked = params({ group_by_fields: 'a', group_size: '2' })
    expect(groupingFrom(asked, {})).toEqual({ fieldNames: ['a'], size: 2 })
    expect(groupingFrom(params({ group_by_fields: '[]' }), {})).toBeNull()
    expect(groupingFrom(params({ group_by_fields: 'a, b' }), {})?.fieldNames).toEqual(['a', 'b'])
  })

  it.each([
    [{ group_size: '0' }, {}, 'input group size:0 is negative, failed to do search_groupby'],
    [{ group_size: '11' }, {}, 'input group size:11 exceeds configured max group size:10'],
    [{ iterator: 'true' }, {}, 'Not allowed to do groupBy when doing iteration'],
    [{}, { radius: 1 }, 'Not allowed to do range-search when doing search-group-by'],
  ])('refuse %o beside %o', (pairs, indexParams, message) => {
    const asked = params({ group_by_field: 'a', ...(pairs as Record<string, string>) })
    expect(() => groupingFrom(asked, indexParams)).toThrow(message)
  })
})

describe('the order of a query', () => {
  it('is by fields, nulls last but where they come down', () => {
    expect(orderByFrom(params({}))).toEqual([])
    const text = 'a, b:desc, c:asc:nulls_first, d:DESC:nulls_last'
    const order = orderByFrom(params({ order_by_fields: text }))
    expect(order.map((by) => Object.values(by))).toEqual([
      ['a', false, false],
      ['b', true, true],
      ['c', false, true],
      ['d', true, false],
    ])
    expect(() => orderByFrom(params({ order_by_fields: 'a:up' }))).toThrow('got a:up')
  })
})

describe('a page of an iterator', () => {
  const token = '0f8fad5b-d9cb-469f-a165-70867728950e'
  const asked = { iterator: 'True', search_iter_v2: 'True', search_iter_batch_size: '7' }
  const pageOf = (pairs: Record<string, string>) => iteratorPageFrom(params(pairs), () => token)

  it('begins with a token and goes on from a bound', () => {
    expect(pageOf({})).toBeNull()
    expect(pageOf(asked)).toEqual({ token, batchSize: 7, lastBound: null })
    const next = { ...asked, search_iter_id: token, search_iter_last_bound: '0.5' }
    expect(pageOf(next)).toEqual({ token, batchSize: 7, lastBound: 0.5 })
  })

  it.each([
    [{ iterator: 'False' }, 'both iterator and search_iter_v2 must be set in the SDK'],
    [{ search_iter_batch_size: '' }, 'batch size is required'],
    [{ search_iter_batch_size: '0' }, 'batch size [0] is invalid'],
    [{ search_iter_id: 'x' }, 'invalid token format'],
    [{ search_iter_last_bound: 'x' }, 'failed to parse input last bound'],
    [{ offset: '1' }, 'Setting an offset is not permitted when using a search iterator v2'],
  ])('refuses %o', (pairs, message) => {
    const refused = { ...asked, ...(pairs as Record<string, string>) }
    expect(() => pageOf(refused)).toThrow(message)
  })
})

describe('parameters', () => {
  it('that nobody knows pass', () => {
    const iterator = { iterator: 'True', search_iter_v2: 'True', search_iter_batch_size: '1' }
    refuseParams(params({ ...iterator, ignore_growing: 'False', hints: '', made_up: '1' }))
    refuseParams(params({ group_by_field: '', group_by_fields: '[]' }))
  })

  it('that are not there yet are refused by name', () => {
    expect(() => refuseParams(params({ analyzer_name: 'colour' }))).toThrow(
      'not supported by millrace: text search',
    )
  })

  it('of the index are a JSON object', () => {
    expect(indexParamsFrom(params({ params: '{"nprobe": 10}' }))).toEqual({ nprobe: 10 })
    expect(indexParamsFrom(params({}))).toEqual({})
    expect(() => indexParamsFrom(params({ params: '[1]' }))).toThrow('expected a JSON object')
    expect(() => indexParamsFrom(params({ params: '{' }))).toThrow('search params')
  })

  it('for rounding are -1 to 6', () => {
    expect(roundDecimalFrom(params({}))).toBe(-1)
    expect(roundDecimalFrom(params({ round_decimal: '3' }))).toBe(3)
    expect(() => roundDecimalFrom(params({ round_decimal: '7' }))).toThrow('in range [0, 6]')
  })
})
