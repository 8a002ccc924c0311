import { DataType } from './data-type.js'

/** A default, in the form its column holds it: Bool as boolean, Int64 and Timestamptz as bigint. */
export type DefaultValue = boolean | number | bigint | string

/**
 * A field whose rows are lists of objects. Each of its sub-fields is a field of the collection, an Array or
 * an ArrayOfVector called `struct[sub]`, so that columns need not know of it; those of one struct follow
 * each other, and have as many elements as each other in every row.
 */
export interface StructArray {
  readonly fieldId: number
  readonly name: string
  readonly description: string
  readonly nullable: boolean
  /** As they came over the wire. */
  readonly typeParams: Readonly<Record<string, string>>
}

/** One field of a collection, checked: what is absent is 0, '' or null. */
export interface Field {
  readonly fieldId: number
  readonly name: string
  readonly description: string
  readonly dataType: DataType
  /** Of an Array or ArrayOfVector field, else DataType.None. */
  readonly elementType: DataType
  readonly isPrimaryKey: boolean
  readonly autoId: boolean
  readonly isPartitionKey: boolean
  readonly isClusteringKey: boolean
  /** The `$meta` field of a collection with dynamic fields. */
  readonly isDynamic: boolean
  readonly isFunctionOutput: boolean
  readonly nullable: boolean
  readonly defaultValue: DefaultValue | null
  /** Components of a vector (bits of a BinaryVector), or of each of an ArrayOfVector; 0 for other types. */
  readonly dim: number
  /** In bytes, of a VarChar or of an Array's VarChar elements; 0 for other types. */
  readonly maxLength: number
  /** In elements, of an Array or ArrayOfVector; 0 for other types. */
  readonly maxCapacity: number
  /** As they came over the wire, for DescribeCollection. */
  readonly typeParams: Readonly<Record<string, string>>
  /** That its times are read and written in, of a Timestamptz field; left out: UTC. */
  readonly timeZone?: string
  /** Of a sub-field. */
  readonly struct?: StructArray
}

/** A field of which nothing else is said: what is absent is left out. */
export function plainField(fieldId: number, name: string, dataType: DataType): Field {
  return {
    fieldId,
    name,
    description: '',
    dataType,
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
}
