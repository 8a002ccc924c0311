import { Buffer } from 'node:buffer'
import { bitmapWithLength, setBit } from '../column/bitmap.js'
import type { BytesColumn, Column, FixedColumn } from '../column/column.js'
import { DataType } from '../schema/data-type.js'
import type { JsonValue } from './bound-expr.js'
import { jsonFlagAt, jsonNumberAt } from './json-scalar.js'
import {
  type JsonStep,
  jsonFirstElement,
  jsonKindAt,
  jsonLocate,
  jsonNextElement,
  jsonSkip,
} from './json-scan.js'

/** What lies at a path, as a column of the value's data type: Bool, VarChar or Double. */
export function jsonValueColumn(
  { path, dataType }: Pick<JsonValue, 'path' | 'dataType'>,
  column: BytesColumn,
  rowCount: number,
): Column {
  switch (dataType) {
    case DataType.Bool:
      return flagColumn(path, column, rowCount)
    case DataType.VarChar:
      return textColumn(path, column, rowCount)
    default:
      return numberColumn(path, column, rowCount)
  }
}

/** The number of elements of the array at a path; null where there is no array. */
export function jsonLengthColumn(
  { path }: JsonValue,
  column: BytesColumn,
  rowCount: number,
): FixedColumn {
  const bytes = bufferOf(column)
  const values = new Int32Array(rowCount)
  const validity = bitmapWithLength(rowCount)
  for (let row = 0; row < rowCount; row++) {
    const end = column.offsets[row + 1]
    const position = jsonLocate(bytes, column.offsets[row], end, path)
    if (position < 0 || jsonKindAt(bytes, position) !== 'array') continue
    setBit(validity, row)
    let element = jsonFirstElement(bytes, position, end)
    for (; element >= 0; element = jsonNextElement(bytes, element, end)) values[row]++
  }
  return { shape: 'fixed', values, width: 1, validity }
}

export function bufferOf({ bytes }: BytesColumn): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function flagColumn(path: readonly JsonStep[], column: BytesColumn, rowCount: number): FixedColumn {
  const bytes = bufferOf(column)
  const values = new Uint8Array(rowCount)
  const validity = bitmapWithLength(rowCount)
  for (let row = 0; row < rowCount; row++) {
    const end = column.offsets[row + 1]
    const position = jsonLocate(bytes, column.offsets[row], end, path)
    if (position < 0 || jsonKindAt(bytes, position) !== 'flag') continue
    setBit(validity, row)
    values[row] = jsonFlagAt(bytes, position) ? 1 : 0
  }
  return { shape: 'fixed', values, width: 1, validity }
}

function numberColumn(
  path: readonly JsonStep[],
  column: BytesColumn,
  rowCount: number,
): FixedColumn {
  const bytes = bufferOf(column)
  const values = new Float64Array(rowCount)
  const validity = bitmapWithLength(rowCount)
  for (let row = 0; row < rowCount; row++) {
    const end = column.offsets[row + 1]
    const position = jsonLocate(bytes, column.offsets[row], end, path)
    if (position < 0 || jsonKindAt(bytes, position) !== 'number') continue
    setBit(validity, row)
    values[row] = Number(jsonNumberAt(bytes, position, end))
  }
  return { shape: 'fixed', values, width: 1, validity }
}

/** The text is never longer than its JSON, so that the document's bytes bound the column's. */
function textColumn(path: readonly JsonStep[], column: BytesColumn, rowCount: number): BytesColumn {
  const bytes = bufferOf(column)
  const offsets = new Int32Array(rowCount + 1)
  const texts = Buffer.alloc(column.offsets[rowCount] - column.offsets[0])
  const validity = bitmapWithLength(rowCount)
  for (let row = 0; row < rowCount; row++) {
    offsets[row + 1] = offsets[row]
    const end = column.offsets[row + 1]
    const position = jsonLocate(bytes, column.offsets[row], end, path)
    if (position < 0 || jsonKindAt(bytes, position) !== 'text') continue
    setBit(validity, row)
    offsets[row + 1] += writeText(
      bytes,
      position,
      jsonSkip(bytes, position, end),
      texts,
      offsets[row],
    )
  }
  return { shape: 'bytes', offsets, bytes: texts, validity }
}

/** Writes the string of the quotes `[begin, end)`; most have no escape and are copied as they lie. */
function writeText(bytes: Buffer, begin: number, end: number, texts: Buffer, at: number): number {
  for (let position = begin + 1; position < end - 1; position++) {
    if (bytes[position] === 0x5c)
      return texts.write(JSON.parse(bytes.toString('utf8', begin, end)), at)
    texts[at + position - begin - 1] = bytes[position]
  }
  return end - begin - 2
}
