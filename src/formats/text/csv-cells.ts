import type { ColumnBuilder, FixedBuilder } from '../../column/column-builder.js'
import { DataType, dataTypeName } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { structField, type UserField } from '../../schema/struct-array.js'
import { ByteCursor, SyntaxFault } from './byte-cursor.js'
import { latin1Text } from './decimal.js'
import { type JsonReader, writeInt64 } from './json-numbers.js'
import { jsonReaderOf } from './json-reader.js'
import { skipSpace } from './json-scan.js'
import { structReader } from './json-struct.js'
import { type TextAppender, textAppenderOf } from './text-values.js'
import { shownText, ValueFault } from './value-fault.js'

/** What reads a field's cells, all but null, into its builder. */
export function cellReaderOf(field: Field, builder: ColumnBuilder): TextAppender {
  const appender = textAppenderOf(field, field.dataType, builder)
  if (appender) return appender
  switch (field.dataType) {
    case DataType.Bool:
      return boolCell(field, builder as FixedBuilder)
    case DataType.Int8:
    case DataType.Int16:
    case DataType.Int32:
    case DataType.Int64:
      return intCell(field, builder as FixedBuilder)
    case DataType.Float:
    case DataType.Double:
      return floatCell(field, builder as FixedBuilder)
    default:
      return jsonCell(field, jsonReaderOf(field, builder))
  }
}

/** True ones at even places, the frequent ones first. */
const spellings = [
  'true',
  'false',
  'True',
  'False',
  '1',
  '0',
  'TRUE',
  'FALSE',
  't',
  'f',
  'T',
  'F',
].map((text) => Buffer.from(text))

function boolCell(field: Field, builder: FixedBuilder): TextAppender {
  return (bytes, begin, end) => {
    const value = boolOf(bytes, begin, end)
    if (value < 0) throw badCell(field, bytes, begin, end)
    const index = builder.openRow()
    builder.values[index] = value
    builder.closeRow()
  }
}

/** What reads a struct array's cells, all but null: as in JSON. */
export function structCellReaderOf(
  struct: UserField,
  builders: readonly ColumnBuilder[],
): TextAppender {
  return jsonCell(structField(struct.struct!), structReader(struct, builders, jsonReaderOf))
}

/** -1 where it is none. */
function boolOf(bytes: Uint8Array, begin: number, end: number): number {
  for (let index = 0; index < spellings.length; index++) {
    if (isTextAt(spellings[index], bytes, begin, end)) return 1 - (index & 1)
  }
  return -1
}

function isTextAt(text: Uint8Array, bytes: Uint8Array, begin: number, end: number): boolean {
  if (end - begin !== text.length) return false
  for (let index = 0; index < text.length; index++) {
    if (bytes[begin + index] !== text[index]) return false
  }
  return true
}

/** No int of a type is too large with fewer digits than this. */
const digitsOfInt: { readonly [Type in DataType]?: number } = {
  [DataType.Int8]: 2,
  [DataType.Int16]: 4,
  [DataType.Int32]: 9,
  [DataType.Int64]: 15,
}

/** Digits alone make most integers; whatever else there is, is read as in JSON. */
function intCell(field: Field, builder: FixedBuilder): TextAppender {
  const readJson = jsonCell(field, jsonReaderOf(field, builder))
  const digitsMax = digitsOfInt[field.dataType]!
  const isWide = field.dataType === DataType.Int64
  return (bytes, begin, end, isUtf8) => {
    const value = end - begin > digitsMax ? -1 : digitsValue(bytes, begin, end)
    if (value < 0) return readJson(bytes, begin, end, isUtf8)
    const index = builder.openRow()
    if (isWide) writeInt64(builder.words, index, value)
    else builder.values[index] = value
    builder.closeRow()
  }
}

/** -1 where there is anything but digits of one number. */
function digitsValue(bytes: Uint8Array, begin: number, end: number): number {
  if (begin === end || (bytes[begin] === 0x30 && end - begin > 1)) return -1
  let value = 0
  for (let at = begin; at < end; at++) {
    const digit = bytes[at] - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** Numbers and lists, which are written as in JSON; a plus before a number is passed. */
function jsonCell(field: Field, read: JsonReader): TextAppender {
  const cursor = new ByteCursor(new Uint8Array(1), 0)
  return (bytes, begin, end) => {
    const behind = bytes[end]
    bytes[end] = 0
    cursor.bytes = bytes
    cursor.end = end
    cursor.position = bytes[begin] === 0x2b && isDigit(bytes[begin + 1]) ? begin + 1 : begin
    try {
      skipSpace(cursor)
      read(cursor)
      skipSpace(cursor)
    } catch (fault) {
      if (fault instanceof SyntaxFault) throw badCell(field, bytes, begin, end)
      throw fault
    } finally {
      bytes[end] = behind
    }
    if (cursor.position !== end) throw badCell(field, bytes, begin, end)
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

const floatPattern = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/

/** As JSON has them, or with a bare point or a plus: `.5`, `1.`, `+2`. */
function floatCell(field: Field, builder: FixedBuilder): TextAppender {
  const readJson = jsonCell(field, jsonReaderOf(field, builder))
  return (bytes, begin, end, isUtf8) => {
    const { rowCount } = builder
    try {
      readJson(bytes, begin, end, isUtf8)
      return
    } catch (fault) {
      if (!(fault instanceof ValueFault)) throw fault
      builder.truncate(rowCount)
    }
    const text = latin1Text(bytes, begin, end)
    if (!floatPattern.test(text)) throw badFloat(field, bytes, begin, end)
    const value = field.dataType === DataType.Float ? Math.fround(Number(text)) : Number(text)
    if (!Number.isFinite(value)) throw badCell(field, bytes, begin, end, 'value out of range')
    const index = builder.openRow()
    builder.values[index] = value
    builder.closeRow()
  }
}

function badFloat(field: Field, bytes: Uint8Array, begin: number, end: number): ValueFault {
  const text = shownText(bytes.subarray(begin, end))
  if (!/^\s*[+-]?(?:nan|inf(?:inity)?)\s*$/i.test(text)) return badCell(field, bytes, begin, end)
  return new ValueFault(
    field.name,
    `expected a finite number, got '${text}': value '${text}' is not a number or infinity`,
  )
}

function badCell(
  field: Field,
  bytes: Uint8Array,
  begin: number,
  end: number,
  reason = 'invalid syntax',
): ValueFault {
  const { name, dataType } = field
  const text = shownText(bytes.subarray(begin, end))
  const typeName = dataTypeName(dataType)
  const newest = `expected type '${typeName}' for field '${name}', got type 'string' with value '${text}'`
  const classic = `illegal value '${text}' for ${typeName.toLowerCase()} type field '${name}'`
  return new ValueFault(
    name,
    `expected ${expectations[dataType] ?? 'a list as in JSON'}, got '${text}': ${newest}: ${classic}: parsing ${JSON.stringify(text)}: ${reason}`,
  )
}

const expectations: { readonly [Type in DataType]?: string } = {
  [DataType.Bool]: 'true or false',
  [DataType.Int8]: 'an integer',
  [DataType.Int16]: 'an integer',
  [DataType.Int32]: 'an integer',
  [DataType.Int64]: 'an integer',
  [DataType.Float]: 'a number',
  [DataType.Double]: 'a number',
  [DataType.SparseFloatVector]: 'an object of indices and values',
}
