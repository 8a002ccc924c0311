import { MillraceError } from '../../errors.js'
import type { Ranker } from '../../search/search-request.js'
import type { FunctionScore } from '../../wire/generated/messages.js'
import { jsonObjectFrom, type Params, paramsFrom } from './search-params.js'
import { refuse } from './unsupported.js'

const kMax = 16_384
const kDefault = 60

/**
 * How a hybrid search joins what it finds: by `strategy` and `params`, by a rerank function, or by reciprocal
 * ranks where nothing is said.
 * @throws parameterInvalid with Milvus's text, unsupported for other functions
 */
export function rankerFrom(
  params: Params,
  functionScore: FunctionScore | null,
  searchCount: number,
): Ranker {
  const { strategy, values } = functionScore ? ofFunction(functionScore) : ofParams(params)
  if (strategy === 'rrf') return { strategy, k: rankOffset(values.k) }
  if (strategy === 'weighted') {
    const weights = weightsFrom(values.weights, searchCount)
    return { strategy, weights, normScore: values.norm_score === true }
  }
  throw invalid(`unsupported rank type ${strategy}`)
}

interface RankerWords {
  readonly strategy: string
  readonly values: Readonly<Record<string, unknown>>
}

/** Milvus: scores are brought between 0 and 1 unless the ranker says not to. */
function ofParams(params: Params): RankerWords {
  const values = jsonObjectFrom('rank params', params.get('params') || '{}')
  return { strategy: params.get('strategy') || 'rrf', values: { norm_score: true, ...values } }
}

function ofFunction({ functions }: FunctionScore): RankerWords {
  const [reranker] = functions
  refuse({ 'several rerank functions': functions.length !== 1 })
  const words = paramsFrom(reranker.params)
  const strategy = (words.get('reranker') ?? '').toLowerCase()
  refuse({ [`the reranker ${strategy}`]: strategy !== 'rrf' && strategy !== 'weighted' })
  const values = [...words].map(([key, text]) => [key, parsed(text)])
  return { strategy, values: Object.fromEntries(values) }
}

/** Numbers, lists and bools as SDKs write them; what is neither stays a text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text.toLowerCase())
  } catch {
    return text
  }
}

function rankOffset(k: unknown): number {
  if (k === undefined) return kDefault
  if (typeof k !== 'number') throw invalid(`The type of rank param k should be float, got ${k}`)
  if (k > 0 && k < kMax) return k
  throw invalid(`The rank params k should be in range (0, ${kMax}), got ${k}`)
}

function weightsFrom(weights: unknown, searchCount: number): number[] {
  if (weights === undefined) throw invalid('weights not found in rank_params')
  if (!Array.isArray(weights)) throw invalid('The weights param should be an array')
  if (weights.length !== searchCount) {
    throw invalid(
      `the length of weights param mismatch with ann search requests: invalid parameter[expected=${searchCount}][actual=${weights.length}]`,
    )
  }
  return weights.map((weight: unknown) => {
    if (typeof weight === 'number' && weight >= 0 && weight <= 1) return weight
    throw invalid(`rank param weight should be in range [0, 1], got ${weight}`)
  })
}

function invalid(message: string): MillraceError {
  return new MillraceError('parameterInvalid', message)
}
