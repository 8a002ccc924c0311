import { MillraceError } from '../../errors.js'
import { DataType } from '../../schema/data-type.js'
import type { Grouping, GroupScorer, OrderByName, SearchPage } from '../../search/search-request.js'
import type { KeyValuePair } from '../../wire/generated/messages.js'
import { refuse } from './unsupported.js'

const windowMax = 16_384
const groupSizeMax = 10

/** `search_params` or `query_params`, by key. A later pair wins. */
export type Params = ReadonlyMap<string, string>

export function paramsFrom(pairs: readonly KeyValuePair[]): Params {
  return new Map(pairs.map(({ key, value }) => [key, value]))
}

const unsupportedParams: Readonly<Record<string, string>> = {
  query_iter_last_element_offset: 'iterators over elements',
  analyzer_name: 'text search',
}

/** Of parameters that are not there yet, names the first that is set. Parameters that nobody knows pass. */
export function refuseParams(params: Params): void {
  const asked = Object.entries(unsupportedParams).map(([key, feature]) => [
    feature,
    isSet(params, key),
  ])
  refuse(Object.fromEntries(asked))
}

/** SDKs write "true", "True" or "1". */
export function isOn(params: Params, key: string): boolean {
  return ['true', '1', 't'].includes((params.get(key) ?? '').toLowerCase())
}

function isSet(params: Params, key: string): boolean {
  return !['', '[]', 'null', 'None', '-1', undefined].includes(params.get(key))
}

/** @throws parameterInvalid with Milvus's text */
export function searchWindow(params: Params): { topK: number; offset: number } {
  const topKText = params.get('topk') ?? params.get('limit')
  if (topKText === undefined) throw invalid('topk is required')
  const asked = wholeNumber('topk', topKText)
  // Milvus: an iterator may ask for more than there can be, since it goes on.
  const topK = isOn(params, 'iterator') && asked > windowMax ? windowMax : asked
  const offset = wholeNumber('offset', params.get('offset') ?? '0')
  checkRange('topk', topK)
  if (offset !== 0) checkRange('offset', offset)
  checkRange('offset+topk', topK + offset)
  return { topK, offset }
}

function checkRange(name: string, value: number): void {
  if (value >= 1 && value <= windowMax) return
  throw invalid(
    `${name} [${value}] is invalid, top k should be in range [1, ${windowMax}], but got ${value}`,
  )
}

/** @throws parameterInvalid with Milvus's text */
export function queryWindow(params: Params): { limit: number | null; offset: number } {
  const limitText = params.get('limit')
  // Milvus: an offset without a limit, and the limit -1, ask for everything.
  if (limitText === undefined || limitText === '-1') return { limit: null, offset: 0 }
  return boundedWindow(params)
}

/** The window of a hybrid search, which must have one. @throws parameterInvalid with Milvus's text */
export function rankWindow(params: Params): { topK: number; offset: number } {
  if (!params.has('limit')) throw invalid('limit not found in rank_params')
  const { limit, offset } = boundedWindow(params)
  return { topK: limit, offset }
}

function boundedWindow(params: Params): { limit: number; offset: number } {
  const limit = wholeNumber('limit', params.get('limit') ?? '')
  const offset = wholeNumber('offset', params.get('offset') ?? '0')
  const fault = windowFault(limit, offset)
  if (fault) throw invalid(`invalid max query result window, ${fault}`)
  return { limit, offset }
}

function windowFault(limit: number, offset: number): string | null {
  if (limit < 1) return `limit [${limit}] is invalid, should be greater than 0`
  if (offset < 0) return `offset [${offset}] is invalid, should be gte than 0`
  if (limit + offset <= windowMax) return null
  return `(offset+limit) should be in range [1, ${windowMax}], but got ${limit + offset}`
}

/** -1: scores are not rounded. */
export function roundDecimalFrom(params: Params): number {
  const text = params.get('round_decimal') ?? '-1'
  if (/^(-1|[0-6])$/.test(text)) return Number(text)
  throw invalid(`round_decimal [${text}] is invalid, should be -1 or an integer in range [0, 6]`)
}

/**
 * The order that a query asks for: `field:asc` or `field:desc`, maybe with `:nulls_first` or `:nulls_last`,
 * separated by commas. Milvus: nulls are larger than everything else.
 * @throws parameterInvalid
 */
export function orderByFrom(params: Params): OrderByName[] {
  const text = params.get('order_by_fields') ?? ''
  if (text.trim() === '') return []
  return text.split(',').map((part) => {
    const [fieldName, ...words] = part.split(':').map((word) => word.trim())
    const odd = words.find((word) => !/^(asc|desc|nulls_first|nulls_last)$/i.test(word))
    if (odd !== undefined || fieldName === '') {
      throw invalid(`order_by_fields: expected field:asc or field:desc, got ${part}`)
    }
    const said = new Set(words.map((word) => word.toLowerCase()))
    const isDescending = said.has('desc')
    const areNullsFirst = said.has('nulls_first') || (isDescending && !said.has('nulls_last'))
    return { fieldName, isDescending, areNullsFirst }
  })
}

/** The groups that are asked for. @throws parameterInvalid with Milvus's text */
export function groupingFrom(
  params: Params,
  indexParams: Readonly<Record<string, unknown>>,
): Grouping | null {
  // The newest SDKs write a list, where older ones write one name.
  const single = params.get('group_by_field')
  const fieldNames = single ? [single] : namesIn(params, 'group_by_fields')
  if (fieldNames.length === 0) return null
  const size = wholeNumber('group_size', params.get('group_size') ?? '1')
  if (size < 1) {
    throw invalid(`input group size:${size} is negative, failed to do search_groupby`)
  }
  if (size > groupSizeMax) {
    throw invalid(`input group size:${size} exceeds configured max group size:${groupSizeMax}`)
  }
  if (isOn(params, 'iterator')) throw forbidden('Not allowed to do groupBy when doing iteration')
  if ('radius' in indexParams) {
    throw forbidden('Not allowed to do range-search when doing search-group-by')
  }
  return { fieldNames, size, ...jsonCastFrom(params) }
}

/** Which score of its rows tells a group's place in a hybrid search. @throws parameterInvalid */
export function groupScorerFrom(params: Params): GroupScorer {
  const scorer = params.get('rank_group_scorer') || 'max'
  if (scorer === 'max' || scorer === 'sum' || scorer === 'avg') return scorer
  throw invalid(`rank_group_scorer: expected max, sum or avg, got ${scorer}`)
}

/** What values in JSON are grouped as. */
function jsonCastFrom(params: Params): Pick<Grouping, 'jsonPath' | 'jsonType'> {
  const jsonPath = params.get('json_path')
  const typeName = params.get('json_type')
  return {
    ...(jsonPath && { jsonPath }),
    ...(typeName && { jsonType: jsonTypeNamed(typeName) }),
  }
}

function jsonTypeNamed(name: string): DataType {
  if (/^int(8|16|32|64)$/i.test(name)) return DataType.Int64
  if (/^(bool|boolean)$/i.test(name)) return DataType.Bool
  if (/^(varchar|string)$/i.test(name)) return DataType.VarChar
  throw invalid(`json_type: expected Bool, Int8 to Int64 or VarChar, got ${name}`)
}

/** Names with commas between them, as SDKs write lists. */
export function namesIn(params: Params, key: string): string[] {
  const text = params.get(key) ?? ''
  if (text === '[]') return []
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** A page of an iterator of version 2, and its size. */
interface IteratorPage extends SearchPage {
  readonly batchSize: number
  readonly token: string
}

/** @throws parameterInvalid with Milvus's text */
export function iteratorPageFrom(params: Params, newToken: () => string): IteratorPage | null {
  if (!isOn(params, 'search_iter_v2')) return null
  if (!isOn(params, 'iterator')) {
    throw iteratorFault('both iterator and search_iter_v2 must be set in the SDK')
  }
  if (wholeNumber('offset', params.get('offset') ?? '0') > 0) {
    throw forbidden('Setting an offset is not permitted when using a search iterator v2')
  }
  const token = params.get('search_iter_id') || newToken()
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(token)) {
    throw iteratorFault('invalid token format')
  }
  const sizeText = params.get('search_iter_batch_size')
  if (!sizeText) throw iteratorFault('batch size is required')
  const batchSize = wholeNumber('search_iter_batch_size', sizeText)
  checkRange('batch size', batchSize)
  return { token, batchSize, lastBound: lastBoundFrom(params.get('search_iter_last_bound')) }
}

function lastBoundFrom(text: string | undefined): number | null {
  if (!text) return null
  const bound = Number(text)
  if (!Number.isNaN(bound)) return Math.fround(bound)
  throw iteratorFault(`failed to parse input last bound, got ${text}`)
}

function iteratorFault(message: string): MillraceError {
  return invalid(`parse iterator v2 info failed: ${message}`)
}

/** The index's search parameters: the JSON object under `params`. */
export function indexParamsFrom(params: Params): Readonly<Record<string, unknown>> {
  const text = params.get('params')
  if (text === undefined || text === '') return {}
  return jsonObjectFrom('search params', text)
}

/** @throws parameterInvalid */
export function jsonObjectFrom(what: string, text: string): Readonly<Record<string, unknown>> {
  const value = jsonFrom(what, text)
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>
  }
  throw invalid(`${what}: expected a JSON object, got ${text.slice(0, 60)}`)
}

function jsonFrom(what: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalid(`${what}: ${(error as SyntaxError).message}`)
  }
}

function wholeNumber(key: string, text: string): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text)
  throw invalid(`${key} [${text}] is invalid`)
}

function invalid(message: string): MillraceError {
  return new MillraceError('parameterInvalid', message)
}

/** Milvus: two things that do not go together are a parameter without a value. */
function forbidden(message: string): MillraceError {
  return invalid(`${message}: invalid parameter[expected=][actual=]`)
}
