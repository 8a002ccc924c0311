/** Rows and values that lie in the JSON object of a request: int64 exact, since no number is made of text. */
import { type Column, type ColumnBatch, layoutOf } from '../../column/column.js'
import {
  type BytesBuilder,
  type ColumnBuilder,
  columnBuilder,
} from '../../column/column-builder.js'
import { MillraceError } from '../../errors.js'
import { DataType, isFloatingType, isIntegerType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { ByteCursor, SyntaxFault } from './byte-cursor.js'
import type { JsonReader } from './json-numbers.js'
import { jsonReaderOf } from './json-reader.js'
import { JsonRowReader } from './json-row.js'
import {
  nextElement,
  nextMember,
  openList,
  openObject,
  scanKey,
  scanString,
  skipSpace,
  skipValue,
} from './json-scan.js'
import { RowColumns } from './row-columns.js'
import { ValueFault } from './value-fault.js'

interface BodyRows extends ColumnBatch {
  /** Of values that no field takes. */
  readonly unknownKeys: readonly string[]
}

/**
 * The objects under `key`, a list of them or one.
 * @param reserved fields that must not be given
 * @throws parameterInvalid saying row, field, expected and got
 */
export function rowsUnder(
  body: string,
  key: string,
  fields: readonly Field[],
  reserved: readonly Field[],
): BodyRows {
  const columns = new RowColumns(fields)
  const reader = new JsonRowReader(columns, reserved, { readerOf: lenientReaderOf })
  readElements(body, key, (cursor) => reader.read(cursor))
  return { ...columns.batch(), unknownKeys: reader.unknownKeys }
}

/** The values under `key`, a list of them, as a field's. @throws parameterInvalid */
export function valuesUnder(
  body: string,
  key: string,
  field: Field,
): { readonly rowCount: number; readonly column: Column } {
  const builder = columnBuilder(layoutOf(field))
  const read = lenientReaderOf(field, builder)
  readElements(body, key, read)
  return { rowCount: builder.rowCount, column: builder.finish() }
}

/** Milvus: a number may be a string of it, and a JSON field takes any value. */
function lenientReaderOf(field: Field, builder: ColumnBuilder): JsonReader {
  const read = jsonReaderOf(field, builder)
  if (field.dataType === DataType.JSON) return anyJsonReader(read, builder as BytesBuilder)
  if (!isIntegerType(field.dataType) && !isFloatingType(field.dataType)) return read
  return (cursor) => {
    if (cursor.bytes[cursor.position] !== quote) return read(cursor)
    scanString(cursor)
    const text = cursorOver(cursor.bytes.subarray(cursor.stringBegin, cursor.stringEnd))
    read(text)
    if (text.position !== text.end) throw new ValueFault(field.name, 'expected a number alone')
  }
}

const quote = 0x22

function anyJsonReader(read: JsonReader, builder: BytesBuilder): JsonReader {
  return (cursor) => {
    const byte = cursor.bytes[cursor.position]
    if (byte === quote || byte === 0x7b) return read(cursor)
    const begin = cursor.position
    skipValue(cursor)
    builder.write(cursor.bytes, begin, cursor.position)
    builder.closeRow()
  }
}

/** The JSON text under `key`, as it was sent; null where the key is missing. */
export function textUnder(body: string, key: string): string | null {
  const cursor = cursorAt(body, key)
  if (!cursor) return null
  const begin = cursor.position
  skipValue(cursor)
  return Buffer.from(cursor.bytes.subarray(begin, cursor.position)).toString()
}

/** The members of a JSON object, each value as it was written. */
export function memberTexts(bytes: Uint8Array): (readonly [key: string, text: string])[] {
  const cursor = cursorOver(bytes)
  const members: (readonly [string, string])[] = []
  if (skipSpace(cursor) !== 0x7b) return members
  for (let more = openObject(cursor); more; more = nextMember(cursor)) {
    const key = readKey(cursor)
    skipSpace(cursor)
    const begin = cursor.position
    skipValue(cursor)
    members.push([key, Buffer.from(cursor.bytes.subarray(begin, cursor.position)).toString()])
  }
  return members
}

/** The elements of a JSON list, each as it was written; none where it is no list. */
export function elementTexts(text: string): string[] {
  const cursor = cursorOver(Buffer.from(text))
  const elements: string[] = []
  if (skipSpace(cursor) !== 0x5b) return elements
  for (let more = openList(cursor); more; more = nextElement(cursor)) {
    skipSpace(cursor)
    const begin = cursor.position
    skipValue(cursor)
    elements.push(Buffer.from(cursor.bytes.subarray(begin, cursor.position)).toString())
  }
  return elements
}

function readElements(body: string, key: string, read: (cursor: ByteCursor) => void): void {
  const cursor = cursorAt(body, key)
  if (!cursor) return
  let row = 0
  try {
    const isList = cursor.bytes[cursor.position] === 0x5b
    if (!isList) read(cursor)
    for (let more = isList && openList(cursor); more; more = nextElement(cursor)) {
      skipSpace(cursor)
      read(cursor)
      row++
    }
  } catch (fault) {
    throw faultIn(fault, key, row)
  }
}

function faultIn(fault: unknown, key: string, row: number): unknown {
  if (fault instanceof ValueFault) {
    const field = fault.fieldName === '' ? '' : `, field '${fault.fieldName}'`
    const place = { row, field: fault.fieldName }
    return new MillraceError('parameterInvalid', `${key}[${row}]${field}: ${fault.message}`, place)
  }
  if (!(fault instanceof SyntaxFault)) return fault
  const message = `${key}[${row}]: expected ${fault.expected} at byte ${fault.position}`
  return new MillraceError('parameterInvalid', message, { row })
}

/** At the value of the key that comes last, as everywhere in JSON. The body is a JSON object. */
function cursorAt(body: string, key: string): ByteCursor | null {
  const cursor = cursorOver(Buffer.from(body))
  let found = -1
  skipSpace(cursor)
  for (let more = openObject(cursor); more; more = nextMember(cursor)) {
    const isWanted = readKey(cursor) === key
    skipSpace(cursor)
    if (isWanted) found = cursor.position
    skipValue(cursor)
  }
  cursor.position = found
  return found < 0 ? null : cursor
}

function readKey(cursor: ByteCursor): string {
  scanKey(cursor)
  const quoted = cursor.bytes.subarray(cursor.stringBegin - 1, cursor.stringEnd + 1)
  return String(JSON.parse(Buffer.from(quoted).toString()))
}

function cursorOver(text: Uint8Array): ByteCursor {
  const bytes = new Uint8Array(text.byteLength + 1)
  bytes.set(text)
  return new ByteCursor(bytes, text.byteLength)
}
