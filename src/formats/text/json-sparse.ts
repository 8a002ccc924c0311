import type { BytesBuilder } from '../../column/column-builder.js'
import type { Field } from '../../schema/field.js'
import type { ByteCursor } from './byte-cursor.js'
import { latin1Text } from './decimal.js'
import { type JsonReader, readDouble, readFloat } from './json-numbers.js'
import { nextElement, nextMember, openList, openObject, scanKey, skipSpace } from './json-scan.js'
import { SparseRow } from './sparse-row.js'
import { ValueFault, wrongKind } from './value-fault.js'

const expectedShape = 'an object of indices and values'

/** Reads `{"indices": […], "values": […]}` and `{"<index>": value, …}`. */
export function sparseVectorReader(field: Field, builder: BytesBuilder): JsonReader {
  const row = new SparseRow(field, builder)
  return (cursor) => {
    row.clear()
    if (cursor.bytes[cursor.position] !== 0x7b) throw wrongKind(field, cursor, expectedShape)
    const { position } = cursor
    if (openObject(cursor)) {
      if (isKeyOfLists(cursor)) readLists(field, cursor, row, position)
      else readPairs(field, cursor, row)
    }
    row.appendTo()
  }
}

function isKeyOfLists(cursor: ByteCursor): boolean {
  const { position } = cursor
  scanKey(cursor)
  const key = keyText(cursor)
  cursor.position = position
  return key === 'indices' || key === 'values'
}

/** Of a long key, so much that it is none that is looked for. */
const keyBytesMax = 40

function keyText({ bytes, stringBegin, stringEnd }: ByteCursor): string {
  return latin1Text(bytes, stringBegin, Math.min(stringEnd, stringBegin + keyBytesMax))
}

function readLists(field: Field, cursor: ByteCursor, row: SparseRow, begin: number): void {
  const seen = new Set<string>()
  for (let more = true; more; more = nextMember(cursor)) {
    skipSpace(cursor)
    scanKey(cursor)
    const key = keyText(cursor)
    if (seen.has(key) || (key !== 'indices' && key !== 'values')) {
      throw invalidInput(field, `the key '${key}'${seen.has(key) ? ' twice' : ''}`)
    }
    seen.add(key)
    if (skipSpace(cursor) !== 0x5b) throw wrongKind(field, cursor, `a list of ${key}`)
    for (let next = openList(cursor); next; next = nextElement(cursor)) {
      skipSpace(cursor)
      if (key === 'indices') addIndex(field, cursor, row)
      else row.addValue(valueHere(field, cursor))
    }
  }
  if (seen.size < 2) {
    const end = cursor.position
    throw invalidInput(field, latin1Text(cursor.bytes, begin, Math.min(end, begin + keyBytesMax)))
  }
}

function addIndex(field: Field, cursor: ByteCursor, row: SparseRow): void {
  const begin = cursor.position
  readDouble(field, cursor, indexRead, 0, 'a list of indices')
  row.addIndex(indexRead[0], () => latin1Text(cursor.bytes, begin, cursor.position))
}

const indexRead = new Float64Array(1)
const valueRead = new Float32Array(1)

function valueHere(field: Field, cursor: ByteCursor): number {
  readFloat(field, cursor, valueRead, 0)
  return valueRead[0]
}

function invalidInput(field: Field, got: string): ValueFault {
  return new ValueFault(field.name, `expected ${expectedShape}, got ${got}: invalid JSON input`)
}

function readPairs(field: Field, cursor: ByteCursor, row: SparseRow): void {
  for (let more = true; more; more = nextMember(cursor)) {
    scanKey(cursor)
    const key = keyText(cursor)
    row.addIndex(indexOf(key), () => key)
    skipSpace(cursor)
    row.addValue(valueHere(field, cursor))
  }
}

/** As Go reads an integer whose base its prefix tells. */
function indexOf(key: string): number {
  if (/^[1-9]\d*$|^0$|^0[xX][\da-fA-F]+$|^0[bB][01]+$|^0[oO][0-7]+$/.test(key)) return Number(key)
  return /^0[0-7]+$/.test(key) ? Number.parseInt(key, 8) : Number.NaN
}
