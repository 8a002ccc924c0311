import { DataType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { invalidParams } from './invalid-params.js'
import type { GramSizes } from './value-index.js'

/**
 * The lengths of grams that an index of type NGRAM is to have: of those that are asked for, the four shortest.
 * Longer texts are told by several of them as well.
 * @throws parameterInvalid with Milvus's text
 */
export function gramSizesOf({ dataType }: Field, values: ReadonlyMap<string, string>): GramSizes {
  if (dataType === DataType.JSON) checkCast(values.get('json_cast_type'))
  const [minText, maxText] = [values.get('min_gram'), values.get('max_gram')]
  if (minText === undefined || maxText === undefined) {
    throw invalidParams('Ngram index must specify both min_gram and max_gram: missing parameter')
  }
  const min = wholeNumber('min_gram', minText)
  const max = wholeNumber('max_gram', maxText)
  if (min <= 0 || max <= 0 || min > max) {
    throw refused(
      `invalid min_gram or max_gram value for Ngram index, min_gram: ${min}, max_gram: ${max}`,
    )
  }
  checkBuild(values)
  return { min, max: Math.min(max, min + lengthsMax - 1) }
}

const lengthsMax = 4

function checkCast(cast: string | undefined): void {
  if (cast === undefined) {
    throw invalidParams(
      'JSON field with ngram index must specify json_cast_type: missing parameter',
    )
  }
  const type = cast.trim().toUpperCase()
  if (type === 'VARCHAR') return
  throw refused(`JSON field with ngram index only supports VARCHAR cast type, got: ${type}`)
}

function wholeNumber(name: string, text: string): number {
  if (/^[+-]?\d{1,15}$/.test(text)) return Number(text)
  throw refused(`${name} for Ngram index must be an integer, got: ${text}`)
}

/** Milvus: they say how it builds the index, which is no concern of ours. */
function checkBuild(values: ReadonlyMap<string, string>): void {
  const mode = values.get('ngram_build_mode')
  if (mode !== undefined && !['regular', 'auto', 'force_direct'].includes(mode)) {
    throw refused(`invalid ngram_build_mode: ${mode}`)
  }
  const limit = values.get('ngram_direct_soft_limit_bytes')
  if (limit === undefined || (/^\d{1,20}$/.test(limit) && BigInt(limit) > 0n)) return
  throw refused(`ngram_direct_soft_limit_bytes must be a positive integer, got: ${limit}`)
}

function refused(text: string) {
  return invalidParams(`${text}: invalid parameter`)
}
