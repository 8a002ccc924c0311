import { z } from 'zod'
import { loadSoon } from '../load-soon.js'
import { type BodyShape, text } from './body-shape.js'
import { collectionShape, type OfCollection } from './collection-shapes.js'
import { actionRoute, route } from './route.js'

const partitionShape: BodyShape<OfCollection & { readonly partitionName: string }> = {
  name: 'PartitionReq',
  schema: z.object({ dbName: text, collectionName: text, partitionName: text }),
  required: { collectionName: 'CollectionName', partitionName: 'PartitionName' },
}

const partitionsShape: BodyShape<OfCollection & { readonly partitionNames: string[] | null }> = {
  name: 'PartitionsReq',
  schema: z.object({
    dbName: text,
    collectionName: text,
    partitionNames: z
      .array(z.string())
      .nullish()
      .transform((names) => names ?? null),
  }),
  required: { collectionName: 'CollectionName', partitionNames: 'PartitionNames' },
}

export const listPartitions = route(collectionShape, (engine, { collectionName }, dbName) =>
  engine.describeCollection(dbName, collectionName).partitions.map(({ name }) => name),
)

export const hasPartition = route(
  partitionShape,
  (engine, { collectionName, partitionName }, dbName) => ({
    has: engine.hasPartition(dbName, collectionName, partitionName),
  }),
)

export const partitionStats = route(
  partitionShape,
  async (engine, { collectionName, partitionName }, dbName) => ({
    rowCount: await engine.rowCount(dbName, collectionName, partitionName),
  }),
)

export const createPartition = actionRoute(
  partitionShape,
  (engine, { collectionName, partitionName }, dbName) =>
    engine.createPartition(dbName, collectionName, partitionName),
)

export const dropPartition = actionRoute(
  partitionShape,
  (engine, { collectionName, partitionName }, dbName) =>
    engine.dropPartition(dbName, collectionName, partitionName),
)

export const loadPartitions = actionRoute(
  partitionsShape,
  (engine, { collectionName, partitionNames }, dbName) =>
    loadSoon(engine, dbName, collectionName, partitionNames ?? []),
)

export const releasePartitions = actionRoute(
  partitionsShape,
  (engine, { collectionName, partitionNames }, dbName) =>
    engine.release(dbName, collectionName, partitionNames ?? []),
)
