import type { NewField } from '../client/new-field.js'
import { DataType, dataTypeName } from '../schema/data-type.js'
import type { PlannedCollection } from './database.js'

/** A planned collection as a table. @param from the files that were looked at */
export function schemaLines({ name, fields, metrics }: PlannedCollection, from: string): string[] {
  const cells = fields.map((field) => [field.name, typeText(field), wordsOf(field, metrics)])
  const widths = [0, 1].map((column) => Math.max(...cells.map((row) => row[column].length)))
  const lines = cells.map(([field, type, words]) =>
    `  ${field.padEnd(widths[0])}  ${type.padEnd(widths[1])}  ${words}`.trimEnd(),
  )
  return [`collection ${name}, by the look of ${from}:`, ...lines]
}

function typeText({ dataType, elementType }: NewField): string {
  const type = dataTypeName(dataType)
  return dataType === DataType.Array ? `${type}<${dataTypeName(elementType!)}>` : type
}

function wordsOf(field: NewField, metrics: ReadonlyMap<string, string>): string {
  const { isPrimary, autoId, dim, maxLength, maxCapacity, nullable } = field
  return [
    isPrimary ? 'primary key' : '',
    autoId ? 'made by itself' : '',
    dim === undefined ? '' : `dim ${dim}`,
    metrics.get(field.name) ?? '',
    maxLength === undefined ? '' : `max_length ${maxLength}`,
    maxCapacity === undefined ? '' : `max_capacity ${maxCapacity}`,
    nullable ? 'nullable' : '',
  ]
    .filter((word) => word !== '')
    .join(', ')
}
