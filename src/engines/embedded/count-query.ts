import { MillraceError } from '../../errors.js'
import { DataType } from '../../schema/data-type.js'
import { plainField } from '../../schema/field.js'
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
  const field = plainField(0, countName, DataType.Int64)
  const values = BigInt64Array.of(BigInt(count))
  return { field, column: { shape: 'fixed', values, width: 1, validity: null }, rowCount: 1 }
}
