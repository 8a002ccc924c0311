import type { BytesBuilder } from '../../column/column-builder.js'
import type { Field } from '../../schema/field.js'
import { ByteCursor } from './byte-cursor.js'
import {
  isOneValue,
  nextMember,
  openObject,
  scanKey,
  scanString,
  skipSpace,
  skipValue,
} from './json-scan.js'
import { unescapeString } from './json-string.js'
import { KeyTable } from './key-table.js'
import { refuseBadUtf8 } from './text-values.js'
import { shownText, ValueFault, wrongKind } from './value-fault.js'

/** Keys that are kept from row to row; rows whose keys are all different must not fill the memory. */
const keptKeysMax = 16_384

/** Writes the object of a row's `$meta`, member by member, each as the file has it. */
export class DynamicMembers {
  readonly #field: Field
  readonly #builder: BytesBuilder
  readonly #keys = new KeyTable()
  /** The row that had a key last. */
  #lastRows = new Float64Array(64)
  #unescaped = new Uint8Array(256)
  #row = 1
  #memberCount = 0
  #isOpen = false

  constructor(field: Field, builder: BytesBuilder) {
    this.#field = field
    this.#builder = builder
  }

  /** Appends a member: the key that was scanned last, and the value, which comes next. */
  appendMember(cursor: ByteCursor): void {
    const { bytes, stringBegin, stringEnd } = cursor
    this.#openMember(cursor)
    this.#builder.write(bytes, stringBegin - 1, stringEnd + 1)
    this.#builder.writeByte(0x3a)
    const begin = cursor.position
    skipValue(cursor)
    if (!cursor.isAllUtf8) refuseBadUtf8(this.#field.name, bytes, begin, cursor.position)
    this.#builder.write(bytes, begin, cursor.position)
  }

  /** Appends a member whose key was scanned last, and whose value is given as JSON. */
  appendText(cursor: ByteCursor, value: string): void {
    this.#openMember(cursor)
    this.#builder.write(cursor.bytes, cursor.stringBegin - 1, cursor.stringEnd + 1)
    this.#builder.writeByte(0x3a)
    const bytes = Buffer.from(value)
    this.#builder.write(bytes, 0, bytes.byteLength)
  }

  /** Appends the members of a row's own `$meta`: an object, or a string of one. */
  readValue(cursor: ByteCursor): void {
    const byte = cursor.bytes[cursor.position]
    if (byte === 0x7b) this.#appendObject(cursor)
    else if (byte === 0x22) this.#readString(cursor)
    else throw wrongKind(this.#field, cursor, 'an object, or a string of one')
  }

  #readString(cursor: ByteCursor): void {
    scanString(cursor)
    const { bytes, stringBegin, stringEnd, hasEscapes } = cursor
    if (hasEscapes) this.readText(...this.#unescape(bytes, stringBegin, stringEnd))
    else this.readText(bytes, stringBegin, stringEnd)
  }

  /** The same of a text. */
  readText(bytes: Uint8Array, begin: number, end: number): void {
    const text = new Uint8Array(end - begin + 1)
    text.set(bytes.subarray(begin, end))
    const cursor = new ByteCursor(text, end - begin)
    if (!this.#isObject(cursor)) {
      const { name } = this.#field
      const shown = shownText(bytes.subarray(begin, end))
      throw new ValueFault(
        name,
        `expected a JSON object, got '${shown}': illegal value for dynamic field, not a JSON object: illegal value '${shown}' for JSON type field '${name}'`,
      )
    }
    skipSpace(cursor)
    this.#appendObject(cursor)
  }

  #isObject(cursor: ByteCursor): boolean {
    try {
      return skipSpace(cursor) === 0x7b && isOneValue(cursor)
    } finally {
      cursor.position = 0
    }
  }

  #appendObject(cursor: ByteCursor): void {
    this.#open()
    for (let more = openObject(cursor); more; more = nextMember(cursor)) {
      scanKey(cursor)
      skipSpace(cursor)
      this.appendMember(cursor)
    }
  }

  #open(): void {
    if (!this.#isOpen) this.#builder.writeByte(0x7b)
    this.#isOpen = true
  }

  #openMember({ bytes, stringBegin, stringEnd, hasEscapes, isUtf8 }: ByteCursor): void {
    if (!isUtf8) refuseBadUtf8('', bytes, stringBegin, stringEnd)
    const key = hasEscapes
      ? this.#keys.add(...this.#unescape(bytes, stringBegin, stringEnd))
      : this.#keys.add(bytes, stringBegin, stringEnd)
    this.#refuseAgain(key, bytes.subarray(stringBegin, stringEnd))
    this.#open()
    if (this.#memberCount++ > 0) this.#builder.writeByte(0x2c)
  }

  #unescape(bytes: Uint8Array, begin: number, end: number): [Uint8Array, number, number] {
    if (this.#unescaped.length < end - begin) this.#unescaped = new Uint8Array(end - begin)
    return [this.#unescaped, 0, unescapeString(bytes, begin, end, this.#unescaped, 0)]
  }

  #refuseAgain(key: number, keyBytes: Uint8Array): void {
    if (key >= this.#lastRows.length) {
      const lastRows = this.#lastRows
      this.#lastRows = new Float64Array(key * 2)
      this.#lastRows.set(lastRows)
    }
    if (this.#lastRows[key] === this.#row) {
      const text = shownText(keyBytes)
      throw new ValueFault(
        this.#field.name,
        `expected each key once, got '${text}' twice: duplicated key is not allowed, key=${text}`,
      )
    }
    this.#lastRows[key] = this.#row
  }

  closeRow(): void {
    if (this.#isOpen) {
      this.#builder.writeByte(0x7d)
      this.#builder.closeRow()
    }
    this.dropRow()
  }

  /** Forgets the row; who drops it truncates what it wrote. */
  dropRow(): void {
    this.#row++
    this.#isOpen = false
    this.#memberCount = 0
    if (this.#keys.size > keptKeysMax) this.#keys.clear()
  }
}
