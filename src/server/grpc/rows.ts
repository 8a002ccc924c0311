import type { FlushResult } from '../../engines/engine.js'
import { batchFromFieldsData } from '../../wire/fields-data.js'
import { filterValuesFrom } from '../../wire/filter-values.js'
import { idsFromColumn } from '../../wire/results.js'
import type { Handlers } from './call.js'
import { physicalMs } from './hybrid-time.js'

export const rowHandlers = {
  async Insert({ engine, dbName }, request) {
    const { collection_name, partition_name, fields_data, num_rows } = request
    const { schema } = engine.describeCollection(dbName, collection_name)
    const batch = batchFromFieldsData(fields_data, schema, num_rows)
    const mutation = await engine.insert(dbName, collection_name, partition_name, batch)
    return {
      IDs: idsFromColumn(mutation.ids, mutation.rowCount),
      succ_index: Array.from({ length: mutation.rowCount }, (_, index) => index),
      insert_cnt: BigInt(mutation.rowCount),
      timestamp: mutation.timestamp,
    }
  },

  async Delete({ engine, dbName }, request) {
    const { collection_name, partition_name, expr, expr_template_values } = request
    const values = filterValuesFrom(expr_template_values)
    const mutation = await engine.delete(dbName, collection_name, partition_name, expr, values)
    // Milvus: no keys since 2.3.2; SDKs that find some answer with them instead of the count.
    return { delete_cnt: BigInt(mutation.rowCount), timestamp: mutation.timestamp }
  },

  async Flush({ engine, dbName }, { collection_names }) {
    const results: FlushResult[] = []
    for (const name of collection_names) results.push(await engine.flush(dbName, name))
    return {
      db_name: dbName,
      coll_segIDs: byCollection(results, ({ segmentIds }) => longs(segmentIds)),
      flush_coll_segIDs: byCollection(results, ({ flushedSegmentIds }) => longs(flushedSegmentIds)),
      coll_seal_times: byCollection(results, ({ timestamp }) => physicalMs(timestamp) / 1000n),
      coll_flush_ts: byCollection(results, ({ timestamp }) => timestamp),
    }
  },

  /** Flush answers when all is durable, so there is nothing to wait for. */
  GetFlushState: () => ({ flushed: true }),
} satisfies Handlers

function byCollection<Value>(
  results: readonly FlushResult[],
  pick: (result: FlushResult) => Value,
): Record<string, Value> {
  return Object.fromEntries(results.map((result) => [result.collectionName, pick(result)]))
}

function longs(ids: readonly bigint[]): { data: BigInt64Array } {
  return { data: BigInt64Array.from(ids) }
}
