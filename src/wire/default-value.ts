import { DataType, dataTypeName } from '../schema/data-type.js'
import type { DefaultValue, Field } from '../schema/field.js'
import { invalidParameter } from '../schema/invalid-parameter.js'
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

/** A field's default in its own type. @throws parameterInvalid when the message has it in another */
export function defaultValueFromMessage(
  name: string,
  dataType: DataType,
  value: ValueField | null,
): DefaultValue | null {
  if (value === null) return null
  const given = members.filter((member) => value[member] !== null)
  if (given.length === 0) return null
  const member = memberOf(dataType)
  const found = value[member]
  if (found === null) {
    throw invalidParameter(
      `type (${dataTypeName(dataType)}) of field (${name}) is not equal to the type(${given[0]}) of default_value`,
    )
  }
  return found instanceof Uint8Array ? Buffer.from(found).toString() : found
}

export function messageFromDefaultValue({
  dataType,
  defaultValue,
}: Pick<Field, 'dataType' | 'defaultValue'>): MessageInput<'ValueField'> | null {
  if (defaultValue === null) return null
  const member = memberOf(dataType)
  return { [member]: member === 'bytes_data' ? Buffer.from(String(defaultValue)) : defaultValue }
}

const members: readonly Member[] = [
  'bool_data',
  'int_data',
  'long_data',
  'float_data',
  'double_data',
  'string_data',
  'bytes_data',
  'timestamptz_data',
]

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
