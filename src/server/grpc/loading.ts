import type { LoadState } from '../../engines/engine.js'
import { MillraceError } from '../../errors.js'
import { defaultPartitionName } from '../../schema/collection-schema.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import { LoadState as LoadStateNumber } from '../../wire/generated/messages.js'
import { loadSoon } from '../load-soon.js'
import type { Handlers } from './call.js'

const loadStateNumbers = {
  missing: LoadStateNumber.LoadStateNotExist,
  released: LoadStateNumber.LoadStateNotLoad,
  loading: LoadStateNumber.LoadStateLoading,
  loaded: LoadStateNumber.LoadStateLoaded,
} satisfies Record<LoadState, number>

/** `refresh` asks for nothing more, and is always done: what is committed is searched at once. */
export const loadingHandlers = {
  async LoadCollection({ engine, dbName }, { collection_name, replica_number, resource_groups }) {
    refuseReplicas(replica_number)
    for (const name of resource_groups) engine.resourceGroups.describe(name)
    await loadSoon(engine, dbName, collection_name, [])
    return undefined
  },

  async LoadPartitions({ engine, dbName }, request) {
    refuseReplicas(request.replica_number)
    for (const name of request.resource_groups) engine.resourceGroups.describe(name)
    if (request.partition_names.length === 0) {
      throw invalidParameter('failed to load partition, due to no partition specified')
    }
    const names = request.partition_names.map(partitionMeant)
    await loadSoon(engine, dbName, request.collection_name, names)
    return undefined
  },

  async ReleaseCollection({ engine, dbName }, { collection_name }) {
    await engine.release(dbName, collection_name, [])
    return undefined
  },

  async ReleasePartitions({ engine, dbName }, { collection_name, partition_names }) {
    await engine.release(dbName, collection_name, partition_names.map(partitionMeant))
    return undefined
  },

  GetLoadState({ engine, dbName }, { collection_name, partition_names }) {
    const { state } = engine.loadState(dbName, collection_name, partition_names.map(partitionMeant))
    return { state: loadStateNumbers[state] }
  },

  GetLoadingProgress({ engine, dbName }, { collection_name, partition_names }) {
    const { state, percent } = engine.loadState(
      dbName,
      collection_name,
      partition_names.map(partitionMeant),
    )
    if (state === 'missing') {
      throw new MillraceError(
        'collectionNotFound',
        `collection not found[database=${dbName}][collection=${collection_name}]`,
      )
    }
    return { progress: BigInt(percent), refresh_progress: 100n }
  },
} satisfies Handlers

/** Milvus: a partition without a name is the default one. */
function partitionMeant(name: string): string {
  return name || defaultPartitionName
}

function refuseReplicas(replicaNumber: number): void {
  if (replicaNumber <= 1) return
  throw new MillraceError(
    'unsupported',
    `millrace is one process and loads one replica, asked for ${replicaNumber}`,
  )
}
