import { describe, expect, it } from 'vitest'
import {
  indexParamsFrom,
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
    [{ topk: '0' }, 'topk [0] is invalid, it should be in range [1, 16384], but got 0'],
    [{ topk: '16385' }, 'topk [16385] is invalid, it should be in range [1, 16384], but got 16385'],
    [{ topk: 'ten' }, 'topk [ten] is invalid, it should be an integer'],
    [{ topk: '10', offset: '-1' }, 'offset [-1] is invalid'],
    [
      { topk: '10', offset: '16380' },
      '(offset+limit) should be in range [1, 16384], but got 16390',
    ],
    [{}, 'topk not found in search_params'],
  ])('refuses %o', (pairs, message) => {
    expect(() => searchWindow(params(pairs as Record<string, string>))).toThrow(message)
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

describe('parameters', () => {
  it('that nobody knows pass', () => {
    const iterator = { iterator: 'True', search_iter_v2: 'True', search_iter_batch_size: '1' }
    refuseParams(params({ ...iterator, ignore_growing: 'False', hints: '', made_up: '1' }))
    refuseParams(params({ group_by_field: '', group_by_fields: '[]' }))
  })

  it('that are not there yet are refused by name', () => {
    expect(() => refuseParams(params({ group_by_field: 'colour' }))).toThrow(
      'millrace does not support group_by_field yet',
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
