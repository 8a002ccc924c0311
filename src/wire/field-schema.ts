import { MillraceError } from '../errors.js'
import { DataType, dataTypeName, isDataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { invalidParameter } from '../schema/invalid-parameter.js'
import type { MessageInput } from './codec.js'
import { defaultValueFromMessage, messageFromDefaultValue } from './default-value.js'
import type { FieldSchema } from './generated/messages.js'
import { keyValuesFromPairs, pairsFromKeyValues } from './key-values.js'

/** @throws parameterInvalid @throws unsupported for types that have no columns here */
export function fieldFromMessage(message: FieldSchema, timeZone?: string): Field {
  const { name } = message
  const dataType = dataTypeFrom(name, message.data_type)
  const typeParams = Object.fromEntries(pairsFromKeyValues(message.type_params))
  return {
    fieldId: Number(message.fieldID),
    name,
    description: message.description,
    dataType,
    elementType:
      dataType === DataType.Array || dataType === DataType.ArrayOfVector
        ? elementTypeFrom(name, message.element_type)
        : DataType.None,
    isPrimaryKey: message.is_primary_key,
    autoId: message.autoID,
    isPartitionKey: message.is_partition_key,
    isClusteringKey: message.is_clustering_key,
    isDynamic: message.is_dynamic,
    isFunctionOutput: message.is_function_output,
    nullable: message.nullable,
    defaultValue: defaultValueFromMessage(name, dataType, message.default_value, timeZone),
    dim: wholeParam(name, typeParams, 'dim'),
    maxLength: wholeParam(name, typeParams, 'max_length'),
    maxCapacity: wholeParam(name, typeParams, 'max_capacity'),
    typeParams,
  }
}

export function messageFromField(field: Field): MessageInput<'FieldSchema'> {
  return {
    fieldID: BigInt(field.fieldId),
    name: field.name,
    description: field.description,
    data_type: field.dataType,
    element_type: field.elementType,
    type_params: keyValuesFromPairs(Object.entries(typeParamsOf(field))),
    is_primary_key: field.isPrimaryKey,
    autoID: field.autoId,
    is_partition_key: field.isPartitionKey,
    is_clustering_key: field.isClusteringKey,
    is_dynamic: field.isDynamic,
    is_function_output: field.isFunctionOutput,
    nullable: field.nullable,
    default_value: messageFromDefaultValue(field),
  }
}

const typesWithoutColumns: readonly DataType[] = [DataType.ArrayOfStruct, DataType.Struct]

function dataTypeFrom(name: string, dataType: number): DataType {
  if (dataType === DataType.None) {
    throw new MillraceError('parameterInvalid', `field '${name}': data type None is not valid`, {
      field: name,
    })
  }
  if (isDataType(dataType) && !typesWithoutColumns.includes(dataType)) return dataType
  const typeName = isDataType(dataType) ? dataTypeName(dataType) : `number ${dataType}`
  throw new MillraceError(
    'unsupported',
    `field '${name}': data type ${typeName} is not supported`,
    {
      field: name,
    },
  )
}

function elementTypeFrom(name: string, elementType: number): DataType {
  if (isDataType(elementType)) return elementType
  throw invalidParameter(`element type ${elementType} is not supported, field name = ${name}`)
}

/** A type param that is a whole number, or 0 where it is not given. */
function wholeParam(name: string, typeParams: Field['typeParams'], key: string): number {
  const text = typeParams[key]
  if (text === undefined) return 0
  if (/^-?\d{1,10}$/.test(text)) return Number(text)
  throw invalidParameter(`field ${name}: type param(${key}) should be an integer, got '${text}'`)
}

/** As given, and what a field that was not made from a message lacks. */
function typeParamsOf({ dim, maxLength, maxCapacity, typeParams }: Field): Field['typeParams'] {
  const own = { dim, max_length: maxLength, max_capacity: maxCapacity }
  const given = Object.entries(own).filter(([, value]) => value > 0)
  return { ...Object.fromEntries(given.map(([key, value]) => [key, String(value)])), ...typeParams }
}
