import type { FilterValues } from '../../expr/filter-values.js'
import { elementTexts, memberTexts, textUnder } from '../../formats/text/json-body.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'

type FilterValue = bigint | number | string | boolean | readonly FilterValue[]

/** What `exprParams` of a body gives the filter's template variables; whole numbers are exact. */
export function filterValuesIn(bodyText: string): FilterValues {
  const given = textUnder(bodyText, 'exprParams')
  const members = given === null ? [] : memberTexts(Buffer.from(given))
  return new Map(members.map(([name, text]) => [name, valueFrom(name, text)]))
}

function valueFrom(name: string, text: string): FilterValue {
  if (/^-?\d+$/.test(text)) return BigInt(text)
  if (text.startsWith('[')) return elementTexts(text).map((element) => valueFrom(name, element))
  const value: unknown = JSON.parse(text)
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value
  }
  throw invalidParameter(
    `expression template {${name}}: expected numbers, strings or bools, got ${text.slice(0, 60)}`,
  )
}
