import { withAutoIds } from '../../bulk/auto-ids.js'
import { rowsByPartition } from '../../bulk/partition-router.js'
import { type FiniteChecks, firstFault } from '../../bulk/validate-batch.js'
import type { Column, ColumnBatch } from '../../column/column.js'
import { filledColumn, isFillable } from '../../column/filled-column.js'
import { gatherBatch } from '../../column/slice.js'
import { MillraceError } from '../../errors.js'
import {
  type CollectionSchema,
  defaultPartitionName,
  partitionKeyOf,
  primaryKeyOf,
} from '../../schema/collection-schema.js'
import type { Field } from '../../schema/field.js'
import type { PartitionBatch } from '../../storage/growing-rows.js'
import type { CollectionRecord } from '../../storage/records.js'
import type { TimestampOracle } from '../../storage/timestamp-oracle.js'
import type { Mutation } from '../engine.js'
import { type OpenCollection, partitionNamed } from './collections.js'

interface InsertContext {
  readonly oracle: TimestampOracle
  readonly checks: FiniteChecks
}

/** Completes, checks, routes and inserts rows. */
export async function insertRows(
  { oracle, checks }: InsertContext,
  { record, rows }: OpenCollection,
  partitionName: string,
  batch: ColumnBatch,
): Promise<Mutation> {
  const whole = completedBatch(record.schema, batch, oracle)
  checkRows(record.schema, whole, checks)
  const timestamp = await rows.insert(routedBatches(record, partitionName, whole))
  const ids = whole.columns.get(primaryKeyOf(record.schema).fieldId)!
  return { ids, rowCount: batch.rowCount, timestamp }
}

/** With the auto ids, and what was left out filled in. */
function completedBatch(
  schema: CollectionSchema,
  batch: ColumnBatch,
  oracle: TimestampOracle,
): ColumnBatch {
  const pk = primaryKeyOf(schema)
  if (pk.autoId && batch.columns.has(pk.fieldId)) {
    throw invalid(`the primary key '${pk.name}' is auto-generated, no need to provide`)
  }
  const columns = new Map<number, Column>()
  for (const field of schema.fields) {
    if (!field.autoId) columns.set(field.fieldId, columnOf(field, batch))
  }
  const given = { rowCount: batch.rowCount, columns }
  return pk.autoId ? withAutoIds(given, pk, oracle.nextRange(batch.rowCount)) : given
}

function columnOf(field: Field, batch: ColumnBatch): Column {
  const given = batch.columns.get(field.fieldId)
  if (given) return given
  if (isFillable(field)) return filledColumn(field, batch.rowCount)
  throw invalid(`fieldSchema(${field.name}) has no corresponding fieldData pass in`)
}

function checkRows(schema: CollectionSchema, batch: ColumnBatch, checks: FiniteChecks): void {
  for (const field of schema.fields) {
    const fault = firstFault(field, batch.columns.get(field.fieldId)!, batch.rowCount, checks)
    if (fault) throw invalid(`row ${fault.row}, field '${field.name}': ${fault.message}`)
  }
}

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
    throw invalid(
      'not support manually specifying the partition names if partition key mode is used',
    )
  }
  const keys = batch.columns.get(key.fieldId)!
  return rowsByPartition(keys, batch.rowCount, record.partitions.length)
    .map((rows, index) => ({ rows, partitionId: record.partitions[index].partitionId }))
    .filter(({ rows }) => rows.length > 0)
    .map(({ rows, partitionId }) => ({ partitionId, batch: gatherBatch(batch, rows) }))
}

function invalid(message: string): MillraceError {
  return new MillraceError('parameterInvalid', `${message}: invalid parameter`)
}
