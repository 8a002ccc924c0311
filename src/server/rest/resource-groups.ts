import { z } from 'zod'
import type { ResourceGroupConfig } from '../../engines/resource-groups.js'
import { databaseNamed } from '../database.js'
import { resourceGroupMessage, transferReplicas } from '../grpc/resource-groups.js'
import { emptyShape, text } from './body-shape.js'
import type { JsonValue } from './json-text.js'
import { clusterRoute } from './route.js'

const nodes = z.object({ node_num: z.int().nullish() }).nullish()
const transfers = z.array(z.object({ resource_group: text })).nullish()
const labels = z.array(z.object({ key: text, value: text })).nullish()

const config = z
  .object({
    requests: nodes,
    limits: nodes,
    transfer_from: transfers,
    transfer_to: transfers,
    node_filter: z.object({ node_labels: labels }).nullish(),
  })
  .transform(
    ({ requests, limits, transfer_from, transfer_to, node_filter }): ResourceGroupConfig => ({
      nodesRequested: requests?.node_num ?? 0,
      nodesMax: limits?.node_num ?? 0,
      transferFrom: (transfer_from ?? []).map(({ resource_group }) => resource_group),
      transferTo: (transfer_to ?? []).map(({ resource_group }) => resource_group),
      nodeLabels: (node_filter?.node_labels ?? []).map(({ key, value }) => [key, value]),
    }),
  )

const required = { name: 'GetName' } as const
const groupShape = { name: 'ResourceGroupReq', schema: z.object({ name: text }), required }

export const listResourceGroups = clusterRoute(emptyShape, ({ resourceGroups }) =>
  resourceGroups.list().map(({ name }) => name),
)

export const describeResourceGroup = clusterRoute(
  groupShape,
  (engine, { name }) => resourceGroupMessage(engine, name) as JsonValue,
)

export const createResourceGroup = clusterRoute(
  {
    name: 'ResourceGroupReq',
    schema: z.object({ name: text, config: config.nullish() }),
    required,
  },
  ({ resourceGroups }, body) => resourceGroups.create(body.name, body.config ?? null),
)

export const alterResourceGroups = clusterRoute(
  {
    name: 'UpdateResourceGroupReq',
    schema: z.object({ resource_groups: z.record(z.string(), config) }),
    required: {},
  },
  ({ resourceGroups }, body) =>
    resourceGroups.update(new Map(Object.entries(body.resource_groups))),
)

export const dropResourceGroup = clusterRoute(groupShape, ({ resourceGroups }, { name }) =>
  resourceGroups.drop(name),
)

export const transferReplica = clusterRoute(
  {
    name: 'TransferReplicaReq',
    schema: z.object({
      sourceRgName: text,
      targetRgName: text,
      dbName: text,
      collectionName: text,
      replicaNum: z.int().nullish(),
    }),
    required: {
      sourceRgName: 'SourceRgName',
      targetRgName: 'TargetRgName',
      collectionName: 'CollectionName',
    },
  },
  async (engine, body, words): Promise<void> => {
    engine.describeCollection(databaseNamed(engine, body.dbName, words.dbName), body.collectionName)
    const count = BigInt(body.replicaNum ?? 0)
    transferReplicas(engine, body.sourceRgName, body.targetRgName, count)
  },
)
