import { hostname } from 'node:os'
import { serverVersion } from '../../config.js'
import { MillraceError } from '../../errors.js'
import type { Handlers } from './call.js'
import { defaultResourceGroup, nodeId } from './node.js'

/** What a cluster is asked: one node, which is the only one of the only resource group. */
export const clusterHandlers = {
  GetReplicas({ engine, dbName }, { collection_name, collectionID }) {
    const collection = engine.describeCollection(dbName, collection_name, collectionID)
    if (!collection.isLoaded) return { replicas: [] }
    const { collectionId, partitions } = collection
    const shard = {
      leaderID: nodeId,
      leader_addr: hostname(),
      dm_channel_name: `millrace-${collectionId}`,
      node_ids: [nodeId],
    }
    return {
      replicas: [
        {
          replicaID: collectionId,
          collectionID: collectionId,
          partition_ids: partitions.map(({ partitionId }) => partitionId),
          shard_replicas: [shard],
          node_ids: [nodeId],
          resource_group_name: defaultResourceGroup,
        },
      ],
    }
  },

  GetMetrics(_call, { request }) {
    const metricType = metricTypeOf(request)
    if (metricType !== 'system_info') {
      throw new MillraceError(
        'unsupported',
        `millrace answers the metric type system_info, got ${metricType}`,
      )
    }
    return { response: JSON.stringify(systemInfo()), component_name: 'millrace' }
  },

  LoadBalance({ engine, dbName }, { collectionName }) {
    engine.describeCollection(dbName, collectionName)
    throw new MillraceError('unsupported', 'there is one node: nothing can be moved to another')
  },

  ListResourceGroups: () => ({ resource_groups: [defaultResourceGroup] }),

  DescribeResourceGroup({ engine }, { resource_group }) {
    if (resource_group !== defaultResourceGroup) throw noGroup(resource_group)
    const loaded = engine.databases
      .list()
      .flatMap(({ name }) => engine.listCollections(name))
      .filter(({ isLoaded }) => isLoaded)
    return {
      resource_group: {
        name: defaultResourceGroup,
        capacity: 1,
        num_available_node: 1,
        num_loaded_replica: Object.fromEntries(loaded.map(({ schema }) => [schema.name, 1])),
        config: { requests: { node_num: 1 }, limits: { node_num: 1 } },
        nodes: [{ node_id: nodeId, address: '', hostname: hostname() }],
      },
    }
  },

  /** Milvus: a group that is not there is dropped already. */
  DropResourceGroup(_call, { resource_group }) {
    if (resource_group !== defaultResourceGroup) return undefined
    throw new MillraceError(
      'parameterInvalid',
      'default resource group is not deletable: invalid parameter',
    )
  },
} satisfies Handlers

function metricTypeOf(request: string): string {
  try {
    const { metric_type } = JSON.parse(request) as { metric_type?: unknown }
    return String(metric_type)
  } catch {
    throw new MillraceError('parameterInvalid', `metrics: expected JSON, got ${request}`)
  }
}

function systemInfo(): object {
  const infos = {
    has_error: false,
    error_reason: '',
    name: 'standalone',
    type: 'standalone',
    id: Number(nodeId),
    system_info: { build_version: serverVersion, deploy_mode: 'STANDALONE' },
  }
  return { nodes_info: [{ identifier: Number(nodeId), connected: [], infos }] }
}

function noGroup(name: string): MillraceError {
  return new MillraceError('resourceGroupNotFound', `resource group not found[rg=${name}]`)
}
