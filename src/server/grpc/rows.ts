import type { ColumnBatch } from '../../column/column.js'
import type {
  FieldOperation,
  FieldOperations,
  FlushResult,
  Mutation,
} from '../../engines/engine.js'
import { MillraceError } from '../../errors.js'
import { filterValuesFrom } from '../../wire/filter-values.js'
import { FieldPartialUpdateOpOpType } from '../../wire/generated/messages.js'
import { idsFromColumn } from '../../wire/results.js'
import type { Call, Handlers, Request } from './call.js'
import { physicalMs } from './hybrid-time.js'
import { sentRows } from './sent-rows.js'
import type { RowsRequestName } from './sent-rows-job.js'
import { refuse } from './unsupported.js'

export const rowHandlers = {
  async Insert(call, request) {
    refuse({ namespaces: Boolean(request.namespace) })
    const { collection_name, partition_name } = request
    const batch = await rowsOf(call, 'InsertRequest', request)
    const mutation = await call.engine.insert(call.dbName, collection_name, partition_name, batch)
    return { ...mutationMembers(mutation), insert_cnt: BigInt(mutation.rowCount) }
  },

  async Upsert(call, request) {
    refuse({ namespaces: Boolean(request.namespace) })
    const operations = operationsFrom(request)
    // The newest SDKs' field operations say by themselves that the update is partial.
    const isPartial = request.partial_update || operations.size > 0
    const { collection_name, partition_name } = request
    const batch = await rowsOf(call, 'UpsertRequest', request)
    const mutation = await call.engine.upsert(
      call.dbName,
      collection_name,
      partition_name,
      batch,
      isPartial ? operations : null,
    )
    const count = BigInt(mutation.rowCount)
    // Milvus: as many are said to be deleted as came, whether there were rows with their keys or not.
    return {
      ...mutationMembers(mutation),
      insert_cnt: count,
      delete_cnt: count,
      upsert_cnt: count,
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

function operationsFrom({ field_ops }: Request<'Upsert'>): FieldOperations {
  const { ARRAY_APPEND, ARRAY_REMOVE, REPLACE } = FieldPartialUpdateOpOpType
  const operations = new Map<string, FieldOperation>()
  for (const { field_name, op } of field_ops) {
    if (op === ARRAY_APPEND) operations.set(field_name, 'append')
    else if (op === ARRAY_REMOVE) operations.set(field_name, 'remove')
    else if (op !== REPLACE) {
      throw new MillraceError(
        'parameterInvalid',
        `field_ops: expected REPLACE, ARRAY_APPEND or ARRAY_REMOVE of ${field_name}, got ${op}`,
      )
    }
  }
  return operations
}

function rowsOf(
  call: Call,
  name: RowsRequestName,
  request: Request<'Insert'> | Request<'Upsert'>,
): Promise<ColumnBatch> {
  const { engine, dbName } = call
  const { schema, updatedTimestamp } = engine.describeCollection(dbName, request.collection_name)
  checkSchemaTimestamp(request, updatedTimestamp)
  return sentRows(call, name, request, schema)
}

/** A client that made the rows by an older schema reads the new one, and tries again. */
function checkSchemaTimestamp(
  { collection_name, schema_timestamp }: Request<'Insert'> | Request<'Upsert'>,
  updatedTimestamp: bigint,
): void {
  if (schema_timestamp === 0n || schema_timestamp >= updatedTimestamp) return
  throw new MillraceError(
    'schemaMismatch',
    `collection schema mismatch[collection=${collection_name}]: it has changed since`,
  )
}

function mutationMembers({ ids, rowCount, timestamp }: Mutation) {
  return {
    IDs: idsFromColumn(ids, rowCount),
    succ_index: numbersTo(rowCount),
    timestamp,
  }
}

/** Milvus: all rows are told to have succeeded, each by its number. */
function numbersTo(count: number): number[] {
  const numbers: number[] = []
  for (let number = 0; number < count; number++) numbers.push(number)
  return numbers
}

function byCollection<Value>(
  results: readonly FlushResult[],
  pick: (result: FlushResult) => Value,
): Record<string, Value> {
  return Object.fromEntries(results.map((result) => [result.collectionName, pick(result)]))
}

function longs(ids: readonly bigint[]): { data: BigInt64Array } {
  return { data: BigInt64Array.from(ids) }
}
