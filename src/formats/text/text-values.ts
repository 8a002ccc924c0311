import { isUtf8 } from 'node:buffer'
import type { BytesBuilder, ColumnBuilder, FixedBuilder } from '../../column/column-builder.js'
import { DataType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { microsecondsOf } from '../../schema/timestamptz.js'
import { ByteCursor } from './byte-cursor.js'
import { isOneValue } from './json-scan.js'
import { shownText, ValueFault } from './value-fault.js'

/** Appends a text, or what it means, as one row. @throws ValueFault */
export type TextAppender = (bytes: Uint8Array, begin: number, end: number, isUtf8: boolean) => void

/** For the types whose values are texts in every text format; undefined for the others. */
export function textAppenderOf(
  field: Field,
  dataType: DataType,
  builder: ColumnBuilder,
): TextAppender | undefined {
  switch (dataType) {
    case DataType.VarChar:
    case DataType.String:
    case DataType.Text:
    case DataType.Geometry:
      return plainText(field, builder as BytesBuilder)
    case DataType.JSON:
      return jsonText(field, builder as BytesBuilder)
    case DataType.Timestamptz:
      return timestampText(field, builder as FixedBuilder)
    default:
      return undefined
  }
}

function plainText(field: Field, builder: BytesBuilder): TextAppender {
  return (bytes, begin, end, isUtf8) => {
    if (!isUtf8) refuseBadUtf8(field.name, bytes, begin, end)
    builder.write(bytes, begin, end)
    builder.closeRow()
  }
}

/** @param fieldName '' for what belongs to no field */
export function refuseBadUtf8(
  fieldName: string,
  bytes: Uint8Array,
  begin: number,
  end: number,
): void {
  const text = bytes.subarray(begin, end)
  if (isUtf8(text)) return
  const noun = fieldName === '' ? 'a key' : `field '${fieldName}'`
  throw new ValueFault(
    fieldName,
    `expected UTF-8, got other bytes: ${noun} contains invalid UTF-8 data, value=${shownText(text)}`,
  )
}

function jsonText(field: Field, builder: BytesBuilder): TextAppender {
  const cursor = new ByteCursor(builder.bytes, 0)
  return (bytes, begin, end, isUtf8) => {
    if (!isUtf8) refuseBadUtf8(field.name, bytes, begin, end)
    builder.write(bytes, begin, end)
    cursor.bytes = builder.bytes
    cursor.position = builder.rowBegin
    cursor.end = builder.byteLength
    builder.bytes[cursor.end] = 0
    if (!isOneValue(cursor)) {
      const text = shownText(bytes.subarray(begin, end))
      throw new ValueFault(
        field.name,
        `expected a JSON text, got ${JSON.stringify(text)}: illegal value '${text}' for JSON type field '${field.name}'`,
      )
    }
    builder.closeRow()
  }
}

function timestampText(field: Field, builder: FixedBuilder): TextAppender {
  return (bytes, begin, end) => {
    const microseconds = microsecondsOf(decode(bytes, begin, end), field.timeZone)
    if (microseconds === null) {
      const shown = shownText(bytes.subarray(begin, end))
      throw new ValueFault(
        field.name,
        `expected a time like '2024-05-01T12:00:00+02:00', got '${shown}': illegal value '${shown}' for timestamptz type field '${field.name}'`,
      )
    }
    const index = builder.openRow()
    builder.values[index] = microseconds as never
    builder.closeRow()
  }
}

function decode(bytes: Uint8Array, begin: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + begin, end - begin).toString()
}
