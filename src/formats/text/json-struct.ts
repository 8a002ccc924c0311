import type { ColumnBuilder, ListBuilder } from '../../column/column-builder.js'
import type { Field } from '../../schema/field.js'
import {
  elementFieldOf,
  shortNameOf,
  structField,
  type UserField,
} from '../../schema/struct-array.js'
import type { ByteCursor } from './byte-cursor.js'
import type { JsonReader } from './json-numbers.js'
import { nextElement, nextMember, openList, openObject, scanKey, skipSpace } from './json-scan.js'
import { KeyTable } from './key-table.js'
import { shownText, ValueFault, wrongKind } from './value-fault.js'

/** A sub-field, and what reads one value of it. */
interface Member {
  readonly field: Field
  readonly name: string
  readonly list: ListBuilder
  readonly read: JsonReader
}

/**
 * What reads a struct array's JSON values, lists of objects, into the builders of its sub-fields.
 * @param readerOf makes what reads the values of an element
 */
export function structReader(
  struct: UserField,
  builders: readonly ColumnBuilder[],
  readerOf: (field: Field, builder: ColumnBuilder) => JsonReader,
): JsonReader {
  const whole = structField(struct.struct!)
  const members = struct.fields.map((field, index): Member => {
    const list = builders[index] as ListBuilder
    const read = readerOf(elementFieldOf(field), list.child)
    return { field, name: shortNameOf(field), list, read }
  })
  const keys = new KeyTable()
  for (const { name } of members) keys.add(Buffer.from(name), 0, Buffer.byteLength(name))
  return (cursor) => {
    if (cursor.bytes[cursor.position] !== 0x5b) throw wrongKind(whole, cursor, 'a list of objects')
    let element = 0
    for (let more = openList(cursor); more; more = nextElement(cursor)) {
      if (skipSpace(cursor) !== 0x7b) throw notAnObject(whole, cursor, element)
      readObject(cursor, whole, members, keys, element)
      element++
    }
    for (const { list } of members) list.closeRow()
  }
}

function readObject(
  cursor: ByteCursor,
  whole: Field,
  members: readonly Member[],
  keys: KeyTable,
  element: number,
): void {
  for (let more = openObject(cursor); more; more = nextMember(cursor)) {
    scanKey(cursor)
    const { bytes, stringBegin, stringEnd } = cursor
    const member = members[keys.find(bytes, stringBegin, stringEnd)]
    if (!member) throw unknownKey(whole, element, shownText(bytes.subarray(stringBegin, stringEnd)))
    if (member.list.elementCount > element) throw twice(member, element)
    if (skipSpace(cursor) === 0x6e) throw nullValue(member, element)
    member.read(cursor)
  }
  const missing = members.find(({ list }) => list.elementCount === element)
  if (missing) throw noValue(missing, element)
}

function notAnObject(whole: Field, cursor: ByteCursor, element: number): ValueFault {
  const { message } = wrongKind(whole, cursor, 'an object')
  return new ValueFault(
    whole.name,
    `element ${element}: ${message}: invalid element in StructArray, expect map[string]any`,
  )
}

function unknownKey({ name }: Field, element: number, key: string): ValueFault {
  return new ValueFault(
    name,
    `element ${element}: expected the sub-fields of the struct, got the key '${key}': field '${key}' is not a sub-field of struct field '${name}'`,
  )
}

function twice({ field, name }: Member, element: number): ValueFault {
  return new ValueFault(field.name, `element ${element}: expected '${name}' once, got it twice`)
}

function nullValue({ field }: Member, element: number): ValueFault {
  return new ValueFault(
    field.name,
    `element ${element}: expected a value, got null: array element is not allowed to be null value for field '${field.name}'`,
  )
}

function noValue({ field, name }: Member, element: number): ValueFault {
  return new ValueFault(
    field.name,
    `element ${element}: expected a value of '${name}', got none: value of field '${field.name}' is missed`,
  )
}
