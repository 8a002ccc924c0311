import { type ByteCursor, SyntaxFault } from './byte-cursor.js'

/** What lies between two cells. */
export interface Separator {
  readonly bytes: Uint8Array
  /** 1 for each byte at which a cell without quotes may end. */
  readonly stops: Uint8Array
}

export function separatorFrom(text: string): Separator {
  const bytes = new TextEncoder().encode(text)
  const stops = new Uint8Array(256)
  for (const byte of [bytes[0], 0x0a, 0x22, 0]) stops[byte] = 1
  return { bytes, stops }
}

/**
 * Scans a cell and passes the separator or the end of the line behind it. Leaves the cell's range in the
 * cursor as a string: without its quotes, but with those inside of it doubled, which `hasEscapes` tells.
 * @returns whether the line goes on
 */
export function scanCell(cursor: ByteCursor, separator: Separator): boolean {
  cursor.hasEscapes = false
  const isQuoted = cursor.bytes[cursor.position] === 0x22
  if (isQuoted) scanQuoted(cursor)
  else scanBare(cursor, separator.stops)
  return passSeparator(cursor, separator, isQuoted)
}

/** Scans up to what may end a cell: a line's end, or the first byte of the separator. */
function scanBare(cursor: ByteCursor, stops: Uint8Array): void {
  const { bytes } = cursor
  let position = cursor.position
  let seen = 0
  cursor.stringBegin = position
  for (;;) {
    const byte = bytes[position]
    if (stops[byte] === 1 && (byte !== 0 || position === cursor.end)) break
    seen |= byte
    position++
  }
  cursor.isUtf8 = seen < 0x80 || cursor.isAllUtf8
  cursor.stringEnd = position
  cursor.position = position
}

/** A cell that is longer has its end searched for by the runtime, which takes a while to begin. */
const loopBytesMax = 64

function scanQuoted(cursor: ByteCursor): void {
  const { bytes } = cursor
  let position = cursor.position + 1
  let seen = 0
  cursor.stringBegin = position
  const searchBegin = position + loopBytesMax
  for (;;) {
    const byte = bytes[position]
    if (byte === 0x22) {
      if (bytes[position + 1] !== 0x22) break
      cursor.hasEscapes = true
      position++
    } else if (byte === 0 && position === cursor.end) {
      throw new SyntaxFault(position, 'a closing quote', 'in quoted field')
    } else if (position === searchBegin) {
      // Not looked at one by one: they may be anything.
      seen = 0x80
      position = quoteFrom(cursor, position)
      continue
    }
    seen |= byte
    position++
  }
  cursor.isUtf8 = seen < 0x80 || cursor.isAllUtf8
  cursor.stringEnd = position
  cursor.position = position + 1
}

/** The next quote, or the end. */
function quoteFrom({ bytes, end }: ByteCursor, position: number): number {
  const found = Buffer.from(bytes.buffer, bytes.byteOffset, end).indexOf(0x22, position)
  return found < 0 ? end : found
}

function passSeparator(cursor: ByteCursor, separator: Separator, isQuoted: boolean): boolean {
  const { bytes } = cursor
  const between = separator.bytes
  for (;;) {
    const byte = bytes[cursor.position]
    if (byte === between[0] && isSeparatorAt(bytes, cursor.position, between)) {
      cursor.position += between.length
      return true
    }
    if (byte === 0x0a || isAtTextEnd(cursor)) return endLine(cursor, isQuoted)
    if (isQuoted && byte === 0x0d) return passReturn(cursor)
    if (isQuoted || byte === 0x22) throw strayQuote(cursor, isQuoted)
    passBare(cursor, separator.stops)
  }
}

function isSeparatorAt(bytes: Uint8Array, position: number, separator: Uint8Array): boolean {
  for (let index = 1; index < separator.length; index++) {
    if (bytes[position + index] !== separator[index]) return false
  }
  return true
}

/** @throws SyntaxFault where there may be more */
function isAtTextEnd({ position, end, isLast }: ByteCursor): boolean {
  if (position < end) return false
  if (isLast) return true
  throw new SyntaxFault(position, 'the end of a line', '')
}

/** A carriage return before the newline, or as the text's last byte, belongs to the line's end. */
function endLine(cursor: ByteCursor, isQuoted: boolean): false {
  const { bytes, stringBegin, stringEnd } = cursor
  if (!isQuoted && stringEnd > stringBegin && bytes[stringEnd - 1] === 0x0d) cursor.stringEnd--
  if (cursor.position < cursor.end) cursor.position++
  return false
}

function passReturn(cursor: ByteCursor): false {
  cursor.position++
  if (cursor.bytes[cursor.position] === 0x0a) cursor.position++
  else if (!isAtTextEnd(cursor)) throw strayQuote(cursor, true)
  return false
}

function strayQuote({ position }: ByteCursor, isQuoted: boolean): SyntaxFault {
  return isQuoted
    ? new SyntaxFault(
        position,
        'a separator',
        'after field: extraneous or missing " in quoted-field',
      )
    : new SyntaxFault(position, 'no quote', 'in field: bare " in non-quoted-field')
}

/** What looked like a separator was a part of the cell. */
function passBare(cursor: ByteCursor, stops: Uint8Array): void {
  const { stringBegin, isUtf8 } = cursor
  const first = cursor.bytes[cursor.position++]
  scanBare(cursor, stops)
  cursor.stringBegin = stringBegin
  cursor.isUtf8 &&= cursor.isAllUtf8 || (isUtf8 && first < 0x80)
}

/** Writes a cell's text without its doubled quotes to `target`, and returns how long it is. */
export function undoubleQuotes(
  bytes: Uint8Array,
  begin: number,
  end: number,
  target: Uint8Array,
): number {
  let to = 0
  for (let position = begin; position < end; position++) {
    if (bytes[position] === 0x22) position++
    target[to++] = bytes[position]
  }
  return to
}
