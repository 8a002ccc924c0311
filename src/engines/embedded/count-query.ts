import { MillraceError } from '../../errors.js'
import { DataType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import type { OutputField, QueryRequest } from '../../search/search-request.js'

export const countName = 'count(*)'

export function isCount(name: string): boolean {
  return name.trim().toLowerCase() === countName
}

export function checkCount({ outputFields, limit }: QueryRequest): void {
  if (limit !== null) {
    throw new MillraceError(
      'parameterInvalid',
      'failed to create query plan: count entities with pagination is not allowed: invalid parameter',
    )
  }
  if (outputFields.length === 1) return
  throw new MillraceError(
    'parameterInvalid',
    `count(*) cannot be asked for beside other fields, got ${outputFields.join(', ')}: invalid parameter`,
  )
}

export function countField(count: number): OutputField {
  const field: Field = {
    fieldId: 0,
    name: countName,
    description: '',
    dataType: DataType.Int64,
    elementType: DataType.None,
    isPrimaryKey: false,
    autoId: false,
    isPartitionKey: false,
    isClusteringKey: false,
    isDynamic: false,
    isFunctionOutput: false,
    nullable: false,
    defaultValue: null,
    dim: 0,
    maxLength: 0,
    maxCapacity: 0,
    typeParams: {},
  }
  const values = BigInt64Array.of(BigInt(count))
  return { field, column: { shape: 'fixed', values, width: 1, validity: null }, rowCount: 1 }
}
