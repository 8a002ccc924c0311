import { type ErrorKind, MillraceError } from '../../errors.js'
import { partitionKeyOf } from '../../schema/collection-schema.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import type { CollectionRecord } from '../../storage/records.js'
import { partitionIdsOf } from './partitions-named.js'

/**
 * What is read must be loaded.
 * @param kind of the refusal of partitions beside a partition key. Milvus: not the same for all reads.
 * @throws collectionNotLoaded, partitionNotLoaded, parameterInvalid
 */
export function checkLoaded(
  record: CollectionRecord,
  loadingIds: ReadonlySet<bigint>,
  partitionNames: readonly string[],
  kind: ErrorKind,
): void {
  if (partitionNames.length > 0 && partitionKeyOf(record.schema)) {
    throw new MillraceError(
      kind,
      'not support manually specifying the partition names if partition key mode is used',
    )
  }
  checkPartitions(record, partitionNames)
  if (record.loadedPartitionIds.length === 0) {
    throw collectionNotLoaded(record.schema.name, loadingIds.size > 0)
  }
  for (const name of partitionNames) {
    const [partitionId] = partitionIdsOf(record, [name])
    if (record.loadedPartitionIds.includes(partitionId)) continue
    throw partitionNotLoaded(name, loadingIds.has(partitionId))
  }
}

/** Milvus: reads say so in words of their own. @throws parameterInvalid */
function checkPartitions({ partitions }: CollectionRecord, names: readonly string[]): void {
  for (const name of names) {
    if (name.trim() === '') throw invalidParameter('Partition name should not be empty.')
    if (partitions.some((partition) => partition.name === name)) continue
    throw invalidParameter(`partition name ${name} not found`)
  }
}

function collectionNotLoaded(name: string, isLoading: boolean): MillraceError {
  return isLoading
    ? new MillraceError(
        'collectionNotFullyLoaded',
        `collection not fully loaded[collection=${name}]`,
      )
    : new MillraceError('collectionNotLoaded', `collection not loaded[collection=${name}]`)
}

function partitionNotLoaded(name: string, isLoading: boolean): MillraceError {
  return isLoading
    ? new MillraceError('partitionNotFullyLoaded', `partition not fully loaded[partition=${name}]`)
    : new MillraceError('partitionNotLoaded', `partition not loaded[partition=${name}]`)
}
