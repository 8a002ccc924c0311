import { DataType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { type UserField, userFieldsOf } from '../../schema/struct-array.js'
import { isRowNumber, rowNumberText } from '../row-number-field.js'
import { type ByteCursor, SyntaxFault } from './byte-cursor.js'
import type { JsonReader } from './json-numbers.js'
import { jsonReaderOf } from './json-reader.js'
import {
  nextMember,
  openObject,
  passColon,
  scanString,
  skipSpace,
  skipValue,
  skipWord,
} from './json-scan.js'
import { unescapeString } from './json-string.js'
import { structReader } from './json-struct.js'
import { KeyTable } from './key-table.js'
import type { RowColumns } from './row-columns.js'
import { shownText, ValueFault } from './value-fault.js'

/** Of keys without a field, as many are told. */
const unknownKeysMax = 100
/** For more keys than any row should have, nothing is remembered. */
const likelyPlacesMax = 1024

/** Reads JSON objects as rows. */
export class JsonRowReader {
  readonly #columns: RowColumns
  readonly #reserved: readonly Field[]
  readonly #refusesUnknown: boolean
  readonly #subFields: readonly Field[]
  readonly #values: readonly RowValue[]
  /** The names of the values, then those of the reserved fields, then those of sub-fields. */
  readonly #keys = new KeyTable()
  /** The key that the row before had at the same place: rows are mostly alike. */
  readonly #order: number[] = []
  readonly #ignored = new KeyTable()
  /** The keys that were ignored. */
  readonly unknownKeys: string[] = []

  /** @param readerOf makes what reads a field's values */
  constructor(
    columns: RowColumns,
    reserved: readonly Field[],
    { readerOf = jsonReaderOf, refusesExtraColumns = false } = {},
  ) {
    this.#refusesUnknown = refusesExtraColumns
    this.#columns = columns
    this.#reserved = reserved
    const userFields = userFieldsOf(columns.fields)
    this.#values = userFields.map((userField) => rowValue(columns, userField, readerOf))
    this.#subFields = columns.fields.filter(({ struct }) => struct)
    for (const { name } of [...userFields, ...reserved, ...this.#subFields]) {
      const bytes = new TextEncoder().encode(name)
      this.#keys.add(bytes, 0, bytes.byteLength)
    }
  }

  /**
   * Appends the object that begins at the cursor as one row.
   * @throws ValueFault, SyntaxFault: the row is then to be dropped
   */
  read(cursor: ByteCursor): void {
    if (cursor.bytes[cursor.position] !== 0x7b) throw notAnObject(cursor)
    let place = 0
    for (let more = openObject(cursor); more; more = nextMember(cursor)) {
      const key = this.#scanKey(cursor, place++)
      const byte = skipSpace(cursor)
      if (key < 0) this.#readUnknown(cursor)
      else if (key >= this.#values.length) throw this.#forbiddenKey(key - this.#values.length)
      else this.#readValue(cursor, key, byte)
    }
    this.#columns.closeRow()
  }

  /** Whether a scanned string is the name of a field. */
  isFieldName({ bytes, stringBegin, stringEnd }: ByteCursor): boolean {
    return this.#keys.find(bytes, stringBegin, stringEnd) >= 0
  }

  /** The index of a key's field, -1 of a key without one; null where it is more than one field, or forbidden. */
  fieldIndexOf(key: Uint8Array): number | null {
    const index = this.#keys.find(key, 0, key.byteLength)
    if (index < 0) return -1
    const { first, end } = this.#values[index] ?? { first: 0, end: 0 }
    return end - first === 1 ? first : null
  }

  #scanKey(cursor: ByteCursor, place: number): number {
    if (skipSpace(cursor) !== 0x22) {
      const context = 'looking for beginning of object key string'
      throw new SyntaxFault(cursor.position, 'a key in quotes', context)
    }
    const likely = this.#order[place] ?? -1
    if (likely >= 0 && this.#keys.isQuotedAt(likely, cursor.bytes, cursor.position + 1)) {
      cursor.position += this.#keys.byteLengthOf(likely) + 2
      passColon(cursor)
      return likely
    }
    scanString(cursor)
    const key = this.#find(cursor)
    if (place < likelyPlacesMax) this.#order[place] = key
    passColon(cursor)
    return key
  }

  #find({ bytes, stringBegin, stringEnd, hasEscapes }: ByteCursor): number {
    if (!hasEscapes) return this.#keys.find(bytes, stringBegin, stringEnd)
    const unescaped = new Uint8Array(stringEnd - stringBegin)
    return this.#keys.find(
      unescaped,
      0,
      unescapeString(bytes, stringBegin, stringEnd, unescaped, 0),
    )
  }

  #readValue(cursor: ByteCursor, key: number, byte: number): void {
    const { first, end, read } = this.#values[key]
    for (let index = first; index < end; index++) this.#columns.openValue(index)
    if (byte !== 0x6e) {
      read(cursor)
      return
    }
    skipWord(cursor, 'null')
    for (let index = first; index < end; index++) this.#columns.appendNull(index)
  }

  #forbiddenKey(index: number): ValueFault {
    if (index < this.#reserved.length) return reservedKey(this.#reserved[index])
    return subFieldKey(this.#subFields[index - this.#reserved.length])
  }

  #readUnknown(cursor: ByteCursor): void {
    const { dynamic } = this.#columns
    if (dynamic) {
      dynamic.appendMember(cursor)
    } else {
      if (this.#refusesUnknown) throw unknownKey(cursor)
      this.#noteIgnored(cursor)
      skipValue(cursor)
    }
  }

  #noteIgnored({ bytes, stringBegin, stringEnd }: ByteCursor): void {
    if (this.unknownKeys.length === unknownKeysMax) return
    if (this.#ignored.find(bytes, stringBegin, stringEnd) >= 0) return
    this.#ignored.add(bytes, stringBegin, stringEnd)
    this.unknownKeys.push(shownText(bytes.subarray(stringBegin, stringEnd)))
  }
}

/** A value of a row, for one field or for the sub-fields of a struct array. */
interface RowValue {
  /** Indexes of the fields, from `first` up to `end`. */
  readonly first: number
  readonly end: number
  readonly read: JsonReader
}

function rowValue(
  { builders, dynamic }: RowColumns,
  userField: UserField,
  readerOf: typeof jsonReaderOf,
): RowValue {
  const { struct, fields, fieldIndex: first } = userField
  const end = first + fields.length
  if (struct) {
    return { first, end, read: structReader(userField, builders.slice(first, end), readerOf) }
  }
  if (fields[0].isDynamic) return { first, end, read: (cursor) => dynamic!.readValue(cursor) }
  return { first, end, read: readerOf(fields[0], builders[first]) }
}

function unknownKey({ bytes, stringBegin, stringEnd }: ByteCursor): ValueFault {
  const key = shownText(bytes.subarray(stringBegin, stringEnd))
  return new ValueFault(
    key,
    `expected keys of fields only, got '${key}': the field '${key}' is not defined in collection schema`,
  )
}

function notAnObject(cursor: ByteCursor): ValueFault {
  const { position } = cursor
  skipValue(cursor, true)
  const text = shownText(cursor.bytes.subarray(position, cursor.position))
  return new ValueFault(
    '',
    `expected an object, got ${text}: invalid JSON format, each row should be a key-value map`,
  )
}

/** A value that is given for a sub-field by itself. */
export function subFieldKey({ name, struct }: Field): ValueFault {
  return new ValueFault(
    name,
    `expected the whole struct array field '${struct?.name}', got its sub-field '${name}' by itself`,
  )
}

/** A value for a field whose values are made by the server. */
export function reservedKey(field: Field): ValueFault {
  const { name, isFunctionOutput, dataType } = field
  if (isRowNumber(field)) return new ValueFault(name, rowNumberText(field))
  if (!isFunctionOutput) {
    const milvus = `the primary key '${name}' is auto-generated, no need to provide`
    return new ValueFault(name, `expected no value, got one: ${milvus}`)
  }
  // Milvus: the only function whose output is sparse is BM25.
  const kind = dataType === DataType.SparseFloatVector ? 'BM25 function' : 'function'
  return new ValueFault(
    name,
    `expected no value, got one: not allowed to provide data for ${kind} output field '${name}'`,
  )
}
