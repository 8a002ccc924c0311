import { hostname } from 'node:os'
import { serverVersion } from '../../config.js'
import { MillraceError } from '../../errors.js'
import type { Handlers } from './call.js'
import { nodeId } from './node.js'

/** What a cluster is asked: there is one node. */
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
          partition_ids: partitions
            .filter(({ loadedPercent }) => loadedPercent > 0)
            .map(({ partitionId }) => partitionId),
          shard_replicas: [shard],
          node_ids: [nodeId],
          resource_group_name: engine.resourceGroups.ofNode(),
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
} satisfies Handlers

function metricTypeOf(request: string): string {
  try {
    const { metric_type } = JSON.parse(request) as { metric_type?: unknown }
    return String(metric_type)
  } catch {
    throw new MillraceError('parameterInvalid', `metrics: expected JSON, got ${request}`)
  }
}

/** Clients count the query nodes: there is one, as the server is one. */
function systemInfo(): object {
  const parts = ['standalone', 'querynode'].map((type) => ({
    identifier: Number(nodeId),
    connected: [],
    infos: {
      has_error: false,
      error_reason: '',
      name: type,
      type,
      id: Number(nodeId),
      system_info: { build_version: serverVersion, deploy_mode: 'STANDALONE' },
    },
  }))
  return { nodes_info: parts }
}
