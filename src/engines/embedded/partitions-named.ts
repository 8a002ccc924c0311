import { MillraceError } from '../../errors.js'
import type { CollectionRecord, PartitionRecord } from '../../storage/records.js'

/** The ids of partitions by name; all of them where no name is given. @throws partitionNotFound */
export function partitionIdsOf(
  record: CollectionRecord,
  partitionNames: readonly string[],
): bigint[] {
  if (partitionNames.length === 0) return record.partitions.map(({ partitionId }) => partitionId)
  return partitionNames.map((name) => partitionNamed(record, name).partitionId)
}

/** @throws partitionNotFound */
export function partitionNamed(record: CollectionRecord, name: string): PartitionRecord {
  const partition = record.partitions.find((each) => each.name === name)
  if (partition) return partition
  throw new MillraceError('partitionNotFound', `partition not found[partition=${name}]`)
}
