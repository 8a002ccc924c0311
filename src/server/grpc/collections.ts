import type { DatabaseCatalog } from '../../engines/catalog.js'
import type { CollectionDescription } from '../../engines/engine.js'
import { MillraceError } from '../../errors.js'
import type { CollectionSchema } from '../../schema/collection-schema.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import {
  messageFromCollectionSchema,
  newCollectionSchemaFromBytes,
} from '../../wire/collection-schema.js'
import { ShowType } from '../../wire/generated/messages.js'
import { keyValuesFromPairs, pairsFromKeyValues } from '../../wire/key-values.js'
import { successStatus } from '../../wire/status.js'
import { seenCollections } from '../auth/authorization.js'
import { describedCollection } from '../described-collection.js'
import { timeZoneOf } from '../time-zone.js'
import type { Call, Handlers, Request } from './call.js'
import { physicalMs } from './hybrid-time.js'

export const collectionHandlers = {
  async CreateCollection({ engine, dbName }, request) {
    const properties = pairsFromKeyValues(request.properties)
    await engine.createCollection({
      dbName,
      schema: newSchema(request, timeZoneOf(engine, dbName, properties)),
      // Milvus: who asks for none gets one.
      shardsNum: request.shards_num || 1,
      consistencyLevel: request.consistency_level,
      properties,
      numPartitions: Number(request.num_partitions),
    })
    return undefined
  },

  DescribeCollection({ engine, dbName }, { collection_name, collectionID }) {
    return descriptionMembers(
      engine.databases,
      describedCollection(engine, dbName, collection_name, collectionID),
    )
  },

  BatchDescribeCollection({ engine, dbName }, { collection_name, collectionID }) {
    if (collection_name.length + collectionID.length === 0) {
      throw invalidParameter('collection names cannot be empty')
    }
    const byName = collection_name.map((name) => describedCollection(engine, dbName, name))
    const byId = collectionID.map((id) => describedCollection(engine, dbName, '', id))
    return {
      responses: [...byName, ...byId].map((collection) => ({
        ...descriptionMembers(engine.databases, collection),
        status: successStatus,
      })),
    }
  },

  HasCollection: ({ engine, dbName }, { collection_name }) => ({
    value: engine.hasCollection(dbName, collection_name),
  }),

  ShowCollections(call, { type, collection_names }) {
    const collections = seenCollections(
      call,
      shownCollections(call, type === ShowType.InMemory, collection_names),
    )
    const created = collections.map(({ createdTimestamp }) => createdTimestamp)
    return {
      collection_names: collections.map(({ schema }) => schema.name),
      collection_ids: collections.map(({ collectionId }) => collectionId),
      created_timestamps: created,
      created_utc_timestamps: created.map(physicalMs),
      // Milvus: only who asks for what is in memory is told so.
      ...(type === ShowType.InMemory && {
        inMemory_percentages: collections.map(() => 100n),
        query_service_available: collections.map(() => true),
      }),
      shards_num: collections.map(({ shardsNum }) => shardsNum),
    }
  },

  async DropCollection({ engine, dbName }, { collection_name }) {
    await engine.dropCollection(dbName, collection_name)
    return undefined
  },

  async GetCollectionStatistics({ engine, dbName }, { collection_name }) {
    const rowCount = await engine.rowCount(dbName, collection_name, '')
    return { stats: [{ key: 'row_count', value: String(rowCount) }] }
  },
} satisfies Handlers

function descriptionMembers(databases: DatabaseCatalog, collection: CollectionDescription) {
  const { schema, createdTimestamp, updatedTimestamp } = collection
  return {
    schema: messageFromCollectionSchema(schema),
    collectionID: collection.collectionId,
    collection_name: schema.name,
    aliases: collection.aliases,
    db_name: collection.dbName,
    db_id: databases.describe(collection.dbName).databaseId,
    shards_num: collection.shardsNum,
    num_partitions: BigInt(collection.partitions.length),
    consistency_level: collection.consistencyLevel,
    properties: keyValuesFromPairs(collection.properties),
    created_timestamp: createdTimestamp,
    created_utc_timestamp: physicalMs(createdTimestamp),
    update_timestamp: updatedTimestamp,
    update_timestamp_str: String(updatedTimestamp),
  }
}

function newSchema(
  { schema, collection_name }: Request<'CreateCollection'>,
  timeZone: string,
): CollectionSchema {
  const parsed = newCollectionSchemaFromBytes(schema, timeZone)
  if (parsed.name === collection_name) return parsed
  throw new MillraceError(
    'parameterInvalid',
    `collection name = ${collection_name}, schema.Name=${parsed.name}: expected the same name`,
  )
}

/** All, or the loaded ones, or those that were named, which must then be loaded. */
function shownCollections(
  { engine, dbName }: Call,
  inMemory: boolean,
  names: readonly string[],
): CollectionDescription[] {
  if (!inMemory) return engine.listCollections(dbName)
  if (names.length === 0) return engine.listCollections(dbName).filter(({ isLoaded }) => isLoaded)
  return names.map((name) => {
    const collection = engine.describeCollection(dbName, name)
    if (collection.isLoaded) return collection
    throw new MillraceError('collectionNotLoaded', `collection not loaded[collection=${name}]`)
  })
}
