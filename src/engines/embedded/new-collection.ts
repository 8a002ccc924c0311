import {
  type CollectionSchema,
  defaultPartitionName,
  partitionKeyOf,
} from '../../schema/collection-schema.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import type { CollectionRecord, PartitionRecord } from '../../storage/records.js'
import type { TimestampOracle } from '../../storage/timestamp-oracle.js'
import type { KeyValues, NewCollection } from '../engine.js'
import { withTimeZone } from './time-zone.js'

/** A collection without rows or indexes, that is not loaded. @throws parameterInvalid for its number of partitions */
export function newCollectionRecord(
  collection: NewCollection,
  databaseProperties: KeyValues,
  oracle: TimestampOracle,
): CollectionRecord {
  const timestamp = oracle.next()
  return {
    collectionId: oracle.next(),
    dbName: collection.dbName,
    schema: collection.schema,
    lastFieldId: lastFieldIdOf(collection.schema),
    aliases: [],
    partitions: partitionNamesOf(collection).map((name) => newPartitionRecord(name, oracle)),
    indexes: [],
    properties: withTimeZone(collection.properties, databaseProperties),
    shardsNum: collection.shardsNum,
    consistencyLevel: collection.consistencyLevel,
    createdTimestamp: timestamp,
    updatedTimestamp: timestamp,
    loadedPartitionIds: [],
  }
}

/** Of a collection with a partition key that does not say how many it wants: as in Milvus. */
const partitionKeyPartitions = 16
/** Milvus: rootCoord.maxPartitionNum. */
const partitionsMax = 1024

/** @throws parameterInvalid where a number is asked for that cannot be */
function partitionNamesOf({ schema, numPartitions }: NewCollection): string[] {
  if (!partitionKeyOf(schema)) {
    if (numPartitions === 0) return [defaultPartitionName]
    throw invalidParameter(
      'num_partitions should only be specified with partition key field enabled',
    )
  }
  if (numPartitions < 0) {
    throw invalidParameter(
      'the specified partitions should be greater than 0 if partition key is used',
    )
  }
  if (numPartitions > partitionsMax) {
    throw invalidParameter(
      `partition number (${numPartitions}) exceeds max configuration (${partitionsMax})`,
    )
  }
  const length = numPartitions || partitionKeyPartitions
  return Array.from({ length }, (_, index) => `${defaultPartitionName}_${index}`)
}

export function newPartitionRecord(name: string, oracle: TimestampOracle): PartitionRecord {
  return { partitionId: oracle.next(), name, createdTimestamp: oracle.next() }
}

/** The greatest id that a field has. */
export function lastFieldIdOf({ fields }: CollectionSchema): number {
  return Math.max(...fields.map(({ fieldId }) => fieldId))
}
