import type { SchemaElement, SchemaTree } from 'hyparquet'
import type { ArrowMember, ArrowType } from '../arrow/arrow-type.js'

/** A column as Parquet stores it: one for each type without nesting that a column is made of. */
export interface ParquetLeaf {
  /** In the order of a row group's columns. */
  readonly leafIndex: number
  readonly path: string
  readonly element: SchemaElement
  /** Bytes of a value; null where each has its own length. */
  readonly width: number | null
  readonly type: ArrowType
  /** The definition level of a value that is there. */
  readonly definitionMax: number
  /** The definition level of an empty list; null for a column that is no list. */
  readonly emptyListLevel: number | null
  /** The same of the list around that list; null where there is none. */
  readonly outerEmptyLevel: number | null
  /** The member of the outermost struct that the leaf is in; null where there is none. */
  readonly memberIndex: number | null
}

export interface ParquetColumn extends ArrowMember {
  readonly leaves: readonly ParquetLeaf[]
}

/** What a leaf inherits from the groups around it. */
interface Levels {
  readonly definition: number
  readonly emptyList: number | null
  readonly outerEmptyList: number | null
}

const widthMax = 16 * 1024 ** 2

/** The columns of a file, and what each of them is made of. */
export function parquetColumnsOf(root: SchemaTree): ParquetColumn[] {
  let leafCount = 0
  return root.children.map((node) => {
    const leaves: ParquetLeaf[] = []
    const top = { definition: 0, emptyList: null, outerEmptyList: null }
    const type = typeOf(node, top, (leaf) => leaves.push({ ...leaf, leafIndex: leafCount++ }))
    return { name: node.element.name, type, leaves }
  })
}

type AddLeaf = (leaf: Omit<ParquetLeaf, 'leafIndex'>) => void

/** A repeated node is a list of what it would else be. */
function typeOf(node: SchemaTree, outer: Levels, addLeaf: AddLeaf): ArrowType {
  const isRepeated = node.element.repetition_type === 'REPEATED'
  const type = itemTypeOf(node, levelsWithin(node, outer), addLeaf)
  return isRepeated ? { kind: 'list', item: type } : type
}

function levelsWithin({ element }: SchemaTree, outer: Levels): Levels {
  const { definition, emptyList } = outer
  if (element.repetition_type === 'REPEATED') {
    return { definition: definition + 1, emptyList: definition, outerEmptyList: emptyList }
  }
  const isOptional = element.repetition_type === 'OPTIONAL'
  return isOptional ? { ...outer, definition: definition + 1 } : outer
}

function itemTypeOf(node: SchemaTree, levels: Levels, addLeaf: AddLeaf): ArrowType {
  const { element, children } = node
  if (children.length === 0) {
    const type = leafTypeOf(element)
    addLeaf({
      path: node.path.join('.'),
      element,
      width: widthOf(element),
      type,
      definitionMax: levels.definition,
      emptyListLevel: levels.emptyList,
      outerEmptyLevel: levels.outerEmptyList,
      memberIndex: null,
    })
    return type
  }
  const repeated = repeatedChildOf(node)
  if (repeated) return listTypeOf(repeated, levels, addLeaf)
  const members = children.map((child, memberIndex) => ({
    name: child.element.name,
    type: typeOf(child, levels, (leaf) => addLeaf({ ...leaf, memberIndex })),
  }))
  return isMap(element) ? mapTypeOf(members) : { kind: 'struct', members }
}

/** The child of a group that is a list; older writers put the items' type right there. */
function repeatedChildOf({ element, children }: SchemaTree): SchemaTree | null {
  const isList = element.converted_type === 'LIST' || element.logical_type?.type === 'LIST'
  const [child] = children
  const isWrapper = children.length === 1 && child.element.repetition_type === 'REPEATED'
  return isList && isWrapper ? child : null
}

function listTypeOf(repeated: SchemaTree, outer: Levels, addLeaf: AddLeaf): ArrowType {
  const levels = levelsWithin(repeated, outer)
  const [only] = repeated.children
  const item =
    repeated.children.length === 1
      ? typeOf(only, levels, addLeaf)
      : itemTypeOf(repeated, levels, addLeaf)
  return { kind: 'list', item }
}

/** A map is a group of one repeated group of keys and values. */
function mapTypeOf([entries]: readonly ArrowMember[]): ArrowType {
  const item = entries?.type.kind === 'list' ? entries.type.item : null
  if (item?.kind !== 'struct' || item.members.length !== 2) return { kind: 'other', name: 'map' }
  const [key, value] = item.members
  return { kind: 'map', key: key.type, value: value.type }
}

function isMap({ converted_type, logical_type }: SchemaElement): boolean {
  return (
    converted_type === 'MAP' || converted_type === 'MAP_KEY_VALUE' || logical_type?.type === 'MAP'
  )
}

function widthOf({ type, type_length }: SchemaElement): number | null {
  switch (type) {
    case 'BOOLEAN':
      return 1
    case 'INT32':
    case 'FLOAT':
      return 4
    case 'INT64':
    case 'DOUBLE':
      return 8
    case 'INT96':
      return 12
    case 'FIXED_LEN_BYTE_ARRAY':
      if (type_length && type_length > 0 && type_length <= widthMax) return type_length
      throw new Error(`expected values of 1 to ${widthMax} bytes, got ${type_length}`)
    default:
      return null
  }
}

function leafTypeOf(element: SchemaElement): ArrowType {
  switch (element.type) {
    case 'BOOLEAN':
      return { kind: 'bool' }
    case 'INT32':
      return integerTypeOf(element, 32)
    case 'INT64':
      return integerTypeOf(element, 64)
    case 'INT96':
      return { kind: 'timestamp', unitsPerSecond: 1_000_000n }
    case 'FLOAT':
      return { kind: 'float', bits: 32 }
    case 'DOUBLE':
      return { kind: 'float', bits: 64 }
    case 'BYTE_ARRAY':
      return bytesTypeOf(element)
    case 'FIXED_LEN_BYTE_ARRAY':
      return fixedBytesTypeOf(element)
    default:
      return { kind: 'other', name: 'empty group' }
  }
}

function integerTypeOf(element: SchemaElement, bits: 32 | 64): ArrowType {
  const { logical_type: logical, converted_type: converted } = element
  if (logical?.type === 'NULL') return { kind: 'null' }
  if (logical?.type === 'TIMESTAMP') {
    return { kind: 'timestamp', unitsPerSecond: timeUnits[logical.unit] }
  }
  if (logical?.type === 'DATE' || converted === 'DATE') return { kind: 'date', unitsPerDay: 1n }
  if (isDecimal(element)) return decimalType(element)
  if (converted === 'TIMESTAMP_MILLIS') return { kind: 'timestamp', unitsPerSecond: 1_000n }
  if (converted === 'TIMESTAMP_MICROS') return { kind: 'timestamp', unitsPerSecond: 1_000_000n }
  if (logical?.type === 'TIME' || converted?.startsWith('TIME_'))
    return { kind: 'other', name: 'time' }
  const [, sign, width] = /^(U?)INT_(\d+)$/.exec(converted ?? '') ?? []
  const wanted = logical?.type === 'INTEGER' ? logical.bitWidth : Number(width ?? bits)
  const isSigned = logical?.type === 'INTEGER' ? logical.isSigned : sign !== 'U'
  return { kind: 'int', bits: integerBits.find((known) => known === wanted) ?? bits, isSigned }
}

const integerBits = [8, 16, 32, 64] as const
const timeUnits = { MILLIS: 1_000n, MICROS: 1_000_000n, NANOS: 1_000_000_000n } as const
const textTypes: readonly (string | undefined)[] = ['STRING', 'UTF8', 'JSON', 'ENUM']

function bytesTypeOf(element: SchemaElement): ArrowType {
  if (isDecimal(element)) return decimalType(element)
  const isText =
    textTypes.includes(element.logical_type?.type) || textTypes.includes(element.converted_type)
  return isText ? { kind: 'text' } : { kind: 'binary', width: null }
}

function fixedBytesTypeOf(element: SchemaElement): ArrowType {
  if (isDecimal(element)) return decimalType(element)
  const width = element.type_length!
  if (element.logical_type?.type === 'FLOAT16' && width === 2) return { kind: 'float', bits: 16 }
  return { kind: 'binary', width }
}

function isDecimal({ logical_type, converted_type }: SchemaElement): boolean {
  return logical_type?.type === 'DECIMAL' || converted_type === 'DECIMAL'
}

function decimalType({ logical_type, scale }: SchemaElement): ArrowType {
  const logicalScale = logical_type?.type === 'DECIMAL' ? logical_type.scale : undefined
  return { kind: 'decimal', scale: logicalScale ?? scale ?? 0, isBigEndian: true }
}
