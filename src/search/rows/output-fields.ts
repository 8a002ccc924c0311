import { MillraceError } from '../../errors.js'
import { type CollectionSchema, fieldNamed, primaryKeyOf } from '../../schema/collection-schema.js'
import { isVectorType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { userFieldsOf } from '../../schema/struct-array.js'
import { Recent } from '../../util/recent.js'

export interface OutputFields {
  /** In the schema's order, but for a search's primary key. */
  readonly fields: readonly Field[]
  /** What the answer names: fields, and the dynamic keys that were asked for. */
  readonly names: readonly string[]
  /** The keys that `$meta` is cut down to; null: all of them. */
  readonly dynamicKeys: readonly string[] | null
}

/**
 * The fields that a query's output fields mean: the primary key and what is named. `*` is all fields but
 * the outputs of functions, `%` all vectors; another name is a key of the dynamic field, where there is
 * one.
 */
export function outputFieldsOf(
  schema: CollectionSchema,
  requested: readonly string[],
): OutputFields {
  return remembered(recentOutputs, schema, requested, newOutputFields)
}

/**
 * The same for a search, whose answer holds the primary keys as its ids. Milvus: among the fields the key
 * comes last, and only where it is named or meant by `*`.
 */
export function searchOutputFieldsOf(
  schema: CollectionSchema,
  requested: readonly string[],
): OutputFields {
  return remembered(recentSearchOutputs, schema, requested, newSearchOutputFields)
}

type OutputsOfSchemas = WeakMap<CollectionSchema, Recent<string, OutputFields>>

/** One request after the other asks for the same fields. Another schema is another object. */
const recentOutputs: OutputsOfSchemas = new WeakMap()
const recentSearchOutputs: OutputsOfSchemas = new WeakMap()

function remembered(
  recent: OutputsOfSchemas,
  schema: CollectionSchema,
  requested: readonly string[],
  read: typeof newOutputFields,
): OutputFields {
  const key = requested.length === 0 ? '[]' : JSON.stringify(requested)
  let known = recent.get(schema)
  const found = known?.get(key)
  if (found) return found
  if (!known) {
    known = new Recent(64)
    recent.set(schema, known)
  }
  const output = read(schema, requested)
  known.set(key, output)
  return output
}

function newSearchOutputFields(
  schema: CollectionSchema,
  requested: readonly string[],
): OutputFields {
  const { fields, names, dynamicKeys } = newOutputFields(schema, requested)
  const primaryKey = primaryKeyOf(schema)
  const isAsked = requested.some((name) => ['*', primaryKey.name].includes(name.trim()))
  return {
    fields: [...fields.filter((field) => field !== primaryKey), ...(isAsked ? [primaryKey] : [])],
    names: [
      ...names.filter((name) => name !== primaryKey.name),
      ...(isAsked ? [primaryKey.name] : []),
    ],
    dynamicKeys,
  }
}

function newOutputFields(schema: CollectionSchema, requested: readonly string[]): OutputFields {
  const dynamicField = schema.fields.find(({ isDynamic }) => isDynamic)
  const fields = new Set(schema.fields.filter(({ isPrimaryKey }) => isPrimaryKey))
  const keys = new Set<string>()
  for (const name of requested.map((given) => given.trim())) {
    if (name === '' && dynamicField) {
      throw new MillraceError('parameterInvalid', 'parse output field name failed: it is empty')
    }
    const meant = fieldsMeant(schema, name)
    if (meant === null && dynamicField === undefined) {
      throw new MillraceError('parameterInvalid', `field ${name} not exist`, { field: name })
    }
    if (meant === null) keys.add(dynamicKey(name))
    else for (const field of meant) fields.add(field)
  }
  const isWhole = dynamicField === undefined || fields.has(dynamicField)
  if (keys.size > 0) fields.add(dynamicField!)
  return {
    fields: schema.fields.filter((field) => fields.has(field)),
    names: namesOf(schema, fields, isWhole, keys),
    dynamicKeys: isWhole ? null : [...keys],
  }
}

function fieldsMeant(schema: CollectionSchema, name: string): readonly Field[] | null {
  if (name === '*') return schema.fields.filter((field) => !field.isFunctionOutput)
  if (name === '%') return schema.fields.filter(({ dataType }) => isVectorType(dataType))
  const field = fieldNamed(schema, name)
  if (field !== undefined) return [field]
  const subFields = schema.fields.filter(({ struct }) => struct?.name === name)
  return subFields.length === 0 ? null : subFields
}

/** `$meta["key"]` is the long form of `key`. */
function dynamicKey(name: string): string {
  return /^\$meta\[(["'])(.*)\1\]$/.exec(name)?.[2] ?? name
}

function namesOf(
  schema: CollectionSchema,
  fields: ReadonlySet<Field>,
  isWhole: boolean,
  keys: ReadonlySet<string>,
): readonly string[] {
  const named = schema.fields.filter((field) => fields.has(field) && (isWhole || !field.isDynamic))
  // A struct array is one field of the answer, of whatever sub-fields it is made there.
  return [...userFieldsOf(named).map(({ name }) => name), ...keys]
}
