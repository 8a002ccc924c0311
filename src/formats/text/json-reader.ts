import type {
  BytesBuilder,
  ColumnBuilder,
  FixedBuilder,
  ListBuilder,
} from '../../column/column-builder.js'
import { DataType, dataTypeName } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { elementFieldOf } from '../../schema/struct-array.js'
import type { ByteCursor } from './byte-cursor.js'
import {
  boolReader,
  doubleReader,
  floatReader,
  int64Reader,
  intReader,
  type JsonReader,
} from './json-numbers.js'
import { nextElement, openList, scanString, skipSpace, skipValue } from './json-scan.js'
import { sparseVectorReader } from './json-sparse.js'
import { unescapeString } from './json-string.js'
import { byteVectorReader, floatVectorReader, halfVectorReader } from './json-vectors.js'
import { refuseBadUtf8, type TextAppender, textAppenderOf } from './text-values.js'
import { ValueFault, wrongKind } from './value-fault.js'

/** What reads a field's JSON values, all but null, into its builder. */
export function jsonReaderOf(field: Field, builder: ColumnBuilder): JsonReader {
  if (field.dataType === DataType.Array || field.dataType === DataType.ArrayOfVector) {
    return arrayReader(field, builder as ListBuilder)
  }
  const appender = textAppenderOf(field, field.dataType, builder)
  if (field.dataType === DataType.JSON) return jsonReader(field, builder as BytesBuilder, appender!)
  if (appender) return stringReader(field, appender)
  return numbersReaderOf(field, field.dataType, builder)
}

function numbersReaderOf(field: Field, dataType: DataType, builder: ColumnBuilder): JsonReader {
  const fixed = builder as FixedBuilder
  switch (dataType) {
    case DataType.Bool:
      return boolReader(field, fixed)
    case DataType.Int8:
    case DataType.Int16:
    case DataType.Int32:
      return intReader(field, dataType, fixed)
    case DataType.Int64:
      return int64Reader(field, fixed)
    case DataType.Float:
      return floatReader(field, fixed)
    case DataType.Double:
      return doubleReader(field, fixed)
    case DataType.FloatVector:
      return floatVectorReader(field, fixed)
    case DataType.Float16Vector:
    case DataType.BFloat16Vector:
      return halfVectorReader(field, fixed)
    case DataType.BinaryVector:
    case DataType.Int8Vector:
      return byteVectorReader(field, fixed)
    case DataType.SparseFloatVector:
      return sparseVectorReader(field, builder as BytesBuilder)
    default:
      throw new TypeError(`no JSON reader for ${dataTypeName(dataType)}`)
  }
}

function stringReader(field: Field, append: TextAppender): JsonReader {
  let unescaped = new Uint8Array(256)
  return (cursor) => {
    if (cursor.bytes[cursor.position] !== 0x22) throw wrongKind(field, cursor, 'a string')
    scanString(cursor)
    const { bytes, stringBegin, stringEnd, isUtf8 } = cursor
    if (!cursor.hasEscapes) return append(bytes, stringBegin, stringEnd, isUtf8)
    const length = stringEnd - stringBegin
    if (unescaped.length < length) unescaped = new Uint8Array(length * 2)
    append(unescaped, 0, unescapeString(bytes, stringBegin, stringEnd, unescaped, 0), isUtf8)
  }
}

/** An object as it is, byte for byte; or a string that has a JSON text. */
function jsonReader(field: Field, builder: BytesBuilder, append: TextAppender): JsonReader {
  const readText = stringReader(field, append)
  return (cursor) => {
    const byte = cursor.bytes[cursor.position]
    if (byte === 0x22) return readText(cursor)
    if (byte !== 0x7b) throw wrongKind(field, cursor, 'an object, or a string of JSON')
    const begin = cursor.position
    skipRawValue(field, cursor)
    builder.write(cursor.bytes, begin, cursor.position)
    builder.closeRow()
  }
}

/** Skips a value that is kept as it is. */
function skipRawValue(field: Field, cursor: ByteCursor): void {
  const begin = cursor.position
  skipValue(cursor)
  if (!cursor.isAllUtf8) refuseBadUtf8(field.name, cursor.bytes, begin, cursor.position)
}

function arrayReader(field: Field, builder: ListBuilder): JsonReader {
  const readElement = elementReaderOf(field, builder)
  return (cursor) => {
    if (cursor.bytes[cursor.position] !== 0x5b) throw wrongKind(field, cursor, 'a list')
    for (let more = openList(cursor); more; more = nextElement(cursor)) {
      if (skipSpace(cursor) === 0x6e) throw nullElement(field, builder)
      readElement(cursor)
    }
    builder.closeRow()
  }
}

function elementReaderOf(field: Field, { child }: ListBuilder): JsonReader {
  if (field.dataType === DataType.ArrayOfVector) return jsonReaderOf(elementFieldOf(field), child)
  const appender = textAppenderOf(field, field.elementType, child)
  return appender ? stringReader(field, appender) : numbersReaderOf(field, field.elementType, child)
}

function nullElement({ name }: Field, { elementCount }: ListBuilder): ValueFault {
  return new ValueFault(
    name,
    `expected a value in element ${elementCount}, got null: array element is not allowed to be null value for field '${name}'`,
  )
}
