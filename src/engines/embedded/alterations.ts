import { MillraceError } from '../../errors.js'
import type { CollectionSchema } from '../../schema/collection-schema.js'
import type { Field } from '../../schema/field.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import { withIdsFrom } from '../../schema/struct-array.js'
import { validateName } from '../../schema/validate-name.js'
import type { Catalog } from '../../storage/catalog.js'
import type { CollectionRecord } from '../../storage/records.js'
import type { CollectionChanges, KeyValues, PropertyChange } from '../catalog.js'
import type { Collections } from './collections.js'
import { alteredIndex, checkReleased } from './indexes.js'
import { changedProperties, checkChanges, propertyNamed } from './properties.js'
import {
  alteredField,
  withDynamicField,
  withField,
  withoutField,
  withStruct,
} from './schema-changes.js'
import { timeToLiveMs } from './time-to-live.js'
import { checkTimeZone } from './time-zone.js'

export class Alterations implements CollectionChanges {
  readonly #catalog: Catalog
  readonly #collections: Collections

  constructor(catalog: Catalog, collections: Collections) {
    this.#catalog = catalog
    this.#collections = collections
  }

  rename(dbName: string, name: string, newDbName: string, newName: string): Promise<void> {
    return this.#collections.change(dbName, name, (record) => {
      validateName('collection', newName)
      if (record.schema.name !== name) {
        throw invalidParameter(`unsupported use an alias to rename collection, alias:${name}`)
      }
      if (newDbName !== dbName && record.aliases.length > 0) {
        throw invalidParameter(
          `fail to rename collection to different database, must drop all aliases of collection ${name} before rename`,
        )
      }
      this.#checkFree(newDbName, newName)
      return { ...record, dbName: newDbName, schema: { ...record.schema, name: newName } }
    })
  }

  alter(dbName: string, name: string, change: PropertyChange): Promise<void> {
    return this.#collections.change(dbName, name, (record) => {
      checkChanges(change, noChange)
      timeToLiveMs(change.set)
      checkTimeZone(change.set)
      const keys = [...change.set.map(([key]) => key), ...change.remove]
      if (keys.some((key) => loadingProperties.includes(key))) {
        checkReleased(record, 'can not alter mmap properties if collection loaded')
      }
      const own = record.properties
      const isPlain = ([key]: KeyValues[number]) => !schemaProperties.includes(key)
      const plain = { ...change, set: change.set.filter(isPlain) }
      const properties = changedProperties(own, plain)
      return withSchemaProperties({ ...record, properties }, change.set)
    })
  }

  alterField(
    dbName: string,
    name: string,
    fieldName: string,
    change: PropertyChange,
  ): Promise<void> {
    return this.#changeSchema(dbName, name, ({ schema }) => alteredField(schema, fieldName, change))
  }

  addField(dbName: string, name: string, field: Field): Promise<void> {
    return this.#changeSchema(dbName, name, ({ schema, lastFieldId }) =>
      withField(schema, { ...field, fieldId: lastFieldId + 1 }),
    )
  }

  addStruct(dbName: string, name: string, subFields: readonly Field[]): Promise<void> {
    return this.#changeSchema(dbName, name, ({ schema, lastFieldId }) =>
      withStruct(schema, withIdsFrom(lastFieldId + 1, subFields)),
    )
  }

  dropField(dbName: string, name: string, fieldName: string, fieldId: number): Promise<void> {
    return this.#changeSchema(dbName, name, ({ schema }) =>
      withoutField(schema, fieldName, fieldId),
    )
  }

  alterIndex(
    dbName: string,
    name: string,
    indexName: string,
    change: PropertyChange,
  ): Promise<void> {
    return this.#collections.change(dbName, name, (record) =>
      alteredIndex(record, indexName, change),
    )
  }

  truncate(dbName: string, name: string): Promise<void> {
    return this.#collections.truncate(dbName, name)
  }

  #changeSchema(
    dbName: string,
    name: string,
    change: (record: CollectionRecord) => CollectionSchema,
  ): Promise<void> {
    return this.#collections.change(dbName, name, (record) => ({
      ...record,
      schema: { ...change(record), version: record.schema.version + 1 },
    }))
  }

  #checkFree(dbName: string, name: string): void {
    if (!this.#catalog.databases.find(dbName)) {
      throw new MillraceError('databaseNotFound', `target database:${dbName} not found`)
    }
    const taken = this.#catalog.findCollection(dbName, name)
    if (!taken) return
    throw invalidParameter(
      taken.schema.name === name
        ? `duplicated new collection name ${dbName}:${name} with other collection name or alias`
        : `cannot rename collection to an existing alias: ${name}`,
    )
  }
}

const noChange =
  'The collection properties to alter and keys to delete must not be empty at the same time'

/** Milvus: these are looked at while it loads. */
const loadingProperties = ['mmap.enabled', 'lazyload.enabled']

/** Milvus: these change more than the list of properties. */
const schemaProperties = ['collection.description', 'dynamicfield.enabled']

function withSchemaProperties(record: CollectionRecord, set: KeyValues): CollectionRecord {
  const description = propertyNamed(set, 'collection.description')
  const dynamic = propertyNamed(set, 'dynamicfield.enabled')
  let { schema } = record
  if (description !== undefined) schema = { ...schema, description }
  if (dynamic !== undefined) schema = withDynamicField(schema, dynamic, record.lastFieldId + 1)
  return { ...record, schema }
}
