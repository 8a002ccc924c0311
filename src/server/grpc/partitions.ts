import type { CollectionDescription, PartitionDescription } from '../../engines/engine.js'
import { MillraceError } from '../../errors.js'
import { ShowType } from '../../wire/generated/messages.js'
import type { Handlers } from './call.js'
import { physicalMs } from './hybrid-time.js'

export const partitionHandlers = {
  async CreatePartition({ engine, dbName }, { collection_name, partition_name }) {
    await engine.createPartition(dbName, collection_name, partition_name)
    return undefined
  },

  async DropPartition({ engine, dbName }, { collection_name, partition_name }) {
    await engine.dropPartition(dbName, collection_name, partition_name)
    return undefined
  },

  HasPartition: ({ engine, dbName }, { collection_name, partition_name }) => ({
    value: engine.hasPartition(dbName, collection_name, partition_name),
  }),

  ShowPartitions({ engine, dbName }, request) {
    const { collection_name, collectionID, partition_names, type } = request
    const collection = engine.describeCollection(dbName, collection_name, collectionID)
    const partitions = shownPartitions(collection, type === ShowType.InMemory, partition_names)
    const created = partitions.map(({ createdTimestamp }) => createdTimestamp)
    return {
      partition_names: partitions.map(({ name }) => name),
      partitionIDs: partitions.map(({ partitionId }) => partitionId),
      created_timestamps: created,
      created_utc_timestamps: created.map(physicalMs),
      // Milvus: only who asks for what is in memory is told how much of it is.
      ...(type === ShowType.InMemory && {
        inMemory_percentages: partitions.map(({ loadedPercent }) => BigInt(loadedPercent)),
      }),
    }
  },

  async GetPartitionStatistics({ engine, dbName }, { collection_name, partition_name }) {
    const rowCount = await engine.rowCount(dbName, collection_name, partition_name)
    return { stats: [{ key: 'row_count', value: String(rowCount) }] }
  },
} satisfies Handlers

/** All, or the loaded ones; of those that were named, all must then be loaded. */
function shownPartitions(
  { partitions }: CollectionDescription,
  inMemory: boolean,
  names: readonly string[],
): readonly PartitionDescription[] {
  const isLoaded = ({ loadedPercent }: PartitionDescription) => loadedPercent === 100
  if (names.length === 0) return inMemory ? partitions.filter(isLoaded) : partitions
  const shown = partitions.filter(({ name }) => names.includes(name))
  const missing = inMemory && shown.find((partition) => !isLoaded(partition))
  if (!missing) return shown
  throw new MillraceError('partitionNotLoaded', `partition not loaded[partition=${missing.name}]`)
}
