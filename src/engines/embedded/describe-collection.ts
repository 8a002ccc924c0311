import type { CollectionRecord } from '../../storage/records.js'
import type { CollectionDescription } from '../engine.js'
import { zonedSchemaOf } from './time-zone.js'

export function describeCollection(record: CollectionRecord): CollectionDescription {
  const loaded = new Set(record.loadedPartitionIds)
  return {
    collectionId: record.collectionId,
    dbName: record.dbName,
    schema: zonedSchemaOf(record),
    aliases: record.aliases,
    partitions: record.partitions.map((partition) => ({
      ...partition,
      loadedPercent: loaded.has(partition.partitionId) ? 100 : 0,
    })),
    shardsNum: record.shardsNum,
    consistencyLevel: record.consistencyLevel,
    properties: record.properties,
    createdTimestamp: record.createdTimestamp,
    updatedTimestamp: record.updatedTimestamp,
    isLoaded: loaded.size > 0,
  }
}
