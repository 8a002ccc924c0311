import { DataType, dataTypeName } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import type { ByteCursor } from './byte-cursor.js'
import { isNonFiniteAt, skipValue } from './json-scan.js'

/** A value that its field cannot take: the row is bad, but where it ends is known. */
export class ValueFault extends Error {
  /** '' where the whole row is at fault. */
  readonly fieldName: string

  constructor(fieldName: string, message: string) {
    super(message)
    this.fieldName = fieldName
  }
}

/**
 * The fault of a JSON value, which begins at the cursor, for a field that takes another kind.
 * @param expected in plain words; Milvus's come behind
 */
export function wrongKind(field: Field, cursor: ByteCursor, expected: string): ValueFault {
  const { position } = cursor
  skipValue(cursor, true)
  cursor.position = position
  if (isNonFiniteAt(cursor)) return nonFinite(field, cursor)
  const { kind, text } = describe(cursor)
  const typeName = dataTypeName(field.dataType)
  const newest = `expected type '${typeName}' for field '${field.name}', got type '${kind}' with value '${text}'`
  return new ValueFault(
    field.name,
    `expected ${expected}, got ${kind}: ${newest}: ${classic(field, text)}`,
  )
}

/** 2.3's words. */
function classic({ name, dataType }: Field, text: string): string {
  switch (dataType) {
    case DataType.FloatVector:
    case DataType.BinaryVector:
    case DataType.Float16Vector:
    case DataType.BFloat16Vector:
    case DataType.Int8Vector:
      return `'${text}' is not an array for ${vectorWords(dataType)} field '${name}'`
    case DataType.JSON:
      return `illegal value '${text}' for JSON type field '${name}'`
    default:
      return `illegal value '${text}' for ${dataTypeName(dataType).toLowerCase()} type field '${name}'`
  }
}

/** `float vector`, of FloatVector. */
export function vectorWords(dataType: DataType): string {
  return dataTypeName(dataType).replace('Vector', ' vector').toLowerCase()
}

function nonFinite(field: Field, cursor: ByteCursor): ValueFault {
  const { text } = describe(cursor)
  return new ValueFault(
    field.name,
    `expected a value, got ${text}: failed to parse row value, error: invalid character '${text[0]}' looking for beginning of value: value '${text}' is not a number or infinity`,
  )
}

function describe(cursor: ByteCursor): { kind: string; text: string } {
  const { bytes, position } = cursor
  skipValue(cursor, true)
  const token = bytes.subarray(position, cursor.position)
  cursor.position = position
  switch (bytes[position]) {
    case 0x22:
      return { kind: 'string', text: shownText(token.subarray(1, -1)) }
    case 0x7b:
      return { kind: 'object', text: shownText(token) }
    case 0x5b:
      return { kind: 'list', text: shownText(token) }
    case 0x74:
    case 0x66:
      return { kind: 'bool', text: shownText(token) }
    case 0x6e:
      return { kind: '<nil>', text: '<nil>' }
    default:
      return { kind: 'number', text: shownText(token) }
  }
}

const shownBytesMax = 80

/** The beginning of a text, for a message. */
export function shownText(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, shownBytesMax))
  return bytes.byteLength > shownBytesMax ? `${text}…` : text
}
