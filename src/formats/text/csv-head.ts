import { isFillable } from '../../column/filled-column.js'
import type { Field } from '../../schema/field.js'
import { userFieldsOf } from '../../schema/struct-array.js'
import type { ByteSource } from '../../source/byte-source.js'
import { importError } from '../import-error.js'
import { type Separator, scanCell, undoubleQuotes } from './csv-scan.js'
import { reservedKey, subFieldKey } from './json-row.js'
import { readHead } from './text-head.js'

/** The first line of a CSV file. */
interface CsvHead {
  readonly names: readonly string[]
  readonly headEnd: number
}

/** @throws importFailed where there is none */
export async function readCsvHead(source: ByteSource, separator: Separator): Promise<CsvHead> {
  return readHead(source, (cursor) => {
    while (cursor.bytes[cursor.position] === 0x0a || isReturn(cursor.bytes, cursor.position)) {
      cursor.position++
    }
    if (cursor.position === cursor.end && cursor.isLast) throw noHeader(source)
    const names: string[] = []
    for (let more = true; more; ) {
      more = scanCell(cursor, separator)
      const { bytes, stringBegin, stringEnd } = cursor
      const text = new Uint8Array(stringEnd - stringBegin)
      const length = cursor.hasEscapes
        ? undoubleQuotes(bytes, stringBegin, stringEnd, text)
        : text.byteLength
      if (!cursor.hasEscapes) text.set(bytes.subarray(stringBegin, stringEnd))
      names.push(new TextDecoder().decode(text.subarray(0, length)))
    }
    return { names, headEnd: cursor.position }
  })
}

function isReturn(bytes: Uint8Array, position: number): boolean {
  return bytes[position] === 0x0d && bytes[position + 1] === 0x0a
}

function noHeader({ name }: ByteSource) {
  return importError(
    { file: name },
    'expected a line of column names, got nothing: failed to read csv header, error: EOF',
  )
}

/**
 * Checks the columns against the fields.
 * @throws importFailed naming the field
 */
export function validateColumns(
  source: ByteSource,
  names: readonly string[],
  fields: readonly Field[],
  reserved: readonly Field[],
): void {
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) {
    throw importError(
      { file: source.name, field: twice },
      `expected each column once, got '${twice}' twice: duplicated field '${twice}' in the csv header`,
    )
  }
  const forbidden = reserved.find(({ name }) => names.includes(name))
  if (forbidden) {
    const { message } = reservedKey(forbidden)
    throw importError({ file: source.name, field: forbidden.name }, message)
  }
  const subField = fields.find(({ name, struct }) => struct && names.includes(name))
  if (subField) {
    const { message } = subFieldKey(subField)
    throw importError({ file: source.name, field: subField.name }, message)
  }
  const required = userFieldsOf(fields.filter((field) => !isFillable(field)))
  const missing = required.find(({ name }) => !names.includes(name))
  if (!missing) return
  const got = names.map((name) => `'${name}'`).join(', ')
  throw importError(
    { file: source.name, field: missing.name },
    `expected a column '${missing.name}', got ${got}: value of field is missed: '${missing.name}'`,
  )
}
