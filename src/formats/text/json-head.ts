import type { ByteSource } from '../../source/byte-source.js'
import { importError } from '../import-error.js'
import type { ByteCursor } from './byte-cursor.js'
import { nextMember, openObject, scanKey, skipSpace, skipValue } from './json-scan.js'
import { readHead } from './text-head.js'
import { shownText } from './value-fault.js'

/** Where the rows of a .json file begin, and how they lie there. */
interface JsonHead {
  /** How many brackets are open where a row begins: 1 or 2 of a list, 0 of lines. */
  readonly depth: number
  readonly headEnd: number
}

/**
 * Looks for the rows: `[…]`, `{"rows": […]}`, where other keys may come first, or JSON lines, known by a
 * field's name in the first object.
 * @throws importFailed in Milvus's words
 */
export function readJsonHead(
  source: ByteSource,
  isFieldName: (cursor: ByteCursor) => boolean,
): Promise<JsonHead> {
  return readHead(source, (cursor) => {
    switch (skipSpace(cursor)) {
      case 0x5b:
        return listHere(cursor, 1)
      case 0x7b:
        return parseRoot(source, cursor, isFieldName)
      default:
        throw notJson(source, cursor)
    }
  })
}

function listHere(cursor: ByteCursor, depth: number): JsonHead {
  return { depth, headEnd: cursor.position + 1 }
}

function notJson(source: ByteSource, { bytes, position, end }: ByteCursor) {
  const place = { file: source.name, byteOffset: position }
  if (position === end) {
    return importError(
      place,
      'expected a list of rows, got nothing: failed to decode the JSON file, error: EOF',
    )
  }
  const got = shownText(bytes.subarray(position, Math.min(end, position + 20)))
  const milvus = `invalid JSON format, the content should be started with '{' or '['`
  return importError(place, `expected '[' or '{' at byte ${position}, got ${got}: ${milvus}`)
}

function parseRoot(
  source: ByteSource,
  cursor: ByteCursor,
  isFieldName: (cursor: ByteCursor) => boolean,
): JsonHead {
  const begin = cursor.position
  let firstKey = ''
  for (let more = openObject(cursor); more; more = nextMember(cursor)) {
    scanKey(cursor)
    const key = shownText(cursor.bytes.subarray(cursor.stringBegin, cursor.stringEnd))
    if (key.toLowerCase() === 'rows') return rowsHere(source, cursor)
    if (isFieldName(cursor)) return { depth: 0, headEnd: begin }
    firstKey ||= key
    skipValue(cursor)
  }
  throw importError(
    { file: source.name, byteOffset: begin },
    `expected the key 'rows', got '${firstKey}': invalid JSON format, the root key should be 'rows', but get '${firstKey}'`,
  )
}

function rowsHere(source: ByteSource, cursor: ByteCursor): JsonHead {
  if (skipSpace(cursor) === 0x5b) return listHere(cursor, 2)
  const { position } = cursor
  skipValue(cursor, true)
  const got = shownText(cursor.bytes.subarray(position, cursor.position))
  throw importError(
    { file: source.name, byteOffset: position },
    `expected a list of rows, got ${got}: invalid JSON format, rows list should begin with '['`,
  )
}
