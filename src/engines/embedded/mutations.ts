import { withAutoIds } from '../../bulk/auto-ids.js'
import { withCanonicalGeometries } from '../../bulk/canonical-geometries.js'
import { rowsByPartition } from '../../bulk/partition-router.js'
import { type FiniteChecks, firstFault } from '../../bulk/validate-batch.js'
import type { Column, ColumnBatch } from '../../column/column.js'
import { filledColumn, isFillable } from '../../column/filled-column.js'
import { gatherBatch, sliceColumn } from '../../column/slice.js'
import {
  type CollectionSchema,
  defaultPartitionName,
  partitionKeyOf,
  primaryKeyOf,
} from '../../schema/collection-schema.js'
import type { Field } from '../../schema/field.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import { pkAt } from '../../segment/pk-order.js'
import type { PartitionBatch } from '../../storage/growing-rows.js'
import type { CollectionRecord } from '../../storage/records.js'
import type { TimestampOracle } from '../../storage/timestamp-oracle.js'
import { Breath } from '../../util/breath.js'
import type { FieldOperations, Mutation } from '../engine.js'
import type { OpenCollection } from './collections.js'
import { withStoredValues } from './partial-update.js'
import { partitionNamed } from './partitions-named.js'

export interface MutationContext {
  readonly oracle: TimestampOracle
  readonly checks: FiniteChecks
}

/** Completes, checks, routes and inserts rows. */
export async function insertRows(
  context: MutationContext,
  { record, rows }: OpenCollection,
  partitionName: string,
  batch: ColumnBatch,
): Promise<Mutation> {
  checkAutoId(record, batch)
  const { whole, ids } = await wholeBatch(context, record, batch)
  const timestamp = await rows.insert(routedBatches(record, partitionName, whole))
  return { ids, rowCount: batch.rowCount, timestamp }
}

/**
 * Inserts rows in the place of those that have their keys. Where the keys are given by the server, the new
 * rows get new ones, as in newer Milvus.
 */
export async function upsertRows(
  context: MutationContext,
  open: OpenCollection,
  partitionName: string,
  given: ColumnBatch,
  partial: FieldOperations | null,
): Promise<Mutation> {
  const { record, rows } = open
  const pk = primaryKeyOf(record.schema)
  const keys = given.columns.get(pk.fieldId)
  if (!keys) throw invalidParameter(`must assign pk when upsert, primary field: ${pk.name}`)
  checkDistinct(keys, given.rowCount)
  const batch = partial ? await withStoredValues(open, partitionName, given, partial) : given
  const { whole, ids } = await wholeBatch(context, record, pk.autoId ? without(batch, pk) : batch)
  const routed = routedBatches(record, partitionName, whole)
  const { rowCount } = batch
  // Milvus: without a partition key the rows of other partitions stay.
  const partitionId = partitionKeyOf(record.schema) ? null : (routed[0]?.partitionId ?? null)
  const timestamp = await rows.replace({ keys, rowCount, partitionId }, routed)
  return { ids, rowCount, timestamp }
}

/** Milvus: the property is a collection's leave to give the keys that the server would give. */
function checkAutoId({ schema, properties }: CollectionRecord, batch: ColumnBatch): void {
  const pk = primaryKeyOf(schema)
  if (!pk.autoId || !batch.columns.has(pk.fieldId)) return
  const isAllowed = properties.some(
    ([key, value]) => key === 'allow_insert_auto_id' && value.toLowerCase() === 'true',
  )
  if (isAllowed) return
  throw invalidParameter(`the primary key '${pk.name}' is auto-generated, no need to provide`)
}

function checkDistinct(keys: Column, rowCount: number): void {
  if (areDistinct(keys, rowCount)) return
  throw invalidParameter('duplicate primary keys are not allowed in the same batch')
}

/** A Set of bigints takes ten times as long as a sort of them. */
function areDistinct(keys: Column, rowCount: number): boolean {
  if (keys.shape !== 'fixed') {
    return new Set(Array.from({ length: rowCount }, (_, row) => pkAt(keys, row))).size === rowCount
  }
  const sorted = (keys.values as BigInt64Array).slice(0, rowCount).sort()
  for (let row = 1; row < rowCount; row++) if (sorted[row] === sorted[row - 1]) return false
  return true
}

function without({ rowCount, columns }: ColumnBatch, { fieldId }: Field): ColumnBatch {
  return { rowCount, columns: new Map([...columns].filter(([id]) => id !== fieldId)) }
}

/** With the auto ids, and what was left out filled in; checked. */
async function wholeBatch(
  { oracle, checks }: MutationContext,
  { schema }: CollectionRecord,
  batch: ColumnBatch,
): Promise<{ readonly whole: ColumnBatch; readonly ids: Column }> {
  const completed = completedBatch(schema, batch, oracle)
  await checkRows(schema, completed, checks)
  const whole = withCanonicalGeometries(schema.fields, completed)
  return { whole, ids: whole.columns.get(primaryKeyOf(schema).fieldId)! }
}

function completedBatch(
  schema: CollectionSchema,
  batch: ColumnBatch,
  oracle: TimestampOracle,
): ColumnBatch {
  const pk = primaryKeyOf(schema)
  const needsIds = pk.autoId && !batch.columns.has(pk.fieldId)
  const columns = new Map<number, Column>()
  for (const field of schema.fields) {
    if (field !== pk || !needsIds) columns.set(field.fieldId, columnOf(field, batch))
  }
  const given = { rowCount: batch.rowCount, columns }
  return needsIds ? withAutoIds(given, pk, oracle.nextRange(batch.rowCount)) : given
}

function columnOf(field: Field, batch: ColumnBatch): Column {
  const given = batch.columns.get(field.fieldId)
  if (given) return given
  if (isFillable(field)) return filledColumn(field, batch.rowCount)
  throw invalidParameter(`fieldSchema(${field.name}) has no corresponding fieldData pass in`)
}

/** Rows of large batches in turns with whatever else is asked for. @throws parameterInvalid */
async function checkRows(
  schema: CollectionSchema,
  batch: ColumnBatch,
  checks: FiniteChecks,
): Promise<void> {
  const breath = new Breath()
  for (const field of schema.fields) {
    const column = batch.columns.get(field.fieldId)!
    for (let begin = 0; begin < batch.rowCount; begin += checkedRows) {
      if (breath.isDue) await breath.take()
      const end = Math.min(begin + checkedRows, batch.rowCount)
      const isWhole = begin === 0 && end === batch.rowCount
      const part = isWhole ? column : sliceColumn(column, begin, end)
      const fault = firstFault(field, part, end - begin, checks)
      if (!fault) continue
      throw invalidParameter(`row ${begin + fault.row}, field '${field.name}': ${fault.message}`)
    }
  }
}

/** A multiple of 8, so that a bitmap is sliced without a copy. */
const checkedRows = 1024

function routedBatches(
  record: CollectionRecord,
  partitionName: string,
  batch: ColumnBatch,
): PartitionBatch[] {
  const key = partitionKeyOf(record.schema)
  if (!key) {
    const { partitionId } = partitionNamed(record, partitionName || defaultPartitionName)
    return [{ partitionId, batch }]
  }
  if (partitionName) {
    throw invalidParameter(
      'not support manually specifying the partition names if partition key mode is used',
    )
  }
  const keys = batch.columns.get(key.fieldId)!
  return rowsByPartition(keys, batch.rowCount, record.partitions.length)
    .map((rows, index) => ({ rows, partitionId: record.partitions[index].partitionId }))
    .filter(({ rows }) => rows.length > 0)
    .map(({ rows, partitionId }) => ({ partitionId, batch: gatherBatch(batch, rows) }))
}
