import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'
import type { Row } from './import-files.js'
import type { Table } from './random-table.js'

/** As a list of objects; dynamic members stand beside the fields. */
export function jsonText(table: Table, isRowsForm: boolean): string {
  const list = `[${jsonRows(table).join(',\n')}]`
  return isRowsForm ? `{"rows": ${list}}` : list
}

export function jsonLines(table: Table): string {
  return jsonRows(table)
    .map((row) => `${row}\n`)
    .join('')
}

export function csvText(table: Table, sep: string, nullKey: string): string {
  const fields = writtenFields(table)
  const lines = table.rows.map((row) =>
    fields.map((field) => csvCell(cellText(field, row[field.name], nullKey), sep)),
  )
  const header = fields.map(({ name }) => name)
  return [header, ...lines].map((cells) => `${cells.join(sep)}\n`).join('')
}

export function writtenFields({ fields, leftOut }: Table): Field[] {
  return fields.filter(({ name }) => !leftOut.has(name))
}

/** RFC 3339, in UTC, with microseconds. */
export function timeText(micros: string): string {
  const value = BigInt(micros)
  const fraction = ((value % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = Number((value - fraction) / 1_000_000n)
  const text = new Date(seconds * 1000).toISOString().slice(0, 19)
  return `${text}.${String(fraction).padStart(6, '0')}Z`
}

function jsonRows(table: Table): string[] {
  const fields = writtenFields(table)
  return table.rows.map((row) => `{${fields.flatMap((field) => jsonMembers(field, row)).join()}}`)
}

function jsonMembers(field: Field, row: Row): string[] {
  const value = row[field.name]
  if (!field.isDynamic) return [`${JSON.stringify(field.name)}:${jsonValue(field, value)}`]
  const inner = String(value).slice(1, -1)
  return inner === '' ? [] : [inner]
}

function jsonValue(field: Field, value: unknown): string {
  const { dataType } = field
  if (value === null) return 'null'
  // Only an object may stand as it is.
  if (dataType === DataType.JSON && String(value).startsWith('{')) return String(value)
  if (dataType === DataType.Timestamptz) return JSON.stringify(timeText(String(value)))
  return plainValue(dataType === DataType.Array ? field.elementType : dataType, value)
}

function plainValue(dataType: DataType, value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => plainValue(dataType, item)).join()}]`
  if (dataType === DataType.Int64) return String(value)
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  return JSON.stringify(value)
}

function cellText(field: Field, value: unknown, nullKey: string): string {
  if (value === null) return nullKey
  if (field.dataType === DataType.Timestamptz) return timeText(String(value))
  const isText = typeof value === 'string' && field.dataType !== DataType.Array
  return isText ? value : jsonValue(field, value)
}

function csvCell(text: string, sep: string): string {
  const isPlain = ![sep, '"', '\n', '\r'].some((character) => text.includes(character))
  return isPlain && text !== '' ? text : `"${text.replaceAll('"', '""')}"`
}
