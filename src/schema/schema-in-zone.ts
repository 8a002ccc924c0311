import type { CollectionSchema } from './collection-schema.js'
import { DataType } from './data-type.js'
import type { Field } from './field.js'
import { isUtc } from './time-zone.js'

/**
 * The schema whose Timestamptz fields are read and written in a time zone. It is for a request: a schema
 * that is stored knows of no zone. The same pair gives the same schema.
 */
export function schemaInZone(schema: CollectionSchema, timeZone: string): CollectionSchema {
  if (isUtc(timeZone) || !schema.fields.some(hasTimes)) return schema
  const byZone = zoned.get(schema) ?? new Map<string, CollectionSchema>()
  zoned.set(schema, byZone)
  const known = byZone.get(timeZone)
  if (known) return known
  const fields = schema.fields.map((field) => (hasTimes(field) ? { ...field, timeZone } : field))
  const made = { ...schema, fields }
  if (byZone.size >= zonesMax) byZone.clear()
  byZone.set(timeZone, made)
  return made
}

const zoned = new WeakMap<CollectionSchema, Map<string, CollectionSchema>>()
/** Clients of a collection are in some, and must not fill the memory with what they make up. */
const zonesMax = 64

function hasTimes({ dataType, elementType }: Field): boolean {
  return dataType === DataType.Timestamptz || elementType === DataType.Timestamptz
}
