import { invalidParameter } from '../../schema/invalid-parameter.js'
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
  if (zone === undefined || isTimeZone(zone)) return
  throw invalidParameter(`timezone: expected an IANA name such as Asia/Shanghai, got '${zone}'`)
}

function isTimeZone(zone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }))
  } catch {
    return false
  }
}
