import type { CollectionSchema } from '../../schema/collection-schema.js'
import { schemaInZone } from '../../schema/schema-in-zone.js'
import { validateTimeZone } from '../../schema/time-zone.js'
import type { CollectionRecord } from '../../storage/records.js'
import type { KeyValues } from '../catalog.js'
import { propertyNamed } from './properties.js'

const key = 'timezone'

/** Milvus: a new collection has a time zone, its own, its database's or UTC. */
export function withTimeZone(properties: KeyValues, ofDatabase: KeyValues): KeyValues {
  checkTimeZone(properties)
  if (propertyNamed(properties, key) !== undefined) return properties
  return [...properties, [key, propertyNamed(ofDatabase, key) ?? 'UTC']]
}

/** @throws parameterInvalid for a zone that is none */
export function checkTimeZone(properties: KeyValues): void {
  const zone = propertyNamed(properties, key)
  if (zone !== undefined) validateTimeZone(zone)
}

/**
 * The schema by which a request reads and writes times.
 * @param asked the request's own zone; empty: the collection's
 * @throws parameterInvalid for a zone that is none
 */
export function zonedSchemaOf(
  { schema, properties }: Pick<CollectionRecord, 'schema' | 'properties'>,
  asked = '',
): CollectionSchema {
  if (asked !== '') validateTimeZone(asked)
  return schemaInZone(schema, asked || propertyNamed(properties, key) || 'UTC')
}

/**
 * The record with the schema by which a request reads and writes times. Asked again for the same it is the same
 * object, by which filters are known again.
 * @throws parameterInvalid for a zone that is none
 */
export function zonedRecordOf(record: CollectionRecord, asked = ''): CollectionRecord {
  const schema = zonedSchemaOf(record, asked)
  if (schema === record.schema) return record
  const known = zonedRecords.get(record)
  if (known?.schema === schema) return known
  const zoned = { ...record, schema }
  zonedRecords.set(record, zoned)
  return zoned
}

/** Of each record the one in the zone that was asked for last. */
const zonedRecords = new WeakMap<CollectionRecord, CollectionRecord>()
