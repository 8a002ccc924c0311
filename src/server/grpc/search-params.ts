import { MillraceError } from '../../errors.js'
import type { KeyValuePair } from '../../wire/generated/messages.js'
import { refuse } from './unsupported.js'

const windowMax = 16_384

/** `search_params` or `query_params`, by key. A later pair wins. */
export type Params = ReadonlyMap<string, string>

export function paramsFrom(pairs: readonly KeyValuePair[]): Params {
  return new Map(pairs.map(({ key, value }) => [key, value]))
}

const unsupportedParams: Readonly<Record<string, string>> = {
  group_by_field: 'group_by_field',
  group_by_fields: 'group_by_fields',
  order_by_fields: 'order_by_fields',
  query_iter_last_element_offset: 'iterators over elements',
  search_iter_id: 'search iterators of version 2',
  analyzer_name: 'text search',
  json_path: 'grouping by a JSON path',
  timezone: 'timezone',
  time_fields: 'time_fields',
}

/** Of parameters that are not there yet, names the first that is set. Parameters that nobody knows pass. */
export function refuseParams(params: Params): void {
  const asked = Object.entries(unsupportedParams).map(([key, feature]) => [
    feature,
    isSet(params, key),
  ])
  refuse(Object.fromEntries(asked))
}

function isSet(params: Params, key: string): boolean {
  return !['', '[]', 'null', 'None', '-1', undefined].includes(params.get(key))
}

/** @throws parameterInvalid with Milvus's text */
export function searchWindow(params: Params): { topK: number; offset: number } {
  const topKText = params.get('topk') ?? params.get('limit')
  if (topKText === undefined) throw invalid('topk not found in search_params')
  const topK = wholeNumber('topk', topKText)
  const offset = wholeNumber('offset', params.get('offset') ?? '0')
  if (topK < 1 || topK > windowMax) {
    throw invalid(
      `topk [${topK}] is invalid, it should be in range [1, ${windowMax}], but got ${topK}`,
    )
  }
  if (offset < 0 || offset > windowMax) {
    throw invalid(
      `offset [${offset}] is invalid, it should be in range [0, ${windowMax}], but got ${offset}`,
    )
  }
  checkSum(topK, offset)
  return { topK, offset }
}

/** @throws parameterInvalid with Milvus's text */
export function queryWindow(params: Params): { limit: number | null; offset: number } {
  const limitText = params.get('limit')
  const offset = wholeNumber('offset', params.get('offset') ?? '0')
  // Milvus: an offset without a limit, and the limit -1, ask for everything.
  if (limitText === undefined || limitText === '-1') return { limit: null, offset: 0 }
  const limit = wholeNumber('limit', limitText)
  if (limit < 1) throw invalid(`limit [${limit}] is invalid, should be greater than 0`)
  if (offset < 0) throw invalid(`offset [${offset}] is invalid, should be gte than 0`)
  checkSum(limit, offset)
  return { limit, offset }
}

function checkSum(limit: number, offset: number): void {
  if (limit + offset <= windowMax) return
  throw invalid(`(offset+limit) should be in range [1, ${windowMax}], but got ${limit + offset}`)
}

/** -1: scores are not rounded. */
export function roundDecimalFrom(params: Params): number {
  const roundDecimal = wholeNumber('round_decimal', params.get('round_decimal') ?? '-1')
  if (roundDecimal >= -1 && roundDecimal <= 6) return roundDecimal
  throw invalid(
    `round_decimal [${roundDecimal}] is invalid, it should be -1 or an integer in range [0, 6]`,
  )
}

/** The index's search parameters: the JSON object under `params`. */
export function indexParamsFrom(params: Params): Readonly<Record<string, unknown>> {
  const text = params.get('params')
  if (text === undefined || text === '') return {}
  const value = jsonFrom(text)
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>
  }
  throw invalid(`search params: expected a JSON object, got ${text.slice(0, 60)}`)
}

function jsonFrom(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalid(`search params: ${(error as SyntaxError).message}`)
  }
}

function wholeNumber(key: string, text: string): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text)
  throw invalid(`${key} [${text}] is invalid, it should be an integer`)
}

function invalid(message: string): MillraceError {
  return new MillraceError('parameterInvalid', message)
}
