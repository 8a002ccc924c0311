import type { FixedColumn, ListColumn } from '../../column/column.js'
import { DataType } from '../../schema/data-type.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import { type TimePart, timeParts } from '../../schema/timestamptz.js'
import type { OutputField } from '../../search/search-request.js'
import type { Params } from './search-params.js'

const partNames: readonly string[] = [
  'year',
  'month',
  'day',
  'hour',
  'minute',
  'second',
  'microsecond',
] satisfies TimePart[]

/** An answer whose times are lists of the parts that `time_fields` names; none named: as it is. */
export function withTimeParts<Answer extends { readonly fields: readonly OutputField[] }>(
  answer: Answer,
  params: Params,
): Answer {
  const parts = timePartsFrom(params)
  if (parts.length === 0) return answer
  return { ...answer, fields: answer.fields.map((field) => partsField(field, parts)) }
}

/** @throws parameterInvalid with Milvus's text */
function timePartsFrom(params: Params): readonly TimePart[] {
  const text = params.get('time_fields')
  if (!text) return []
  const names = text.split(/[, ]+/).filter((name) => name !== '')
  return names.map((given) => {
    const name = given.toLowerCase()
    if (partNames.includes(name)) return name as TimePart
    throw invalidParameter(
      `unsupported field for extraction: ${given}, fields should be seprated by ',' or ' '`,
    )
  })
}

function partsField(output: OutputField, names: readonly TimePart[]): OutputField {
  const { field, column, rowCount } = output
  if (field.dataType !== DataType.Timestamptz) return output
  const { values, validity } = column as FixedColumn
  const parts = new BigInt64Array(rowCount * names.length)
  for (let row = 0; row < rowCount; row++) {
    const shown = timeParts(values[row] as bigint, field.timeZone)
    for (const [index, name] of names.entries()) {
      parts[row * names.length + index] = BigInt(shown[name])
    }
  }
  const list: ListColumn = {
    shape: 'list',
    offsets: Int32Array.from({ length: rowCount + 1 }, (_, row) => row * names.length),
    child: { shape: 'fixed', values: parts, width: 1, validity: null },
    validity,
  }
  const asList = { ...field, dataType: DataType.Array, elementType: DataType.Int64 }
  return { field: asList, column: list, rowCount }
}
