import { z } from 'zod'
import { MillraceError } from '../../errors.js'
import type { CollectionSchema } from '../../schema/collection-schema.js'
import { DataType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import { decode, encode, type MessageInput } from '../../wire/codec.js'
import { newCollectionSchemaFromBytes } from '../../wire/collection-schema.js'
import { fieldFromMessage } from '../../wire/field-schema.js'
import { keyValuesFromPairs } from '../../wire/key-values.js'
import { subFieldsFromMessage } from '../../wire/struct-schema.js'
import { flag, properties, text } from './body-shape.js'

export const newFieldSchema = z.object({
  fieldName: text,
  dataType: text,
  elementDataType: text,
  isPrimary: flag,
  isPartitionKey: flag,
  isClusteringKey: flag,
  nullable: flag,
  defaultValue: z.union([z.string(), z.number(), z.boolean()]).nullish(),
  elementTypeParams: properties,
})

type NewField = z.output<typeof newFieldSchema>

export const newStructSchema = z.object({
  fieldName: text,
  description: text,
  nullable: flag,
  typeParams: properties,
  fields: z.array(newFieldSchema),
})

type NewStruct = z.output<typeof newStructSchema>

export const newCollectionSchema = z
  .object({
    autoId: flag,
    autoID: flag,
    enableDynamicField: flag,
    fields: z.array(newFieldSchema),
    structFields: z.array(newStructSchema).nullish(),
    functions: z.array(z.looseObject({ name: text })).nullish(),
  })
  .nullish()

type NewSchema = NonNullable<z.output<typeof newCollectionSchema>>

/** @throws parameterInvalid @throws unsupported */
export function newSchema(name: string, schema: NewSchema, timeZone: string): CollectionSchema {
  if (schema.functions?.length) {
    const names = schema.functions.map(({ name }) => `'${name}'`).join(', ')
    throw new MillraceError('unsupported', `not supported by millrace: functions (${names})`)
  }
  const hasAutoId = schema.autoId || schema.autoID
  const message = {
    name,
    enable_dynamic_field: schema.enableDynamicField,
    fields: schema.fields.map((field) => fieldMessage(field, hasAutoId)),
    struct_array_fields: (schema.structFields ?? []).map(structMessage),
  }
  return schemaFrom(message, timeZone)
}

/** @throws parameterInvalid @throws unsupported */
export function newField(field: NewField, timeZone: string): Field {
  const message = encode('FieldSchema', fieldMessage(field, false))
  return fieldFromMessage(decode('FieldSchema', message), timeZone)
}

/** The sub-fields of a struct array. @throws parameterInvalid @throws unsupported */
export function newStruct(struct: NewStruct): Field[] {
  return subFieldsFromMessage(
    decode('StructArrayFieldSchema', encode('StructArrayFieldSchema', structMessage(struct))),
  )
}

/** Milvus: what is said of the struct holds for its sub-fields, where they do not say it themselves. */
function structMessage(struct: NewStruct): MessageInput<'StructArrayFieldSchema'> {
  const { fieldName, description, nullable, typeParams, fields } = struct
  const capacity = typeParams.filter(([key]) => key === 'max_capacity')
  const fieldWithCapacity = (field: NewField) => {
    const isGiven = field.elementTypeParams.some(([key]) => key === 'max_capacity')
    const elementTypeParams = isGiven
      ? field.elementTypeParams
      : [...field.elementTypeParams, ...capacity]
    return fieldMessage({ ...field, elementTypeParams }, false)
  }
  return {
    name: fieldName,
    description,
    nullable,
    type_params: keyValuesFromPairs(typeParams),
    fields: fields.map(fieldWithCapacity),
  }
}

export function schemaFrom(
  message: MessageInput<'CollectionSchema'>,
  timeZone?: string,
): CollectionSchema {
  return newCollectionSchemaFromBytes(encode('CollectionSchema', message), timeZone)
}

function fieldMessage(field: NewField, hasAutoId: boolean): MessageInput<'FieldSchema'> {
  const dataType = dataTypeNamed('data type', field.dataType)
  if (dataType === DataType.ArrayOfStruct) {
    throw invalidParameter(
      `field ${field.fieldName}: a struct array is given under structFields, or added by collections/struct_fields/add`,
    )
  }
  const isArray = dataType === DataType.Array || dataType === DataType.ArrayOfVector
  return {
    name: field.fieldName,
    data_type: dataType,
    element_type: isArray
      ? dataTypeNamed('element data type', field.elementDataType)
      : DataType.None,
    is_primary_key: field.isPrimary,
    autoID: field.isPrimary && hasAutoId,
    is_partition_key: field.isPartitionKey,
    is_clustering_key: field.isClusteringKey,
    nullable: field.nullable,
    type_params: keyValuesFromPairs(field.elementTypeParams),
    default_value: defaultMessage(dataType, field.defaultValue ?? null),
  }
}

function dataTypeNamed(noun: string, name: string): DataType {
  const found = Object.entries(DataType).find(([key]) => key === name)
  if (found) return found[1]
  throw invalidParameter(`${noun} ${name} is invalid(case sensitive)`)
}

function defaultMessage(
  dataType: DataType,
  value: string | number | boolean | null,
): MessageInput<'ValueField'> | null {
  if (value === null) return null
  switch (dataType) {
    case DataType.Bool:
      return { bool_data: value === true || value === 'true' }
    case DataType.Int8:
    case DataType.Int16:
    case DataType.Int32:
      return { int_data: Number(wholeNumber(value)) }
    case DataType.Int64:
      return { long_data: wholeNumber(value) }
    case DataType.Float:
      return { float_data: Number(value) }
    case DataType.Double:
      return { double_data: Number(value) }
    default:
      return { string_data: String(value) }
  }
}

function wholeNumber(value: string | number | boolean): bigint {
  if (/^-?\d{1,19}$/.test(String(value))) return BigInt(String(value))
  throw invalidParameter(`convert defaultValue fail: expected a whole number, got ${value}`)
}
