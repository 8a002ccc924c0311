import { bitmapWithLength, setBit } from '../../column/bitmap.js'
import type { BytesColumn, Column, FixedColumn, ListColumn } from '../../column/column.js'
import { DataType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { formatTimestamptz } from '../../schema/timestamptz.js'
import { ValueFault } from '../text/value-fault.js'
import type { ArrowConversion, PlainColumn } from './arrow-conversion.js'
import { isNullAt } from './arrow-lists.js'
import { floatConversion } from './arrow-numbers.js'
import { timeConversion } from './arrow-times.js'
import type { ArrowType } from './arrow-type.js'

type Nested = Extract<ArrowType, { kind: 'struct' | 'map' | 'list' }>

/** The JSON of the value at an index: `null` where there is none. */
type TextAt = (index: number) => string

/**
 * To a JSON field, from structs, maps and lists. A struct of which no member has a value is null: what has
 * its values is columns without nesting, which do not tell more.
 */
export function jsonConversion(field: Field, type: Nested): ArrowConversion | null {
  if (!isReadable(type, 0)) return null
  return (columns, rowCount, report) => {
    const textAt = bind(type, [...(columns as readonly Column[])], { field, count: rowCount })
    const texts: Buffer[] = []
    const offsets = new Int32Array(rowCount + 1)
    const validity = bitmapWithLength(rowCount)
    for (let row = 0; row < rowCount; row++) {
      let text = 'null'
      try {
        text = textAt(row)
      } catch (error) {
        if (!(error instanceof ValueFault)) throw error
        report(row, error.message)
      }
      const bytes = Buffer.from(text === 'null' ? '' : text)
      if (text !== 'null') setBit(validity, row)
      texts.push(bytes)
      offsets[row + 1] = offsets[row] + bytes.byteLength
    }
    return { shape: 'bytes', offsets, bytes: Buffer.concat(texts), validity }
  }
}

/** Lists in lists have repetition that one column of offsets does not tell. */
function isReadable(type: ArrowType, listDepth: number): boolean {
  switch (type.kind) {
    case 'struct':
      return type.members.every((member) => isReadable(member.type, listDepth))
    case 'list':
      return listDepth === 0 && isReadable(type.item, 1)
    case 'map':
      return listDepth === 0 && isKey(type.key) && isReadable(type.value, 1)
    case 'binary':
    case 'other':
      return false
    default:
      return true
  }
}

function isKey({ kind }: ArrowType): boolean {
  return kind === 'text' || kind === 'int'
}

interface Bound {
  readonly field: Field
  readonly count: number
}

/** @param columns those of the type come first, and are taken */
function bind(type: ArrowType, columns: Column[], bound: Bound): TextAt {
  switch (type.kind) {
    case 'struct': {
      const names = type.members.map(({ name }) => JSON.stringify(name))
      const texts = type.members.map((member) => bind(member.type, columns, bound))
      return (index) => objectText(names, texts, index)
    }
    case 'list':
      return bindItems(columns, bound, [type.item], ([itemAt]) => {
        return (begin, end) => `[${joined(begin, end, itemAt)}]`
      })
    case 'map':
      return bindItems(columns, bound, [type.key, type.value], ([keyAt, valueAt]) => {
        const memberAt = (index: number) => `${keyText(keyAt(index))}:${valueAt(index)}`
        return (begin, end) => `{${joined(begin, end, memberAt)}}`
      })
    default:
      return bindPlain(type, columns.shift() as PlainColumn, bound)
  }
}

function objectText(names: readonly string[], texts: readonly TextAt[], index: number): string {
  let isNull = true
  const members = names.map((name, member) => {
    const text = texts[member](index)
    isNull &&= text === 'null'
    return `${name}:${text}`
  })
  return isNull ? 'null' : `{${members.join(',')}}`
}

/** Lists whose items have these types, a column of lists for each column of theirs. */
function bindItems(
  columns: Column[],
  { field }: Bound,
  types: readonly ArrowType[],
  textOf: (itemsAt: readonly TextAt[]) => (begin: number, end: number) => string,
): TextAt {
  const { offsets, validity } = columns[0] as ListColumn
  const count = offsets[offsets.length - 1]
  const children = columns.map((column) => (column.shape === 'list' ? column.child : column))
  const before = children.length
  const text = textOf(types.map((type) => bind(type, children, { field, count })))
  columns.splice(0, before - children.length)
  return (index) => (isNullAt(validity, index) ? 'null' : text(offsets[index], offsets[index + 1]))
}

function joined(begin: number, end: number, textAt: TextAt): string {
  let text = ''
  for (let index = begin; index < end; index++) {
    text += index === begin ? textAt(index) : `,${textAt(index)}`
  }
  return text
}

function keyText(text: string): string {
  return text.startsWith('"') ? text : `"${text}"`
}

function bindPlain(type: ArrowType, column: PlainColumn, bound: Bound): TextAt {
  const textAt = plainTextAt(type, column, bound)
  const { validity } = column
  return (index) => (isNullAt(validity, index) ? 'null' : textAt(index))
}

function plainTextAt(type: ArrowType, column: PlainColumn, { field, count }: Bound): TextAt {
  switch (type.kind) {
    case 'bool':
      return (index) => String((column as FixedColumn).values[index] === 1)
    case 'int':
      return integerTextAt(type, column as FixedColumn)
    case 'float':
    case 'decimal': {
      const convert = floatConversion(DataType.Double, type)!
      const { values } = convert(column, count, () => {}) as FixedColumn
      return (index) => numberText(field, values[index] as number)
    }
    case 'date':
    case 'timestamp': {
      const { values } = timeConversion(type)!(column, count, () => {}) as FixedColumn
      return (index) => timeText(field, values[index] as bigint)
    }
    case 'text':
      return (index) => stringText(field, column as BytesColumn, index)
    default:
      return () => 'null'
  }
}

function integerTextAt(
  { isSigned, bits }: Extract<ArrowType, { kind: 'int' }>,
  { values }: FixedColumn,
): TextAt {
  return (index) => {
    const value = values[index]
    if (isSigned) return String(value)
    if (typeof value === 'bigint') return String(BigInt.asUintN(64, value))
    return String(bits === 32 ? value >>> 0 : value)
  }
}

/** What a Date can tell. */
const microsMax = 8_640_000_000_000_000_000n

function timeText({ name }: Field, micros: bigint): string {
  if (micros <= microsMax && micros >= -microsMax) return `"${formatTimestamptz(micros)}"`
  throw new ValueFault(name, `expected times of the years -271821 to 275760, got ${micros} µs`)
}

function numberText({ name }: Field, value: number): string {
  if (Number.isFinite(value)) return String(value)
  throw new ValueFault(name, `expected numbers that JSON has, got ${value}`)
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function stringText({ name }: Field, { offsets, bytes }: BytesColumn, index: number): string {
  const text = bytes.subarray(offsets[index], offsets[index + 1])
  try {
    return JSON.stringify(utf8.decode(text))
  } catch {
    const shown = Buffer.from(text.subarray(0, 32)).toString('hex')
    throw new ValueFault(name, `expected UTF-8, got the bytes ${shown}`)
  }
}
