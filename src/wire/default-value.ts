import { formatWkt } from '../geometry/format-wkt.js'
import { parseWkt } from '../geometry/parse-wkt.js'
import { WktFault } from '../geometry/wkt-cursor.js'
import { DataType, dataTypeName } from '../schema/data-type.js'
import type { DefaultValue, Field } from '../schema/field.js'
import { invalidParameter } from '../schema/invalid-parameter.js'
import { formatTimestamptz, parseTimestamptz } from '../schema/timestamptz.js'
import type { MessageInput } from './codec.js'
import type { ValueField } from './generated/messages.js'

type Member =
  | 'bool_data'
  | 'int_data'
  | 'long_data'
  | 'float_data'
  | 'double_data'
  | 'string_data'
  | 'bytes_data'
  | 'timestamptz_data'

/**
 * A field's default in its own type.
 * @param timeZone of a time without an offset; undefined: UTC
 * @throws parameterInvalid when the message has it in another
 */
export function defaultValueFromMessage(
  name: string,
  dataType: DataType,
  value: ValueField | null,
  timeZone?: string,
): DefaultValue | null {
  if (value === null) return null
  const given = members.filter((member) => value[member] !== null)
  if (given.length === 0) return null
  if (dataType === DataType.Timestamptz && value.string_data !== null) {
    return parseTimestamptz(value.string_data, timeZone)
  }
  const found = value[memberOf(dataType)]
  if (found === null) {
    const typeName = dataTypeName(memberTypes[given[0]])
    throw invalidParameter(
      `type (${dataTypeName(dataType)}) of field (${name}) is not equal to the type(DataType_${typeName}) of default_value`,
      { field: name },
    )
  }
  if (dataType === DataType.Geometry) return canonicalGeometry(name, String(found))
  return found instanceof Uint8Array ? Buffer.from(found).toString() : found
}

function canonicalGeometry(name: string, wkt: string): string {
  try {
    return formatWkt(parseWkt(wkt))
  } catch (thrown) {
    if (!(thrown instanceof WktFault)) throw thrown
    throw invalidParameter(`default_value of field ${name}: ${thrown.message}`, { field: name })
  }
}

export function messageFromDefaultValue({
  dataType,
  defaultValue,
  timeZone,
}: Pick<Field, 'dataType' | 'defaultValue' | 'timeZone'>): MessageInput<'ValueField'> | null {
  if (defaultValue === null) return null
  // Milvus: answered as text, in which the values of the field travel too.
  if (typeof defaultValue === 'bigint' && dataType === DataType.Timestamptz) {
    return { string_data: formatTimestamptz(defaultValue, timeZone) }
  }
  const member = memberOf(dataType)
  return { [member]: member === 'bytes_data' ? Buffer.from(String(defaultValue)) : defaultValue }
}

const memberTypes: Readonly<Record<Member, DataType>> = {
  bool_data: DataType.Bool,
  int_data: DataType.Int32,
  long_data: DataType.Int64,
  float_data: DataType.Float,
  double_data: DataType.Double,
  string_data: DataType.VarChar,
  bytes_data: DataType.JSON,
  timestamptz_data: DataType.Timestamptz,
}

const members = Object.keys(memberTypes) as Member[]

function memberOf(dataType: DataType): Member {
  switch (dataType) {
    case DataType.Bool:
      return 'bool_data'
    case DataType.Int8:
    case DataType.Int16:
    case DataType.Int32:
      return 'int_data'
    case DataType.Int64:
      return 'long_data'
    case DataType.Float:
      return 'float_data'
    case DataType.Double:
      return 'double_data'
    case DataType.Timestamptz:
      return 'timestamptz_data'
    case DataType.VarChar:
    case DataType.String:
    case DataType.Text:
    case DataType.Geometry:
      return 'string_data'
    default:
      return 'bytes_data'
  }
}
