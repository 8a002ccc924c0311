import { bitmapWithLength, setBit } from '../column/bitmap.js'
import type { BytesColumn, Column, FixedColumn, ListColumn } from '../column/column.js'
import { DataType } from '../schema/data-type.js'
import type { JsonValue } from './bound-expr.js'
import { eachJsonValue } from './json-rows.js'
import { jsonFlagAt, jsonNumberFrom } from './json-scalar.js'
import {
  type JsonStep,
  jsonFirstElement,
  jsonKindAt,
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
      return jsonNumberColumn(path, column, rowCount, false)
  }
}

/** @param readsTexts whether a text that holds a number is that number */
export function jsonNumberColumn(
  path: readonly JsonStep[],
  column: BytesColumn,
  rowCount: number,
  readsTexts: boolean,
): FixedColumn {
  const values = new Float64Array(rowCount)
  const validity = bitmapWithLength(rowCount)
  const kind = readsTexts ? null : 'number'
  eachJsonValue(path, column, rowCount, kind, (row, bytes, position, end) => {
    const number = jsonNumberFrom(bytes, position, end, readsTexts)
    if (number === undefined) return
    setBit(validity, row)
    values[row] = Number(number)
  })
  return { shape: 'fixed', values, width: 1, validity }
}

/** The number of elements of the array at a path; null where there is no array. */
export function jsonLengthColumn(
  { path }: JsonValue,
  column: BytesColumn,
  rowCount: number,
): FixedColumn {
  const values = new Int32Array(rowCount)
  const validity = bitmapWithLength(rowCount)
  eachJsonValue(path, column, rowCount, 'array', (row, bytes, position, end) => {
    setBit(validity, row)
    let element = jsonFirstElement(bytes, position, end)
    for (; element >= 0; element = jsonNextElement(bytes, element, end)) values[row]++
  })
  return { shape: 'fixed', values, width: 1, validity }
}

/**
 * The elements of one type of the arrays at a path; null where there is no array.
 * @param elementType Bool, VarChar or Double
 */
export function jsonListColumn(
  path: readonly JsonStep[],
  elementType: DataType,
  column: BytesColumn,
  rowCount: number,
): ListColumn {
  const validity = bitmapWithLength(rowCount)
  const offsets = new Int32Array(rowCount + 1)
  const elements: number[] = []
  const wanted = kindOfType(elementType)
  eachJsonValue(path, column, rowCount, 'array', (row, bytes, position, end) => {
    setBit(validity, row)
    let element = jsonFirstElement(bytes, position, end)
    for (; element >= 0; element = jsonNextElement(bytes, element, end)) {
      if (jsonKindAt(bytes, element) !== wanted) continue
      elements.push(element)
      offsets[row + 1]++
    }
  })
  // An element of an array is a document of its own.
  const documents = documentsAt(elements, column)
  const child = jsonValueColumn({ path: [], dataType: elementType }, documents, elements.length)
  return {
    shape: 'list',
    offsets: endsOf(offsets),
    child: { ...child, validity: null } as ListColumn['child'],
    validity,
  }
}

function kindOfType(elementType: DataType): ReturnType<typeof jsonKindAt> {
  if (elementType === DataType.Bool) return 'flag'
  return elementType === DataType.VarChar ? 'text' : 'number'
}

/** Values by where each begins; its end is where the next one begins, which no reader goes past. */
function documentsAt(positions: readonly number[], { bytes, offsets }: BytesColumn): BytesColumn {
  const begins = new Int32Array(positions.length + 1)
  begins.set(positions)
  begins[positions.length] = offsets[offsets.length - 1]
  return { shape: 'bytes', offsets: begins, bytes, validity: null }
}

function flagColumn(path: readonly JsonStep[], column: BytesColumn, rowCount: number): FixedColumn {
  const values = new Uint8Array(rowCount)
  const validity = bitmapWithLength(rowCount)
  eachJsonValue(path, column, rowCount, 'flag', (row, bytes, position) => {
    setBit(validity, row)
    values[row] = jsonFlagAt(bytes, position) ? 1 : 0
  })
  return { shape: 'fixed', values, width: 1, validity }
}

/** The text is never longer than its JSON, so that the document's bytes bound the column's. */
function textColumn(path: readonly JsonStep[], column: BytesColumn, rowCount: number): BytesColumn {
  const lengths = new Int32Array(rowCount + 1)
  const texts = Buffer.alloc(column.offsets[rowCount] - column.offsets[0])
  const validity = bitmapWithLength(rowCount)
  let written = 0
  eachJsonValue(path, column, rowCount, 'text', (row, bytes, position, end) => {
    setBit(validity, row)
    lengths[row + 1] = writeText(bytes, position, jsonSkip(bytes, position, end), texts, written)
    written += lengths[row + 1]
  })
  return { shape: 'bytes', offsets: endsOf(lengths), bytes: texts, validity }
}

/** Where each of some texts ends that lie behind each other; the first length is 0. */
export function endsOf(lengths: Int32Array): Int32Array {
  for (let at = 1; at < lengths.length; at++) lengths[at] += lengths[at - 1]
  return lengths
}

/** Writes the string of the quotes `[begin, end)`; most have no escape and are copied as they lie. */
export function writeText(
  bytes: Buffer,
  begin: number,
  end: number,
  texts: Buffer,
  at: number,
): number {
  for (let position = begin + 1; position < end - 1; position++) {
    if (bytes[position] === 0x5c)
      return texts.write(JSON.parse(bytes.toString('utf8', begin, end)), at)
    texts[at + position - begin - 1] = bytes[position]
  }
  return end - begin - 2
}
