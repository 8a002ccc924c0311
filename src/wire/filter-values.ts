import { invalidParameter } from '../schema/invalid-parameter.js'
import type { TemplateArrayValue, TemplateValue } from './generated/messages.js'

/** A constant of a filter, or a list of them: what `expr/` knows as FilterValue. */
type FilterValue = bigint | number | string | boolean | readonly FilterValue[]

/** What an expression's template variables stand for. @throws parameterInvalid */
export function filterValuesFrom(
  values: Readonly<Record<string, TemplateValue>>,
): ReadonlyMap<string, FilterValue> {
  const entries = Object.entries(values)
  if (entries.length === 0) return noValues
  return new Map(entries.map(([name, value]) => [name, valueFrom(name, value)]))
}

const noValues: ReadonlyMap<string, FilterValue> = new Map()

function valueFrom(name: string, value: TemplateValue): FilterValue {
  const { bool_val, int64_val, float_val, string_val, array_val } = value
  const plain = bool_val ?? int64_val ?? float_val ?? string_val
  if (plain !== null) return plain
  if (array_val !== null) return listFrom(name, array_val)
  throw invalidParameter(`expression template {${name}}: expected a value`)
}

/** A list of several types comes as JSON, and an empty one as nothing. */
function listFrom(name: string, list: TemplateArrayValue): readonly FilterValue[] {
  const { bool_data, long_data, double_data, string_data, array_data, json_data } = list
  if (bool_data !== null) return Array.from(bool_data.data, Boolean)
  const plain = long_data ?? double_data ?? string_data
  if (plain !== null) return Array.from<FilterValue>(plain.data)
  if (array_data !== null) return array_data.data.map((item) => listFrom(name, item))
  return (json_data?.data ?? []).map((bytes) => jsonValueFrom(name, bytes))
}

function jsonValueFrom(name: string, bytes: Uint8Array): FilterValue {
  const text = Buffer.from(bytes).toString('utf8')
  if (/^-?\d+$/.test(text)) return BigInt(text)
  const value: unknown = JSON.parse(text)
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value
  }
  throw invalidParameter(
    `expression template {${name}}: expected numbers, strings or bools, got ${text.slice(0, 60)}`,
  )
}
