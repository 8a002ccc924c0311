/** What the tests of text formats share: rows of a text, by any window, part and checkpoint. */
import type { Column, ColumnBatch } from '../../dist/column/column.js'
import {
  type BatchReader,
  type Checkpoint,
  defaultReadOptions,
  type InputPart,
  type ReadOptions,
  type RejectedRow,
} from '../../dist/formats/format.js'
import { formatOf } from '../../dist/formats/registry.js'
import { csvRows } from '../../dist/formats/text/csv-rows.js'
import { jsonLinesRows, jsonRows } from '../../dist/formats/text/json-rows.js'
import { openTextReader } from '../../dist/formats/text/text-reader.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'
import { memorySource } from './memory-source.js'

export interface Reading {
  readonly fields: readonly Field[]
  readonly reserved?: readonly Field[]
  readonly options?: Partial<ReadOptions>
  readonly windowBytes?: number
  readonly part?: InputPart
  readonly from?: Checkpoint | null
  readonly rejects?: RejectedRow[]
}

/** The opened reader of a text, whose format is told by the file's name. */
export async function openText(
  name: string,
  text: string | Uint8Array,
  { fields, reserved = [], options, windowBytes, part, from = null, rejects }: Reading,
): Promise<BatchReader> {
  const source = memorySource(name, Buffer.from(text as string))
  const format = formatOf(name)!
  const allOptions = { ...defaultReadOptions, ...options }
  const [whole] = await format.cut([source], fields, allOptions, 1)
  const onReject = rejects ? (row: RejectedRow) => void rejects.push(row) : null
  const request = {
    sources: [source],
    fields,
    reserved,
    options: allOptions,
    part: part ?? whole,
    from,
    onReject,
  }
  if (windowBytes === undefined) return format.open(request)
  const rows = {
    csv: () => csvRows(source, fields, reserved, allOptions),
    json: () =>
      jsonRows(source, fields, reserved, allOptions, request.part.end < source.byteLength),
    jsonl: () => jsonLinesRows(source, fields, reserved, allOptions),
  }
  return openTextReader(request, await rows[format.name as 'csv'](), windowBytes)
}

/** All rows as objects by the fields' names. */
export async function readText(
  name: string,
  text: string | Uint8Array,
  reading: Reading,
): Promise<Record<string, unknown>[]> {
  const reader = await openText(name, text, reading)
  const rows: Record<string, unknown>[] = []
  for (let batch = await reader.next(); batch; batch = await reader.next()) {
    rows.push(...rowsIn(batch, reading.fields))
  }
  reader.close()
  return rows
}

/** One field's value of one row, given as JSON. */
export async function readJson(field: Field, json: string, reserved: readonly Field[] = []) {
  const text = `[{"${field.name}":${json}}]`
  const [row] = await readText('a.json', text, { fields: [field], reserved })
  return row[field.name]
}

/** One field's value of one row, given as a cell that may hold anything but the separator. */
export async function readCell(field: Field, cell: string, options: Partial<ReadOptions> = {}) {
  const text = `${field.name};other\n${cell};x\n`
  const [row] = await readText('a.csv', text, {
    fields: [field],
    options: { sep: ';', ...options },
  })
  return row[field.name]
}

export function rowsIn({ columns, rowCount }: ColumnBatch, fields: readonly Field[]) {
  return Array.from({ length: rowCount }, (_, row) =>
    Object.fromEntries(
      fields.map((field) => [
        field.name,
        valueAt(columns.get(field.fieldId)!, row, field.dataType),
      ]),
    ),
  )
}

function valueAt(column: Column, row: number, dataType: DataType): unknown {
  if (column.validity && ((column.validity[row >> 3] >> (row & 7)) & 1) === 0) return null
  if (column.shape === 'fixed') {
    const values = [...column.values.subarray(row * column.width, (row + 1) * column.width)]
    return column.width === 1 && dataType < DataType.BinaryVector ? values[0] : values
  }
  const [begin, end] = column.offsets.subarray(row, row + 2)
  if (column.shape === 'bytes') {
    const bytes = Buffer.from(column.bytes.subarray(begin, end))
    return dataType === DataType.SparseFloatVector ? pairsIn(bytes) : bytes.toString()
  }
  return Array.from({ length: end - begin }, (_, index) =>
    valueAt(column.child, begin + index, DataType.None),
  )
}

function pairsIn(bytes: Buffer): [number, number][] {
  return Array.from({ length: bytes.byteLength / 8 }, (_, pair) => [
    bytes.readUInt32LE(pair * 8),
    bytes.readFloatLE(pair * 8 + 4),
  ])
}
