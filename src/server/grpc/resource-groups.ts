import { hostname } from 'node:os'
import type { Engine } from '../../engines/engine.js'
import type { ResourceGroupConfig } from '../../engines/resource-groups.js'
import { MillraceError } from '../../errors.js'
import type { MessageInput } from '../../wire/codec.js'
import type { ResourceGroupConfig as ConfigMessage } from '../../wire/generated/messages.js'
import { keyValuesFromPairs, pairsFromKeyValues } from '../../wire/key-values.js'
import type { Handlers } from './call.js'
import { nodeId } from './node.js'

export const resourceGroupHandlers = {
  async CreateResourceGroup({ engine }, { resource_group, config }) {
    await engine.resourceGroups.create(resource_group, config && configFrom(config))
    return undefined
  },

  async UpdateResourceGroups({ engine }, { resource_groups }) {
    const configs = Object.entries(resource_groups)
    await engine.resourceGroups.update(
      new Map(configs.map(([name, config]) => [name, configFrom(config)])),
    )
    return undefined
  },

  async DropResourceGroup({ engine }, { resource_group }) {
    await engine.resourceGroups.drop(resource_group)
    return undefined
  },

  ListResourceGroups: ({ engine }) => ({
    resource_groups: engine.resourceGroups.list().map(({ name }) => name),
  }),

  DescribeResourceGroup: ({ engine }, { resource_group }) => ({
    resource_group: resourceGroupMessage(engine, resource_group),
  }),

  async TransferNode({ engine }, { source_resource_group, target_resource_group, num_node }) {
    const { resourceGroups } = engine
    await resourceGroups.transferNodes(source_resource_group, target_resource_group, num_node)
    return undefined
  },

  TransferReplica({ engine, dbName }, request) {
    const { source_resource_group, target_resource_group, collection_name } = request
    engine.describeCollection(dbName, collection_name)
    transferReplicas(engine, source_resource_group, target_resource_group, request.num_replica)
    return undefined
  },
} satisfies Handlers

/**
 * A replica is where the node is, and goes where it goes.
 * @throws parameterInvalid, resourceGroupNotFound, resourceGroupNodesShort
 */
export function transferReplicas(
  { resourceGroups }: Engine,
  source: string,
  target: string,
  count: bigint,
): void {
  if (source === target) {
    throw new MillraceError(
      'parameterInvalid',
      `source resource group and target resource group should not be the same, resource group: ${source}: invalid parameter`,
    )
  }
  if (count <= 0n) {
    throw new MillraceError(
      'parameterInvalid',
      `transfer replica num can't be [${count}]: invalid parameter`,
    )
  }
  for (const name of [source, target]) resourceGroups.describe(name)
  throw new MillraceError(
    'resourceGroupNodesShort',
    `resource group node not enough[rg=${target}]: there is one node, in ${resourceGroups.ofNode()}; a replica is where it is`,
  )
}

function configFrom(message: ConfigMessage): ResourceGroupConfig {
  return {
    nodesRequested: message.requests?.node_num ?? 0,
    nodesMax: message.limits?.node_num ?? 0,
    transferFrom: message.transfer_from.map(({ resource_group }) => resource_group),
    transferTo: message.transfer_to.map(({ resource_group }) => resource_group),
    nodeLabels: pairsFromKeyValues(message.node_filter?.node_labels ?? []),
  }
}

/** A group as Milvus describes it. @throws resourceGroupNotFound */
export function resourceGroupMessage(engine: Engine, name: string): MessageInput<'ResourceGroup'> {
  const { config, capacity, nodeCount } = engine.resourceGroups.describe(name)
  const isOfNode = nodeCount > 0
  return {
    name,
    capacity,
    num_available_node: nodeCount,
    num_loaded_replica: isOfNode ? loadedReplicas(engine) : {},
    config: {
      requests: { node_num: config.nodesRequested },
      limits: { node_num: config.nodesMax },
      transfer_from: config.transferFrom.map((resource_group) => ({ resource_group })),
      transfer_to: config.transferTo.map((resource_group) => ({ resource_group })),
      node_filter: { node_labels: keyValuesFromPairs(config.nodeLabels) },
    },
    nodes: isOfNode ? [{ node_id: nodeId, address: '', hostname: hostname() }] : [],
  }
}

function loadedReplicas(engine: Engine): Record<string, number> {
  const loaded = engine.databases
    .list()
    .flatMap(({ name }) => engine.listCollections(name))
    .filter(({ isLoaded }) => isLoaded)
  return Object.fromEntries(loaded.map(({ schema }) => [schema.name, 1]))
}
