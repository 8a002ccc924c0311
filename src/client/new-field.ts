import { DataType } from '../schema/data-type.js'
import type { MessageInput } from '../wire/codec.js'
import { keyValuesFromPairs } from '../wire/key-values.js'

/** A field of a collection to be made: pymilvus's FieldSchema as a plain object. */
export interface NewField {
  readonly name: string
  readonly dataType: DataType
  readonly description?: string
  readonly isPrimary?: boolean
  readonly autoId?: boolean
  readonly isPartitionKey?: boolean
  readonly nullable?: boolean
  /** Of a vector. */
  readonly dim?: number
  /** Of a VarChar, or of the VarChars in an Array; bytes. */
  readonly maxLength?: number
  /** Of an Array. */
  readonly elementType?: DataType
  /** Of an Array; elements. */
  readonly maxCapacity?: number
}

export function fieldMessageFrom(field: NewField): MessageInput<'FieldSchema'> {
  return {
    name: field.name,
    description: field.description ?? '',
    data_type: field.dataType,
    element_type: field.elementType ?? DataType.None,
    is_primary_key: field.isPrimary ?? false,
    autoID: field.autoId ?? false,
    is_partition_key: field.isPartitionKey ?? false,
    nullable: field.nullable ?? false,
    type_params: keyValuesFromPairs(typeParams(field)),
  }
}

function typeParams({ dim, maxLength, maxCapacity }: NewField): [key: string, value: string][] {
  const params = Object.entries({ dim, max_length: maxLength, max_capacity: maxCapacity })
  return params.flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]))
}
