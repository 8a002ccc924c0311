import { Date as DateType } from 'apache-arrow/fb/date'
import { DateUnit } from 'apache-arrow/fb/date-unit'
import { Decimal } from 'apache-arrow/fb/decimal'
import type { Field } from 'apache-arrow/fb/field'
import { FixedSizeBinary } from 'apache-arrow/fb/fixed-size-binary'
import { FixedSizeList } from 'apache-arrow/fb/fixed-size-list'
import { FloatingPoint } from 'apache-arrow/fb/floating-point'
import { Int } from 'apache-arrow/fb/int'
import type { Schema } from 'apache-arrow/fb/schema'
import { Timestamp } from 'apache-arrow/fb/timestamp'
import { Type } from 'apache-arrow/fb/type'
import { Union } from 'apache-arrow/fb/union'
import type { ArrowType } from './arrow-type.js'

/** How a field's values lie in its buffers. */
export type ArrowLayout =
  | { readonly kind: 'null' }
  | { readonly kind: 'bits' }
  | { readonly kind: 'fixed'; readonly width: number }
  /** Offsets of 4 or 8 bytes, then the bytes. */
  | { readonly kind: 'bytes'; readonly offsetBytes: 4 | 8 }
  /** Lengths with either the bytes or where they are. */
  | { readonly kind: 'views' }
  | { readonly kind: 'list'; readonly offsetBytes: 4 | 8 }
  | { readonly kind: 'fixedList'; readonly length: number }
  | { readonly kind: 'struct' }
  /** Read by nothing; only how many buffers it has is known. */
  | { readonly kind: 'other'; readonly bufferCount: number }

export interface ArrowField {
  readonly name: string
  readonly type: ArrowType
  /** Of the values themselves, also where they lie in a dictionary. */
  readonly layout: ArrowLayout
  readonly children: readonly ArrowField[]
  readonly dictionary: ArrowDictionary | null
}

interface ArrowDictionary {
  readonly id: bigint
  readonly indexBytes: number
  readonly isSigned: boolean
}

const fieldsMax = 10_000
const depthMax = 32
const widthMax = 16 * 1024 ** 2
const listLengthMax = 2 ** 24

/** The fields of a schema. @throws Error where there are more than can be */
export function arrowFieldsOf(schema: Schema): ArrowField[] {
  const budget = { fieldsLeft: fieldsMax }
  if (schema.endianness() !== 0) throw new Error('big-endian values are not supported')
  return childrenOf(schema.fieldsLength(), (index) => schema.fields(index), budget, 0)
}

function childrenOf(
  count: number,
  fieldAt: (index: number) => Field | null,
  budget: { fieldsLeft: number },
  depth: number,
): ArrowField[] {
  budget.fieldsLeft -= count
  if (budget.fieldsLeft < 0 || depth > depthMax) {
    throw new Error(`a schema of more than ${fieldsMax} fields or ${depthMax} levels`)
  }
  return Array.from({ length: count }, (_, index) => {
    const field = fieldAt(index)!
    const children = childrenOf(
      field.childrenLength(),
      (child) => field.children(child),
      budget,
      depth + 1,
    )
    return {
      ...typeOf(field, children),
      name: field.name() ?? '',
      children,
      dictionary: dictionaryOf(field),
    }
  })
}

function dictionaryOf(field: Field): ArrowDictionary | null {
  const encoding = field.dictionary()
  if (!encoding) return null
  const index = encoding.indexType()
  const indexBytes = (index?.bitWidth() ?? 32) / 8
  if (![1, 2, 4, 8].includes(indexBytes))
    throw new Error(`dictionary indices of ${indexBytes} bytes`)
  return { id: encoding.id(), indexBytes, isSigned: index?.isSigned() ?? true }
}

interface Typed {
  readonly type: ArrowType
  readonly layout: ArrowLayout
}

function typeOf(field: Field, children: readonly ArrowField[]): Typed {
  switch (field.typeType()) {
    case Type.Null:
      return { type: { kind: 'null' }, layout: { kind: 'null' } }
    case Type.Bool:
      return { type: { kind: 'bool' }, layout: { kind: 'bits' } }
    case Type.Int:
      return integerOf(field.type(new Int()))
    case Type.FloatingPoint:
      return floatOf(field.type(new FloatingPoint()))
    case Type.Decimal:
      return decimalOf(field.type(new Decimal()))
    case Type.Date:
      return dateOf(field.type(new DateType()))
    case Type.Timestamp:
      return timestampOf(field.type(new Timestamp()))
    case Type.FixedSizeBinary:
      return fixedBinaryOf(field.type(new FixedSizeBinary()))
    case Type.FixedSizeList:
      return fixedListOf(field.type(new FixedSizeList()), children)
    case Type.Struct_:
      return { type: { kind: 'struct', members: children }, layout: { kind: 'struct' } }
    default:
      return variableOf(field, children)
  }
}

function variableOf(field: Field, children: readonly ArrowField[]): Typed {
  const text: ArrowType = { kind: 'text' }
  const binary: ArrowType = { kind: 'binary', width: null }
  switch (field.typeType()) {
    case Type.Utf8:
      return { type: text, layout: { kind: 'bytes', offsetBytes: 4 } }
    case Type.LargeUtf8:
      return { type: text, layout: { kind: 'bytes', offsetBytes: 8 } }
    case Type.Utf8View:
      return { type: text, layout: { kind: 'views' } }
    case Type.Binary:
      return { type: binary, layout: { kind: 'bytes', offsetBytes: 4 } }
    case Type.LargeBinary:
      return { type: binary, layout: { kind: 'bytes', offsetBytes: 8 } }
    case Type.BinaryView:
      return { type: binary, layout: { kind: 'views' } }
    case Type.List:
      return listOf(children, { kind: 'list', offsetBytes: 4 })
    case Type.LargeList:
      return listOf(children, { kind: 'list', offsetBytes: 8 })
    case Type.Map:
      return mapOf(children)
    default:
      return otherOf(field)
  }
}

/** Types of which only the number of buffers is known. */
function otherOf(field: Field): Typed {
  const other = (name: string, bufferCount: number): Typed => ({
    type: { kind: 'other', name },
    layout: { kind: 'other', bufferCount },
  })
  switch (field.typeType()) {
    case Type.Time:
      return other('time', 2)
    case Type.Duration:
      return other('duration', 2)
    case Type.Interval:
      return other('interval', 2)
    case Type.Union:
      return other('union', 1 + field.type(new Union()).mode())
    case Type.RunEndEncoded:
      return other('run_end_encoded', 0)
    case Type.ListView:
    case Type.LargeListView:
      return other('list_view', 3)
    default:
      throw new Error(`a field of the unknown type ${field.typeType() ?? 0}`)
  }
}

function listOf(children: readonly ArrowField[], layout: ArrowLayout): Typed {
  if (children.length !== 1) throw new Error(`a list of ${children.length} types`)
  return { type: { kind: 'list', item: children[0].type }, layout }
}

/** Lists of entries, each a struct of key and value. */
function mapOf(children: readonly ArrowField[]): Typed {
  const [key, value, ...more] = children[0]?.children ?? []
  if (!value || more.length > 0) throw new Error('a map whose entries have no key and value')
  return {
    type: { kind: 'map', key: key.type, value: value.type },
    layout: { kind: 'list', offsetBytes: 4 },
  }
}

function fixedListOf(type: FixedSizeList, children: readonly ArrowField[]): Typed {
  const length = type.listSize()
  if (length < 0 || length > listLengthMax) throw new Error(`lists of ${length} values`)
  return listOf(children, { kind: 'fixedList', length })
}

function fixed(type: ArrowType, width: number): Typed {
  return { type, layout: { kind: 'fixed', width } }
}

function integerOf(type: Int): Typed {
  const bits = ([8, 16, 32, 64] as const).find((known) => known === type.bitWidth())
  if (bits === undefined) throw new Error(`integers of ${type.bitWidth()} bits`)
  return fixed({ kind: 'int', bits, isSigned: type.isSigned() }, bits / 8)
}

function floatOf(type: FloatingPoint): Typed {
  const bits = ([16, 32, 64] as const)[type.precision()]
  if (bits === undefined) throw new Error(`floats of precision ${type.precision()}`)
  return fixed({ kind: 'float', bits }, bits / 8)
}

function decimalOf(type: Decimal): Typed {
  const width = type.bitWidth() / 8
  if (![4, 8, 16, 32].includes(width)) throw new Error(`decimals of ${type.bitWidth()} bits`)
  return fixed({ kind: 'decimal', scale: type.scale(), isBigEndian: false }, width)
}

function dateOf(type: DateType): Typed {
  const isDay = type.unit() === DateUnit.DAY
  return fixed({ kind: 'date', unitsPerDay: isDay ? 1n : 86_400_000n }, isDay ? 4 : 8)
}

function timestampOf(type: Timestamp): Typed {
  return fixed({ kind: 'timestamp', unitsPerSecond: 1000n ** BigInt(type.unit() & 3) }, 8)
}

function fixedBinaryOf(type: FixedSizeBinary): Typed {
  const width = type.byteWidth()
  if (width < 1 || width > widthMax) throw new Error(`values of ${width} bytes`)
  return fixed({ kind: 'binary', width }, width)
}
