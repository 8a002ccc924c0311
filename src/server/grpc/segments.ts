import type { Engine, FlushResult, SegmentDescription } from '../../engines/engine.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import { mergedBytesMax } from '../../storage/compaction-plan.js'
import { CompactionState, SegmentLevel, SegmentState } from '../../wire/generated/messages.js'
import type { Call, Handlers, Request } from './call.js'
import { nodeId } from './node.js'

export const segmentHandlers = {
  GetPersistentSegmentInfo(call, { collectionName }) {
    const { collectionId, segments } = segmentsOf(call, collectionName)
    const sealed = segments.filter(({ isSealed }) => isSealed)
    return { infos: sealed.map((segment) => segmentMembers(segment, collectionId)) }
  },

  async GetQuerySegmentInfo(call, { collectionName }) {
    const { engine, dbName } = call
    const { collectionId, segments } = segmentsOf(call, collectionName)
    const { partitions } = engine.describeCollection(dbName, collectionName)
    const isLoaded = ({ name }: { readonly name: string }) =>
      engine.loadState(dbName, collectionName, [name]).state === 'loaded'
    const loaded = new Set(partitions.filter(isLoaded).map(({ partitionId }) => partitionId))
    const queried = segments.filter(({ partitionId }) => loaded.has(partitionId))
    return {
      infos: queried.map((segment) => ({
        ...segmentMembers(segment, collectionId),
        nodeID: nodeId,
        nodeIds: [nodeId],
      })),
    }
  },

  /** Milvus: a segment that is too small for an index counts as indexed. */
  async ListIndexedSegment(call, { collection_name, index_name }) {
    const { engine, dbName } = call
    const [index] = await engine.describeIndex(dbName, collection_name, '', index_name)
    const { segments } = segmentsOf(call, collection_name)
    const indexed = segments.filter(
      ({ isSealed, pendingIndexIds }) => isSealed && !pendingIndexIds.includes(index.indexId),
    )
    return { segmentIDs: indexed.map(({ segmentId }) => segmentId) }
  },

  async FlushAll({ engine }, request) {
    const targets = flushTargets(engine, request)
    const flushed: { dbName: string; result: FlushResult }[] = []
    for (const { dbName, name } of targets) {
      flushed.push({ dbName, result: await engine.flush(dbName, name) })
    }
    const dbNames = [...new Set(targets.map(({ dbName }) => dbName))]
    return {
      flush_all_ts: engine.allocTimestamp(),
      flush_results: dbNames.map((db_name) => ({
        db_name,
        collection_results: flushed
          .filter(({ dbName }) => dbName === db_name)
          .map(({ result }) => flushMembers(result)),
      })),
    }
  },

  /** FlushAll answers when all is durable. */
  GetFlushAllState: () => ({ flushed: true }),

  async ManualCompaction({ engine, dbName }, { collection_name, collectionID, target_size }) {
    validateTargetSize(target_size)
    const { schema } = engine.describeCollection(dbName, collection_name, collectionID)
    const { compactionId, planCount } = await engine.compact(dbName, schema.name)
    return { compactionID: compactionId, compactionPlanCount: planCount }
  },

  GetCompactionState({ engine }, { compactionID }) {
    const { executing, completed, failed } = engine.compactionState(compactionID)
    return {
      state: stateOf(executing),
      executingPlanNo: BigInt(executing),
      completedPlanNo: BigInt(completed),
      failedPlanNo: BigInt(failed),
    }
  },

  GetCompactionStateWithPlans({ engine }, { compactionID }) {
    const { executing, merged } = engine.compactionState(compactionID)
    return {
      state: stateOf(executing),
      mergeInfos: merged.map(({ sources, target }) => ({
        sources,
        target: target ?? 0n,
      })),
    }
  },
} satisfies Handlers

/**
 * Segments are merged up to one size. A request may ask for bigger ones, which it gets as far as that size
 * goes. Milvus: one that asks for smaller ones is refused, 0 asks for none.
 */
function validateTargetSize(megabytes: bigint): void {
  const least = BigInt(mergedBytesMax / 1024 ** 2)
  if (megabytes === 0n || megabytes >= least) return
  throw invalidParameter(
    `compaction: targetSize ${megabytes} MB: expected at least the size of a segment, ${least} MB`,
  )
}

function stateOf(executing: number): number {
  return executing > 0 ? CompactionState.Executing : CompactionState.Completed
}

function segmentsOf({ engine, dbName }: Call, collectionName: string) {
  const { collectionId } = engine.describeCollection(dbName, collectionName)
  return { collectionId, segments: engine.segments(dbName, collectionName) }
}

function segmentMembers(segment: SegmentDescription, collectionID: bigint) {
  return {
    segmentID: segment.segmentId,
    collectionID,
    partitionID: segment.partitionId,
    num_rows: BigInt(segment.rowCount),
    state: segment.isSealed ? SegmentState.Flushed : SegmentState.Growing,
    level: SegmentLevel.L1,
  }
}

/** Those that are named, else a whole database, else all of them. */
function flushTargets(engine: Engine, { db_name, flush_targets }: Request<'FlushAll'>) {
  const targets = flush_targets.length > 0 ? flush_targets : databasesMeant(engine, db_name)
  return targets.flatMap(({ db_name: dbName, collection_names }) => {
    const named = collection_names.length > 0 ? collection_names : namesIn(engine, dbName)
    return named.map((name) => ({ dbName, name }))
  })
}

function databasesMeant({ databases }: Engine, name: string) {
  const names = name ? [databases.describe(name).name] : databases.list().map((each) => each.name)
  return names.map((db_name) => ({ db_name, collection_names: [] as readonly string[] }))
}

function namesIn(engine: Engine, dbName: string): string[] {
  return engine.listCollections(dbName).map(({ schema }) => schema.name)
}

function flushMembers(result: FlushResult) {
  return {
    collection_name: result.collectionName,
    segment_ids: { data: BigInt64Array.from(result.segmentIds) },
    flush_segment_ids: { data: BigInt64Array.from(result.flushedSegmentIds) },
    flush_ts: result.timestamp,
  }
}
