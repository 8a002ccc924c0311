import { MillraceError } from '../errors.js'
import type { IndexSpec } from './index-family.js'
import { outOfRange } from './index-spec.js'
import { indexTypes, type NumberParam } from './index-types.js'

/**
 * The parameters of a search by an index, each with its default where the request has none.
 * @param limit rows that are asked for
 * @throws parameterInvalid with Milvus's text
 */
export function searchParamsOf(
  { indexType }: IndexSpec,
  given: Readonly<Record<string, unknown>>,
  limit: number,
): Readonly<Record<string, number>> {
  const { searchNumbers } = indexTypes[indexType]
  const params: Record<string, number> = {}
  for (const param of searchNumbers) {
    const value = numberOf(param, given)
    if (value !== null) params[param.name] = value
  }
  for (const name in params) checkReach(name, params[name], limit)
  return params
}

function numberOf(param: NumberParam, given: Readonly<Record<string, unknown>>): number | null {
  const { name, min, max, isFraction } = param
  const value = given[name]
  if (value === undefined) return param.default
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  if (typeof number !== 'number' || !(isFraction || Number.isInteger(number))) {
    const kind = isFraction ? 'a number' : 'integer'
    throw invalid(
      `Type conflict in json: param '${name}' (${JSON.stringify(value)}) should be ${kind}`,
    )
  }
  if (number >= min && number <= max) return number
  throw invalid(outOfRange(param, String(value)))
}

/** Of rows that are looked at closely there must be as many as are asked for. */
function checkReach(name: string, value: number, limit: number): void {
  const shown = reaches[name]
  if (!shown || value >= limit) return
  throw invalid(`${shown}(${value}) should be larger than k(${limit})`)
}

const reaches: Readonly<Record<string, string>> = {
  ef: 'ef',
  search_list: 'search_list_size',
  reorder_k: 'reorder_k',
}

function invalid(text: string): MillraceError {
  return new MillraceError('parameterInvalid', `${text}: invalid parameter`)
}
