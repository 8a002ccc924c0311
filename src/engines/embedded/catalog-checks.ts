import { MillraceError } from '../../errors.js'
import {
  type CollectionSchema,
  defaultPartitionName,
  partitionKeyOf,
} from '../../schema/collection-schema.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import type { CollectionRecord } from '../../storage/records.js'

/**
 * Whether a collection is to be made: not where there is the same one, which is no error, as in Milvus.
 * @throws parameterInvalid where another one has the name, as its own or as an alias
 */
export function isNewCollection(
  existing: CollectionRecord | undefined,
  schema: CollectionSchema,
): boolean {
  if (!existing) return true
  if (existing.schema.name !== schema.name) {
    throw invalidParameter(
      `collection name [${schema.name}] conflicts with an existing alias, please choose a unique name`,
    )
  }
  if (isSameSchema(existing.schema, schema)) return false
  throw invalidParameter(
    `create duplicate collection with different parameters, collection: ${schema.name}`,
  )
}

function isSameSchema(left: CollectionSchema, right: CollectionSchema): boolean {
  const fieldsOf = ({ fields, enableDynamicField }: CollectionSchema) =>
    JSON.stringify([fields, enableDynamicField], (_key, value) =>
      typeof value === 'bigint' ? value.toString() : value,
    )
  return fieldsOf(left) === fieldsOf(right)
}

/** @throws parameterInvalid for a collection that must not be dropped as it is, or by this name */
export function checkDrop({ schema, aliases }: CollectionRecord, name: string): void {
  if (schema.name !== name) throw invalidParameter(`cannot drop the collection via alias = ${name}`)
  if (aliases.length === 0) return
  throw invalidParameter(
    `unable to drop the collection [${name}] because it has associated aliases [${aliases.join(' ')}], please remove all aliases before dropping the collection`,
  )
}

/** Whether a partition is to be made. @throws parameterInvalid where none by this name may be */
export function isNewPartition(record: CollectionRecord, partitionName: string): boolean {
  checkPartitionName(partitionName)
  if (partitionKeyOf(record.schema)) {
    throw new MillraceError('refused', 'disable create partition if partition key mode is used')
  }
  return !record.partitions.some(({ name }) => name === partitionName)
}

function checkPartitionName(name: string): void {
  if (/^[A-Za-z_][A-Za-z0-9_-]{0,254}$/.test(name)) return
  throw new MillraceError(
    'parameterInvalid',
    `Invalid partition name: ${name}. Partition name can only contain numbers, letters and underscores: expected at most 255 of them, the first no number: invalid parameter`,
  )
}

/** @throws refused for single partitions of a collection that has a partition key */
export function checkLoadedPartitions(
  { schema }: CollectionRecord,
  what: 'load' | 'release',
  partitionNames: readonly string[],
): void {
  if (partitionNames.length === 0 || !partitionKeyOf(schema)) return
  throw new MillraceError('refused', `disable ${what} partitions if partition key mode is used`)
}

/** @throws parameterInvalid for a partition that must not be dropped as it is */
export function checkPartitionDrop(record: CollectionRecord, partitionName: string): void {
  const fault = partitionDropFault(record, partitionName)
  if (fault) throw new MillraceError('parameterInvalid', `${fault}: invalid parameter`)
}

function partitionDropFault(record: CollectionRecord, partitionName: string): string | null {
  if (partitionKeyOf(record.schema)) return 'disable drop partition if partition key mode is used'
  if (partitionName === defaultPartitionName) return 'default partition cannot be deleted'
  const partition = record.partitions.find(({ name }) => name === partitionName)
  if (!partition || !record.loadedPartitionIds.includes(partition.partitionId)) return null
  return 'partition cannot be dropped, partition is loaded, please release it first'
}
