import { type ByteCursor, SyntaxFault } from './byte-cursor.js'
import type { JsonRowReader } from './json-row.js'
import { skipSpace, skipValue } from './json-scan.js'
import type { RowGrammar } from './text-reader.js'

/**
 * Rows are the elements of a list. What comes behind the list is ignored.
 * @param isCut whether the text ends between two rows rather than with the list
 */
export function jsonListGrammar(rows: JsonRowReader, isCut: boolean): RowGrammar {
  return {
    findRow(cursor, isFirst) {
      const byte = skipSpace(cursor)
      if (byte === 0x5d && isCut) throw listEndsEarly(cursor)
      if (byte === 0x5d) return false
      if (isFirst) return true
      if (isCut && byte === 0 && isAtEnd(cursor)) return false
      if (byte !== 0x2c) {
        throw new SyntaxFault(cursor.position, "',' or ']'", `after array element: ${listEnd}`)
      }
      cursor.position++
      skipSpace(cursor)
      return true
    },
    readRow: (cursor) => rows.read(cursor),
    skipRow: skipJsonRow,
    // Behind a broken element, nobody can tell what is a row and what a part of one.
    skipBrokenRow: () => false,
  }
}

/** The file was cut in a second list, more than half of it, whose objects must not pass for rows. */
function listEndsEarly({ position }: ByteCursor): SyntaxFault {
  const context = 'invalid JSON format, what lies behind the rows list is too large to be ignored'
  return new SyntaxFault(position, 'nothing but one list of rows', context)
}

const listEnd = "invalid JSON format, rows list should end with a ']'"

/** Rows are objects, one a line; a comma behind one is passed, as in Milvus. */
export function jsonLinesGrammar(rows: JsonRowReader): RowGrammar {
  return {
    findRow(cursor, isFirst) {
      let byte = skipSpace(cursor)
      if (byte === 0x2c && !isFirst) {
        cursor.position++
        byte = skipSpace(cursor)
      }
      return byte !== 0 || !isAtEnd(cursor)
    },
    readRow: (cursor) => rows.read(cursor),
    skipRow: skipJsonRow,
    skipBrokenRow: skipLine,
  }
}

/** What is no object, though it should be one, may go on behind the bytes that are there. */
function skipJsonRow(cursor: ByteCursor): void {
  skipValue(cursor, true)
  isAtEnd(cursor)
}

/** Whether the text ends here. @throws SyntaxFault where that is not known yet */
export function isAtEnd({ position, end, isLast }: ByteCursor): boolean {
  if (position < end) return false
  if (isLast) return true
  throw new SyntaxFault(position, 'a row', '')
}

/** Goes to the end of the line, or of the text. */
export function skipLine(cursor: ByteCursor): boolean {
  const { bytes, end, isLast } = cursor
  const newline = bytes.subarray(0, end).indexOf(0x0a, cursor.position)
  cursor.position = newline < 0 ? end : newline
  return newline >= 0 || isLast
}
