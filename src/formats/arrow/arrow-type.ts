/**
 * The type of a file's column, in Arrow's terms: what columns of Parquet, Arrow, HDF5 and .fvecs files
 * have in common. Its values come as a Column:
 *
 * | kind | shape | values |
 * |---|---|---|
 * | null | fixed, 1 | anything |
 * | bool | fixed, 1 | Uint8Array of 0 and 1 |
 * | int | fixed, 1 | integers of its width or a wider one; unsigned 32 and 64 bits in signed arrays |
 * | float | fixed, 1 | Uint16Array (bit patterns), Float32Array, Float64Array |
 * | decimal | fixed, 1 or its bytes | Int32Array, BigInt64Array, Uint8Array: the unscaled integers |
 * | date, timestamp | fixed, 1 | Int32Array, BigInt64Array: units since 1970 |
 * | text, binary | bytes; fixed where all have the same width | |
 * | list | list | |
 * | struct | the columns of its members, one after the other | |
 * | list of structs, map | as the struct of its items, but that each column is a list | |
 */
export type ArrowType =
  | { readonly kind: 'null' }
  | { readonly kind: 'bool' }
  | { readonly kind: 'int'; readonly bits: 8 | 16 | 32 | 64; readonly isSigned: boolean }
  | { readonly kind: 'float'; readonly bits: 16 | 32 | 64 }
  | { readonly kind: 'decimal'; readonly scale: number; readonly isBigEndian: boolean }
  | { readonly kind: 'date'; readonly unitsPerDay: bigint }
  | { readonly kind: 'timestamp'; readonly unitsPerSecond: bigint }
  | { readonly kind: 'text' }
  /** `width` is null where every value has its own length. */
  | { readonly kind: 'binary'; readonly width: number | null }
  | { readonly kind: 'list'; readonly item: ArrowType }
  | { readonly kind: 'struct'; readonly members: readonly ArrowMember[] }
  | { readonly kind: 'map'; readonly key: ArrowType; readonly value: ArrowType }
  /** Read by nothing. */
  | { readonly kind: 'other'; readonly name: string }

export interface ArrowMember {
  readonly name: string
  readonly type: ArrowType
}

/** As Arrow names it: `utf8`, `list<float32>`. */
export function arrowTypeName(type: ArrowType): string {
  switch (type.kind) {
    case 'int':
      return `${type.isSigned ? 'int' : 'uint'}${type.bits}`
    case 'float':
      return type.bits === 16 ? 'halffloat' : `float${type.bits}`
    case 'text':
      return 'utf8'
    case 'binary':
      return type.width === null ? 'binary' : `fixed_size_binary[${type.width}]`
    case 'list':
      return `list<${arrowTypeName(type.item)}>`
    case 'struct':
      return `struct<${type.members.map(memberName).join(', ')}>`
    case 'map':
      return `map<${arrowTypeName(type.key)}, ${arrowTypeName(type.value)}>`
    case 'other':
      return type.name
    default:
      return type.kind
  }
}

/** How many columns have its values. */
export function columnCountOf(type: ArrowType): number {
  switch (type.kind) {
    case 'struct':
      return type.members.reduce((sum, member) => sum + columnCountOf(member.type), 0)
    case 'list':
      return columnCountOf(type.item)
    case 'map':
      return columnCountOf(type.key) + columnCountOf(type.value)
    default:
      return 1
  }
}

function memberName({ name, type }: ArrowMember): string {
  return `${name}: ${arrowTypeName(type)}`
}
