/**
 * A place in bytes that hold text. `bytes[end]` is 0, which no text has at such a place: every scanner
 * stops there by itself, and looks for the end only where it stopped.
 */
export class ByteCursor {
  bytes: Uint8Array
  end: number
  /** Whether the text ends with these bytes. */
  isLast = true
  /** Whether all of the text is known to be UTF-8; what is cut out of it between ASCII bytes is then, too. */
  isAllUtf8 = false
  position = 0
  /** The string that was scanned last, without its quotes. */
  stringBegin = 0
  stringEnd = 0
  hasEscapes = false
  /** Whether the string is known to be UTF-8, so that nobody needs to look. */
  isUtf8 = true

  constructor(bytes: Uint8Array, end: number) {
    this.bytes = bytes
    this.end = end
  }
}

/** What breaks the grammar at a place; at the bytes' end, it may be that more bytes mend it. */
export class SyntaxFault extends Error {
  readonly position: number
  /** What could stand there. */
  readonly expected: string
  /** Milvus's words for the context: `looking for beginning of value`. */
  readonly context: string

  constructor(position: number, expected: string, context: string) {
    super(expected)
    this.position = position
    this.expected = expected
    this.context = context
  }
}
