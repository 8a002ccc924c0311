import type { Engine, KeyValues } from '../engines/engine.js'

/** That defaults of new fields without an offset are in: the collection's, else its database's. */
export function timeZoneOf(engine: Engine, dbName: string, properties: KeyValues): string {
  return timeZoneIn(properties) ?? timeZoneIn(engine.databases.describe(dbName).properties) ?? 'UTC'
}

/** As `timeZoneOf`, of a collection that is there. @throws collectionNotFound */
export function timeZoneOfCollection(engine: Engine, dbName: string, name: string): string {
  return timeZoneOf(engine, dbName, engine.describeCollection(dbName, name).properties)
}

function timeZoneIn(properties: KeyValues): string | undefined {
  return properties.find(([key]) => key === 'timezone')?.[1] || undefined
}
