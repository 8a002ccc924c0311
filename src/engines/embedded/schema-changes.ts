import { MillraceError } from '../../errors.js'
import {
  type CollectionSchema,
  dynamicFieldName,
  fieldNamed,
} from '../../schema/collection-schema.js'
import { isVectorType } from '../../schema/data-type.js'
import { dynamicField } from '../../schema/dynamic-field.js'
import type { Field } from '../../schema/field.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import { type UserField, userFieldsOf } from '../../schema/struct-array.js'
import { validateSchema } from '../../schema/validate-schema.js'
import type { PropertyChange } from '../catalog.js'
import { changedProperties } from './properties.js'

/** @throws parameterInvalid for a field that rows which are there could not have */
export function withField(schema: CollectionSchema, field: Field): CollectionSchema {
  if (fieldNamed(schema, field.name)) {
    throw invalidParameter(`duplicated field name: ${field.name}`)
  }
  const fault = addFault(field)
  if (fault) throw invalidParameter(`${fault}, field name = ${field.name}`)
  const changed = withFields(schema, [...schema.fields.filter(isPlain), field])
  validateSchema(changed)
  return changed
}

/** @throws parameterInvalid for a struct array that rows which are there could not have */
export function withStruct(
  schema: CollectionSchema,
  subFields: readonly Field[],
): CollectionSchema {
  const { struct } = subFields[0]
  if (!struct?.nullable) {
    throw invalidParameter(
      `added field must be nullable, please check it, field name = ${struct?.name}`,
    )
  }
  const changed = withFields(schema, [...schema.fields.filter(isPlain), ...subFields])
  validateSchema(changed)
  return changed
}

function addFault(field: Field): string | null {
  if (field.isPrimaryKey) return 'not support to add pk field'
  if (field.autoId) return 'only primary field can speficy AutoID with true'
  if (field.isPartitionKey) return 'not support to add partition key field'
  if (field.isClusteringKey) return 'not support to add clustering key field'
  if (!field.nullable && (field.defaultValue === null || isVectorType(field.dataType))) {
    return 'added field must be nullable, please check it'
  }
  return null
}

/** @throws fieldNotFound, parameterInvalid for a field that the collection cannot be without */
export function withoutField(
  schema: CollectionSchema,
  name: string,
  fieldId: number,
): CollectionSchema {
  const dropped = userFieldsOf(schema.fields).find((each) =>
    name ? each.name === name : (each.struct ?? each.fields[0]).fieldId === fieldId,
  )
  if (!dropped) {
    throw new MillraceError('fieldNotFound', `field not found[field=${name || fieldId}]`)
  }
  const fault = dropFault(schema, dropped)
  if (fault) throw invalidParameter(`cannot drop ${fault}: field name = ${dropped.name}`)
  const fields = schema.fields.filter((each) => !dropped.fields.includes(each))
  return { ...schema, fields, enableDynamicField: fields.some(({ isDynamic }) => isDynamic) }
}

function dropFault(schema: CollectionSchema, { fields }: UserField): string | null {
  const [field] = fields
  if (field.isPrimaryKey) return 'the primary key'
  if (field.isPartitionKey) return 'the partition key'
  if (field.isClusteringKey) return 'the clustering key'
  const vectors = schema.fields.filter(({ dataType }) => isVectorType(dataType))
  return vectors.every((vector) => fields.includes(vector)) ? 'the only vector field' : null
}

/** @throws fieldNotFound, parameterInvalid */
export function alteredField(
  schema: CollectionSchema,
  name: string,
  change: PropertyChange,
): CollectionSchema {
  const field = fieldNamed(schema, name)
  if (!field) throw new MillraceError('fieldNotFound', `field not found[field=${name}]`)
  for (const [key] of change.set) checkAlterable(field, key)
  for (const key of change.remove) checkAlterable(field, key)
  const params = changedProperties(Object.entries(field.typeParams), change)
  const typeParams = Object.fromEntries(params)
  const altered = {
    ...field,
    typeParams,
    maxLength: limitOf(typeParams, 'max_length', field.maxLength),
    maxCapacity: limitOf(typeParams, 'max_capacity', field.maxCapacity),
  }
  const fields = schema.fields.map((each) => (each === field ? altered : each))
  const changed = { ...schema, fields }
  validateSchema(changed)
  return changed
}

const alterableParams = ['max_length', 'max_capacity', 'mmap.enabled', 'mmap_enabled', 'warmup']

function checkAlterable({ name, maxLength, maxCapacity }: Field, key: string): void {
  const isLimit = key.startsWith('max_')
  const hasLimit = key === 'max_length' ? maxLength > 0 : maxCapacity > 0
  if (isLimit && !hasLimit) throw invalidParameter(`field ${name} has no ${key}`)
  if (alterableParams.includes(key)) return
  throw invalidParameter(`${key} does not allow update in collection field param`)
}

function limitOf(typeParams: Field['typeParams'], key: string, before: number): number {
  const text = typeParams[key]
  if (text === undefined) return before
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw invalidParameter(`${key}: expected a whole number, got '${text}'`)
}

/** Turns dynamic fields on; a collection that has them keeps them. */
export function withDynamicField(
  schema: CollectionSchema,
  value: string,
  fieldId: number,
): CollectionSchema {
  if (value.toLowerCase() !== 'true' && value.toLowerCase() !== 'false') {
    throw invalidParameter(`dynamicfield.enabled: expected true or false, got '${value}'`)
  }
  const isWanted = value.toLowerCase() === 'true'
  if (isWanted === schema.enableDynamicField) return schema
  if (!isWanted) throw invalidParameter('dynamic schema cannot supported to be disabled')
  const version = schema.version + 1
  return { ...withFields(schema, [...schema.fields, dynamicField(fieldId)]), version }
}

/** `$meta` stays the last one. */
function withFields(schema: CollectionSchema, fields: readonly Field[]): CollectionSchema {
  const dynamic = schema.fields.filter((field) => !isPlain(field))
  const all = [...fields, ...dynamic]
  return { ...schema, fields: all, enableDynamicField: all.some(({ isDynamic }) => isDynamic) }
}

function isPlain({ name }: Field): boolean {
  return name !== dynamicFieldName
}
