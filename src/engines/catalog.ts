import type { Field } from '../schema/field.js'

/** Pairs as they came over the wire, in their order. */
export type KeyValues = readonly (readonly [key: string, value: string])[]

/** What becomes of properties: one that is set replaces the one of its name. */
export interface PropertyChange {
  readonly set: KeyValues
  readonly remove: readonly string[]
}

export interface DatabaseDescription {
  readonly databaseId: bigint
  readonly name: string
  readonly properties: KeyValues
  readonly createdTimestamp: bigint
}

/** The databases; `default` is always there. */
export interface DatabaseCatalog {
  /** @throws databaseNameInvalid, parameterInvalid when it is there */
  create(name: string, properties: KeyValues): Promise<void>
  /** One that is not there is no error. @throws parameterInvalid for `default`, and while it has collections */
  drop(name: string): Promise<void>
  /** @throws databaseNotFound */
  alter(name: string, change: PropertyChange): Promise<void>
  /** @throws databaseNotFound */
  describe(name: string): DatabaseDescription
  list(): DatabaseDescription[]
}

export interface AliasDescription {
  readonly alias: string
  readonly collectionName: string
}

/** Other names of collections, each in its collection's database. */
export interface AliasCatalog {
  /** @throws collectionNotFound, aliasNameConflict, aliasExists */
  create(dbName: string, collectionName: string, alias: string): Promise<void>
  /** Points an alias at another collection. @throws collectionNotFound, aliasNotFound */
  alter(dbName: string, collectionName: string, alias: string): Promise<void>
  /** One that is not there is no error. */
  drop(dbName: string, alias: string): Promise<void>
  /** @throws aliasNotFound */
  describe(dbName: string, alias: string): AliasDescription
  /** Empty `collectionName`: of the whole database. @throws collectionNotFound */
  list(dbName: string, collectionName: string): AliasDescription[]
}

/** Changes of a collection that is there. All throw collectionNotFound. */
export interface CollectionChanges {
  rename(dbName: string, name: string, newDbName: string, newName: string): Promise<void>
  alter(dbName: string, name: string, change: PropertyChange): Promise<void>
  /** `max_length` and `max_capacity` change what is checked from now on. */
  alterField(dbName: string, name: string, fieldName: string, change: PropertyChange): Promise<void>
  /** Rows that are there have the field's default, else null. The field's id is given by the engine. */
  addField(dbName: string, name: string, field: Field): Promise<void>
  /** As `addField`, of a struct array by its sub-fields. */
  addStruct(dbName: string, name: string, subFields: readonly Field[]): Promise<void>
  /** By name, or by id where the name is empty; a struct array goes with all of its sub-fields. */
  dropField(dbName: string, name: string, fieldName: string, fieldId: number): Promise<void>
  alterIndex(dbName: string, name: string, indexName: string, change: PropertyChange): Promise<void>
  /** Removes all rows and keeps everything else. */
  truncate(dbName: string, name: string): Promise<void>
}
